"""Globs as automata, many of them held in one integer.

A glob with n tokens has n + 1 states, one bit each. A token is a set of units and leads to the next state; a `*` is a set of
units that may be repeated in a state. Reading one unit is then two ANDs, a shift and an OR, for all globs at once::

    states = ((states & match[unit]) << 1) | (states & loop[unit])

Source: G. Navarro and M. Raffinot, "Flexible Pattern Matching in Strings" (bit-parallel simulation of automata).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bucketpass.prove.theory.units import ANY, Hole, Units

if TYPE_CHECKING:
    from bucketpass.prove.theory.glob import Glob

__all__ = ["Automata"]


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
