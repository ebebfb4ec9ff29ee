"""What is true of all texts, said in Booleans before anything is searched: clauses, linear in what they are about.

Two globs that start (or end) with different characters exclude each other. To say that of each pair would be quadratic: instead
the next character after each common beginning is written as a number in fresh flags, and each glob implies the numbers on
its way. Inclusions are found by letting all globs of a variable read each of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bucketpass.prove.theory.formula import Flag, Matches
from bucketpass.prove.theory.search import inclusions
from bucketpass.prove.theory.skeleton import Disjunction

__all__ = ["inclusion_lemmas", "prefix_lemmas"]


END = "end"


def prefix_lemmas(atoms: Iterable[Matches]) -> Iterator[Disjunction]:
    """Clauses by which globs of one variable that start or end differently exclude each other."""
    for variable, group in _by_variable(atoms):
        for side, runs in (
            ("after", [(atom, [*atom.glob.literal_prefix(), *([END] if atom.glob.is_literal else [])]) for atom in group]),
            ("before", [(atom, [*atom.glob.literal_suffix(), *([END] if atom.glob.is_literal else [])]) for atom in group]),
        ):
            yield from _codes(f"{variable} {side} ", runs)


def _codes(place: str, runs: Sequence[tuple[Matches, list[str]]]) -> Iterator[Disjunction]:
    waiting = [(list(runs), 0)]
    while waiting:
        group, depth = waiting.pop()
        branches: dict[str, list[tuple[Matches, list[str]]]] = {}
        for atom, run in group:
            if depth < len(run):
                branches.setdefault(run[depth], []).append((atom, run))
        if len(branches) > 1:
            here = place + repr("".join(group[0][1][:depth]))
            width = (len(branches) - 1).bit_length()
            for number, branch in enumerate(branches.values()):
                for bit in range(width):
                    flag = Flag(f"{here} bit {bit}")
                    yield from (((atom, False), (flag, bool(number >> bit & 1))) for atom, _ in branch)
        waiting.extend((branch, depth + 1) for branch in branches.values() if len(branch) > 1)


def inclusion_lemmas(atoms: Iterable[Matches]) -> Iterator[Disjunction]:
    """Clauses that say which globs of one variable are part of another."""
    for _, group in _by_variable(atoms):
        globs = [atom.glob for atom in group]
        for narrow, wide in inclusions(globs, globs):
            if narrow != wide:
                yield (group[narrow], False), (group[wide], True)


def _by_variable(atoms: Iterable[Matches]) -> Iterable[tuple[str, list[Matches]]]:
    groups: dict[str, list[Matches]] = {}
    for atom in atoms:
        groups.setdefault(atom.variable, []).append(atom)
    return groups.items()
