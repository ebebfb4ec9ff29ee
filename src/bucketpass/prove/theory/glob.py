"""Globs: patterns of whole texts, of literal characters, `*` (any text) and `?` (one UTF-16 unit).

Templates such as `tenants/${aws:PrincipalTag/team}/*` have a `Hole` where the text of another variable stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bucketpass.prove.theory.automata import Automata
from bucketpass.prove.theory.units import ANY, NOT_COLON, STAR, Hole, Repeat, Token, Units, code_units

__all__ = ["ANY", "EVERYTHING", "NOT_COLON", "STAR", "Glob", "Hole", "Repeat", "Token", "Units", "code_units"]


@lru_cache(maxsize=512)
def _only(unit: str) -> Units:
    return Units(frozenset(unit))


@dataclass(frozen=True, slots=True, eq=False)
class Glob:
    """A pattern of whole texts. `loops[i]` is what may be repeated before token i, or None; there is one more than tokens.

    Two globs are equal where their tokens and loops are.
    """

    tokens: tuple[Token, ...]
    loops: tuple[Units | None, ...]
    _hash: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.tokens, self.loops)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Glob):
            return NotImplemented
        return self is other or (self._hash == other._hash and self.tokens == other.tokens and self.loops == other.loops)

    @classmethod
    def of(cls, parts: Iterable[str | Units | Hole | Repeat]) -> Glob:
        """The glob of literal texts, sets of units, holes and repeats, in this order."""
        tokens: list[Token] = []
        loops: list[Units | None] = [None]
        for part in parts:
            if isinstance(part, Repeat):
                # Two repeats side by side are only ever alike or one of them ANY.
                loops[-1] = part.units if loops[-1] is None else ANY if ANY in (part.units, loops[-1]) else part.units
                continue
            for token in map(_only, code_units(part)) if isinstance(part, str) else (part,):
                # `*?` and `?*` are the same language: the repeat goes last, so that equal languages look equal more often.
                if token == loops[-1]:
                    tokens.append(token)
                    loops[-1:] = [None, token]
                else:
                    tokens.append(token)
                    loops.append(None)
        return cls(tuple(tokens), tuple(loops))

    @classmethod
    def parse(cls, text: str) -> Glob:
        """The glob that `text` writes, in which `*` and `?` are wildcards and every other character is itself."""
        return _parse(text)

    @classmethod
    def literal(cls, text: str) -> Glob:
        """The glob of exactly `text`."""
        return _literal(text)

    @property
    def holes(self) -> frozenset[str]:
        """The variables whose texts stand in this template."""
        return frozenset(token.variable for token in self.tokens if isinstance(token, Hole))

    def fill(self, texts: Mapping[str, str]) -> Glob:
        """This template with the texts of its variables put in, as literal characters."""
        if not self.holes:
            return self
        return Glob.of(texts[part.variable] if isinstance(part, Hole) else part for part in self.parts())

    def widen(self) -> Glob:
        """This template with any text at all in its holes."""
        return Glob.of(STAR if isinstance(part, Hole) else part for part in self.parts()) if self.holes else self

    def parts(self) -> Iterable[Token | Repeat]:
        """The tokens and repeats in order, as `of` takes them."""
        for token, loop in zip((*self.tokens, None), self.loops, strict=True):
            if loop is not None:
                yield Repeat(loop)
            if token is not None:
                yield token

    def matches(self, text: str) -> bool:
        """True where the whole of `text` matches. A template is filled first."""
        automata = _single(self)
        return bool(automata.read(automata.start, code_units(text)) & automata.accept[0])

    def after(self, prefix: str) -> tuple[Glob, ...]:
        """Return globs for what follows `prefix`: one of them matches it exactly where this one matches the whole. It has no holes."""
        automata = _single(self)
        states = automata.read(automata.start, code_units(prefix))
        return tuple(Glob(self.tokens[index:], self.loops[index:]) for index in range(len(self.loops)) if states >> index & 1)

    def starts(self) -> tuple[Glob, ...]:
        """Return globs for the starts of texts: one of them matches a text exactly where some text that starts with it matches this one."""
        return tuple(Glob(self.tokens[:end], self.loops[: end + 1]) for end in range(len(self.loops)))

    def literal_prefix(self) -> str:
        """The characters that every matching text starts with."""
        return _literal_run(self.tokens, self.loops[:-1])

    def literal_suffix(self) -> str:
        """The characters that every matching text ends with, last first."""
        return _literal_run(self.tokens[::-1], self.loops[:0:-1])

    @property
    def is_literal(self) -> bool:
        """True where exactly one text matches."""
        return len(self.literal_prefix()) == len(self.tokens) and self.loops[-1] is None

    def shortest_fill(self, filler: str, repeat: int = 0) -> str:
        """A text that matches, with `filler` for each `?` and `repeat` times for each `*`."""
        taken: list[str] = []
        for token, loop in zip((*self.tokens, None), self.loops, strict=True):
            if loop is not None and filler in loop:
                taken.append(filler * repeat)
            if isinstance(token, Units):
                taken.append(filler if filler in token else min(token.units, default=filler))
        return "".join(taken).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def __str__(self) -> str:
        written = []
        for part in self.parts():
            match part:
                case Repeat():
                    written.append("*")
                case Hole(variable):
                    written.append(f"${{{variable}}}")
                case Units(units, negated):
                    written.append("?" if negated else min(units))
        return "".join(written)


def _literal_run(tokens: Sequence[Token], loops: Sequence[Units | None]) -> str:
    run: list[str] = []
    for token, loop in zip(tokens, loops, strict=True):
        if loop is not None or isinstance(token, Hole) or token.negated or len(token.units) != 1:
            break
        run.extend(token.units)
    return "".join(run)


@lru_cache(maxsize=65536)
def _parse(text: str) -> Glob:
    return Glob.of(STAR if character == "*" else ANY if character == "?" else character for character in text)


@lru_cache(maxsize=65536)
def _literal(text: str) -> Glob:
    return Glob.of((text,))


@lru_cache(maxsize=65536)
def _single(glob: Glob) -> Automata:
    return Automata((glob,))


EVERYTHING = Glob.of((STAR,))
