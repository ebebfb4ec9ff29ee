"""Globs as automata: literal characters, `*` (any text) and `?` (one UTF-16 unit), many of them held in one integer.

A glob with n tokens has n + 1 states, one bit each. A token is a set of units and leads to the next state; a `*` is a set of
units that may be repeated in a state. Reading one unit is then two ANDs, a shift and an OR, for all globs at once::

    states = ((states & match[unit]) << 1) | (states & loop[unit])

Templates such as `tenants/${aws:PrincipalTag/team}/*` have a `Hole` where the text of another variable stands.

Source: G. Navarro and M. Raffinot, "Flexible Pattern Matching in Strings" (bit-parallel simulation of automata).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["ANY", "EVERYTHING", "NOT_COLON", "STAR", "Automata", "Glob", "Hole", "Units", "code_units"]


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


class Automata:
    """Several globs read at once. A set of states is one integer; glob i accepts where `accept[i]` is in it.

    `extent[i]` are all states of glob i: none left means that it can never match; `sure[i]` is the accepting state where the
    glob ends in `*`, so that once reached it matches whatever follows, else 0.
    """

    __slots__ = (
        "_below",
        "_commons",
        "_fences",
        "_holes",
        "_loop",
        "_loop_other",
        "_match",
        "_match_other",
        "accept",
        "accepting",
        "extent",
        "start",
        "sure",
    )

    def __init__(self, globs: Sequence[Glob]) -> None:
        self.start = 0
        self.accept: list[int] = []
        self.extent: list[int] = []
        self.sure: list[int] = []
        self._below: dict[int, int] = {}
        self._commons: dict[Units, tuple[int, int]] = {}
        self._holes: dict[str, int] = {}
        match, loop = _Table(), _Table()
        bit = 1
        for glob in globs:
            first = bit
            self.start |= first
            for index, units in enumerate(glob.loops):
                if units is not None:
                    loop.add(units, bit)
                    if units == ANY and bit > first:
                        self._below[bit] = bit - first
                if index < len(glob.tokens):
                    token = glob.tokens[index]
                    if isinstance(token, Hole):
                        self._holes[token.variable] = self._holes.get(token.variable, 0) | bit
                    else:
                        match.add(token, bit)
                bit <<= 1
            self.accept.append(bit >> 1)
            self.extent.append(bit - first)
            self.sure.append(bit >> 1 if glob.loops[-1] == ANY else 0)
        mentioned = match.mentioned() | loop.mentioned()
        self._match, self._match_other = match.lines(mentioned), match.others
        self._loop, self._loop_other = loop.lines(mentioned), loop.others
        self._fences = sum(self._below)
        self.accepting = sum(self.accept)

    @property
    def mentioned(self) -> Iterable[str]:
        """The units that some glob treats in a way of its own; all others are alike."""
        return self._match.keys()

    def behaviour(self, unit: str) -> tuple[int, int]:
        """What reading `unit` does: two units with the same behaviour can stand for each other."""
        return self._match.get(unit, self._match_other), self._loop.get(unit, self._loop_other)

    def step(self, states: int, unit: str) -> int:
        """The states after reading one unit."""
        after = ((states & self._match.get(unit, self._match_other)) << 1) | (states & self._loop.get(unit, self._loop_other))
        return self._without_dominated(after) if after & self._fences else after

    def step_each(self, states: int, units: Units) -> int:
        """The states that are reached whichever of `units` is read."""
        match, _ = self._common(units)
        return ((states & match) << 1) | self.repeat_each(states, units)

    def repeat_each(self, states: int, units: Units) -> int:
        """The states that stay reached however often whichever of `units` is read: a `*` can be taken by a `*` only."""
        return states & self._common(units)[1]

    def step_hole(self, states: int, variable: str) -> int:
        """The states after reading the hole of `variable`, whatever its text: the same hole or a `*` can take it."""
        return ((states & self._holes.get(variable, 0)) << 1) | (states & self._common(ANY)[1])

    def step_unknown(self, states: int) -> int:
        """All states that some text leads to: a superset of what any text leads to."""
        reached, inner = states, ~self.accepting
        while (wider := reached | ((reached & inner) << 1)) != reached:
            reached = wider
        return reached

    def read(self, states: int, units: str) -> int:
        """The states after reading all of `units`."""
        for unit in units:
            states = self.step(states, unit)
        return states

    def _common(self, units: Units) -> tuple[int, int]:
        known = self._commons.get(units)
        if known is None:
            read = [unit for unit in self.mentioned if unit in units] if units.negated else units.units
            match, loop = (self._match_other, self._loop_other) if units.negated else (-1, -1)
            for unit in read:
                of_match, of_loop = self.behaviour(unit)
                match, loop = match & of_match, loop & of_loop
            known = self._commons[units] = (match, loop)
        return known

    def _without_dominated(self, states: int) -> int:
        # Every text that an earlier state accepts passes through a later state that loops on everything, which accepts it too.
        fences = states & self._fences
        while fences:
            lowest = fences & -fences
            states &= ~self._below[lowest]
            fences ^= lowest
        return states


class _Table:
    """For each unit, the states that take it: built from sets and complements of sets."""

    __slots__ = ("_excluded", "_included", "others")

    def __init__(self) -> None:
        self.others = 0
        self._included: dict[str, int] = {}
        self._excluded: dict[str, int] = {}

    def add(self, units: Units, bit: int) -> None:
        """From now on, the state `bit` takes `units`."""
        if units.negated:
            self.others |= bit
        changed = self._excluded if units.negated else self._included
        for unit in units.units:
            changed[unit] = changed.get(unit, 0) | bit

    def mentioned(self) -> set[str]:
        """The units that some state treats in a way of its own."""
        return {*self._included, *self._excluded}

    def lines(self, units: Iterable[str]) -> dict[str, int]:
        """The states that take each of `units`."""
        return {unit: (self.others & ~self._excluded.get(unit, 0)) | self._included.get(unit, 0) for unit in units}


EVERYTHING = Glob.of((STAR,))
