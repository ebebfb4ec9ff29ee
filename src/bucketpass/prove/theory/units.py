"""What globs are made of: sets of UTF-16 units, repeats of them, and holes where the text of a variable stands."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ANY", "NOT_COLON", "STAR", "Hole", "Repeat", "Token", "Units", "code_units"]


def code_units(text: str) -> str:
    """`text` with each character outside the Basic Multilingual Plane as its two UTF-16 units."""
    if text.isascii() or all(character <= "\uffff" for character in text):
        return text
    encoded = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(encoded[index] | encoded[index + 1] << 8) for index in range(0, len(encoded), 2))


@dataclass(frozen=True, slots=True)
class Units:
    """A set of UTF-16 units: those in `units`, or all others where `negated`."""

    units: frozenset[str]
    negated: bool = False

    def __contains__(self, unit: str) -> bool:
        return (unit in self.units) != self.negated


@dataclass(frozen=True, slots=True)
class Hole:
    """A place in a template where the text of another variable stands."""

    variable: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A `*`: any number of these units."""

    units: Units


ANY = Units(frozenset(), negated=True)
NOT_COLON = Units(frozenset(":"), negated=True)
STAR = Repeat(ANY)
Token = Units | Hole
