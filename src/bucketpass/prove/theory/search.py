"""Questions about languages, answered exactly by breadth-first search: is there a text that matches these and not those?

A question is a list of clauses: each one asks for at least one of its globs to match, or one of its others not to. The answer
is the shortest text, None where there is none, or `SearchTooLarge` where too many states would have to be visited.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from bucketpass.prove.theory.automata import Automata
from bucketpass.prove.theory.glob import Glob, Hole, Repeat, Units, code_units

__all__ = ["Clause", "SearchTooLarge", "excluded", "included", "inclusions", "inside", "letters", "outside", "shortest"]

STATE_LIMIT = 100_000
# What a person reads most easily, first; any of them may stand for all characters that no glob names.
FILLERS = "xyzabcdefghijklmnopqrstuvw0123456789XYZABCDEFGHIJKLMNOPQRSTUVW_-.~!@#%&()+,;='\" "


class SearchTooLarge(Exception):
    """The search was stopped: undecided, never "no"."""


@dataclass(frozen=True, slots=True)
class Clause:
    """True of a text that matches one of `inside`, or does not match one of `outside`."""

    inside: tuple[Glob, ...] = ()
    outside: tuple[Glob, ...] = ()


def inside(*globs: Glob) -> Clause:
    """The texts that match one of `globs`."""
    return Clause(inside=globs)


def outside(glob: Glob) -> Clause:
    """The texts that do not match `glob`."""
    return Clause(outside=(glob,))


def letters(automata: Automata) -> tuple[str, ...]:
    """One character for each way in which a character can be treated, so that no other needs to be tried.

    Characters outside the Basic Multilingual Plane are two units; their halves are paired up, so that a text is always one.
    """
    chosen: dict[tuple[tuple[int, int], ...], str] = {}
    filler = next(character for character in chain(FILLERS, map(chr, range(0xA1, 0xD7FF))) if character not in automata.mentioned)
    for character in (filler, *sorted(unit for unit in automata.mentioned if not "\ud800" <= unit <= "\udfff")):
        chosen.setdefault((automata.behaviour(character),), character)
    high = sorted(unit for unit in automata.mentioned if "\ud800" <= unit <= "\udbff")
    low = sorted(unit for unit in automata.mentioned if "\udc00" <= unit <= "\udfff")
    if high or low:
        other_high = next(unit for unit in map(chr, range(0xD83D, 0xDBFF)) if unit not in high)
        other_low = next(unit for unit in map(chr, range(0xDE00, 0xDFFF)) if unit not in low)
        for first in (*high, other_high):
            for second in (*low, other_low):
                character = (first + second).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
                chosen.setdefault((automata.behaviour(first), automata.behaviour(second)), character)
    return tuple(chosen.values())


class _Question:
    """Clauses as masks over the states of one `Automata`. `loose` are the states of the globs of the loose clauses."""

    __slots__ = ("_clauses", "automata", "loose")

    def __init__(self, strict: Sequence[Clause], loose: Sequence[Clause] = ()) -> None:
        # A glob that is used both strictly and loosely is there twice.
        position = {use: index for index, use in enumerate(dict.fromkeys([*_uses(strict, False), *_uses(loose, True)]))}
        automata = self.automata = Automata([glob for glob, _ in position])
        self.loose = sum(automata.extent[index] for (_, is_loose), index in position.items() if is_loose)
        # For each clause: accepting states of its insides; all states of those; accepting states of its outsides, and
        # those again where once reached they are never left (-1 where some outside can always be left).
        self._clauses: list[tuple[int, int, int, int]] = []
        for clauses, is_loose in ((strict, False), (loose, True)):
            for clause in clauses:
                wanted = [position[glob, is_loose] for glob in dict.fromkeys(clause.inside)]
                unwanted = [position[glob, is_loose] for glob in dict.fromkeys(clause.outside)]
                sure = [automata.sure[index] for index in unwanted]
                self._clauses.append(
                    (
                        sum(automata.accept[index] for index in wanted),
                        sum(automata.extent[index] for index in wanted),
                        sum(automata.accept[index] for index in unwanted),
                        sum(sure) if all(sure) else -1,
                    )
                )

    def answered(self, states: int) -> bool:
        return all(states & accept or states & refuse != refuse for accept, _, refuse, _ in self._clauses)

    def hopeless(self, states: int) -> bool:
        return any(not states & extent and (states & sure) == sure for _, extent, _, sure in self._clauses)


def _uses(clauses: Sequence[Clause], loose: bool) -> list[tuple[Glob, bool]]:
    return [(glob, loose) for clause in clauses for glob in (*clause.inside, *clause.outside)]


def shortest(clauses: Sequence[Clause], limit: int = STATE_LIMIT) -> str | None:
    """Return the shortest text that satisfies every clause, or None if there is none. Raises `SearchTooLarge`."""
    question = _Question(clauses)
    path = _search(question, [(letter, _reader(question, letter)) for letter in letters(question.automata)], limit)
    return None if path is None else "".join(path)


def excluded(strict: Sequence[Clause], loose: Sequence[Clause], limit: int = STATE_LIMIT) -> bool:
    """True only where no text meets all clauses, whatever texts stand in the holes of their templates.

    Words are searched in which a hole is a letter of its own. `strict` templates take that letter in their hole (or by a `*`);
    for `loose` ones it may be any text, and their own holes are wide open. To be right, `strict` may ask for one template to
    match, and for any number not to. False says nothing. Raises `SearchTooLarge`.
    """
    widened = [Clause(tuple(glob.widen() for glob in clause.inside), clause.outside) for clause in loose]
    question = _Question(strict, widened)
    holes = sorted({hole for clause in strict for glob in (*clause.inside, *clause.outside) for hole in glob.holes})
    alphabet = [(letter, _reader(question, letter)) for letter in letters(question.automata)]
    alphabet += [(f"${{{hole}}}", _hole_reader(question, hole)) for hole in holes]
    return _search(question, alphabet, limit) is None


def _reader(question: _Question, letter: str) -> Callable[[int], int]:
    automata, units = question.automata, code_units(letter)
    if len(units) == 1:
        return lambda states: automata.step(states, units)
    return lambda states: automata.read(states, units)


def _hole_reader(question: _Question, hole: str) -> Callable[[int], int]:
    automata, loose = question.automata, question.loose
    return lambda states: automata.step_hole(states & ~loose, hole) | automata.step_unknown(states & loose)


def _search(question: _Question, alphabet: Sequence[tuple[str, Callable[[int], int]]], limit: int) -> list[str] | None:
    start = question.automata.start
    came_from: dict[int, tuple[int, str]] = {start: (-1, "")}
    waiting = deque([start])
    while waiting:
        states = waiting.popleft()
        if question.answered(states):
            return _path(came_from, states)
        for letter, read in alphabet:
            after = read(states)
            if after not in came_from and not question.hopeless(after):
                came_from[after] = (states, letter)
                waiting.append(after)
        if len(came_from) > limit:
            raise SearchTooLarge
    return None


def _path(came_from: dict[int, tuple[int, str]], states: int) -> list[str]:
    letters_read = []
    while (step := came_from[states])[0] != -1:
        letters_read.append(step[1])
        states = step[0]
    return letters_read[::-1]


def included(narrow: Glob, wide: Glob) -> bool:
    """True where every text that `narrow` matches, `wide` matches. A template that cannot be compared counts as not included."""
    if inclusions((narrow,), (wide,)):
        return True
    return not narrow.holes and not wide.holes and shortest((inside(narrow), outside(wide))) is None


def inclusions(narrow: Sequence[Glob], wide: Sequence[Glob]) -> list[tuple[int, int]]:
    """Pairs (i, j) where every text that `narrow[i]` matches, `wide[j]` matches: never wrong, not always all of them.

    All of `wide` read each of `narrow` at once, as a word whose letters are its tokens.
    """
    automata = Automata(wide)
    position = {bit: index for index, bit in enumerate(automata.accept)}
    found = []
    for index, glob in enumerate(narrow):
        states = automata.start
        for part in glob.parts():
            match part:
                case Repeat(units):
                    states = automata.repeat_each(states, units)
                case Hole(variable):
                    states = automata.step_hole(states, variable)
                case Units():
                    states = automata.step_each(states, part)
            if not states:
                break
        accepted = states & automata.accepting
        while accepted:
            bit = accepted & -accepted
            found.append((index, position[bit]))
            accepted ^= bit
    return found
