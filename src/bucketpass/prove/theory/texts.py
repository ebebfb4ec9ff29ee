"""Which texts make a conjunction of literals true: a witness for each variable, or the few literals that exclude each other.

The way, from cheap to exact: fill the wildcards of the longest positive glob; look for a pair of literals that exclude each
other; search. Variables that stand in each other's templates are solved together, by `templates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from bucketpass.prove.theory.formula import Some
from bucketpass.prove.theory.glob import EVERYTHING, Glob
from bucketpass.prove.theory.literals import Conflict, Found, Literal, Text, Undecided, demands, globs_of, holes_of, minimal
from bucketpass.prove.theory.search import SearchTooLarge, inclusions, shortest
from bucketpass.prove.theory.templates import solve_templates

__all__ = ["solve_texts"]


def solve_texts(literals: Sequence[Literal]) -> Found:
    """Texts that make all `literals` true, or why there are none."""
    texts: dict[str, Text] = {}
    for group in _groups(literals):
        found = _solve_group(group)
        if not isinstance(found, dict):
            return found
        texts.update(found)
    return texts


def _groups(literals: Sequence[Literal]) -> list[list[Literal]]:
    """The literals by variable; variables that meet in a template are in one group."""
    leader: dict[str, str] = {}

    def lead(variable: str) -> str:
        while (above := leader.setdefault(variable, variable)) != variable:
            variable = above
        return variable

    for literal in literals:
        for hole in holes_of(literal):
            leader[lead(hole)] = lead(literal[0].variable)
    groups: dict[str, list[Literal]] = {}
    for literal in literals:
        groups.setdefault(lead(literal[0].variable), []).append(literal)
    return list(groups.values())


def _solve_group(literals: list[Literal]) -> Found:
    try:
        if any(map(holes_of, literals)):
            return solve_templates(literals, solve_texts)
        variable = literals[0][0].variable
        found = _solve_list(literals) if isinstance(literals[0][0], Some) else _solve_text(literals)
        return found if isinstance(found, Conflict) else {variable: found}
    except SearchTooLarge:
        return Undecided(f"the patterns on {literals[0][0].variable} together are too large to search")


def _solve_text(literals: list[Literal]) -> str | Conflict:
    positive = [literal for literal in literals if literal[1]]
    negative = [literal for literal in literals if not literal[1]]
    wanted, unwanted = [globs_of(literal)[0] for literal in positive], [globs_of(literal)[0] for literal in negative]
    text = _filled_wildcards(wanted, unwanted)
    if text is not None:
        return text
    pairs = inclusions(wanted, unwanted)
    if pairs:
        narrow, wide = pairs[0]
        literals = [positive[narrow], negative[wide]]
    elif (text := shortest(demands(literals))) is not None:
        return text
    return Conflict(minimal(literals, lambda kept: shortest(demands(kept)) is None))


def _filled_wildcards(wanted: Sequence[Glob], unwanted: Sequence[Glob]) -> str | None:
    base = max(wanted, key=lambda glob: len(glob.tokens), default=EVERYTHING)
    for repeat in (0, 1):
        text = base.shortest_fill("x", repeat)
        if all(glob.matches(text) for glob in wanted) and not any(
            text.startswith(_prefix(glob)) and glob.matches(text) for glob in unwanted
        ):
            return text
    return None


@lru_cache(maxsize=65536)
def _prefix(glob: Glob) -> str:
    return glob.literal_prefix()


def _solve_list(literals: list[Literal]) -> tuple[str, ...] | Conflict:
    """One element for each clause that some element must meet; what no element may meet holds for each of them."""
    forbidden = [literal for literal in literals if not literal[1]]
    elements: dict[str, None] = {}
    for literal in literals:
        if literal[1]:
            together = [literal, *forbidden]
            element = shortest(demands(together))
            if element is None:
                return Conflict(minimal(together, lambda kept: shortest(demands(kept)) is None))
            elements[element] = None
    return tuple(elements)
