"""Templates: literals in which the text of one variable stands in the glob of another.

A witness is looked for by giving the variables in the holes texts that are worth trying. That there is none is shown in three ways:
without what templates ask of each other there is none; two holes that end at the same character hold the same text, and with
one variable for both there is none; with a letter of its own for each hole there is none, in the whole text or after a beginning that
templates have in common. Each is sound, none complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, islice, pairwise, product

from bucketpass.prove.theory.formula import Matches, Some
from bucketpass.prove.theory.glob import STAR, Glob, Hole, Units
from bucketpass.prove.theory.literals import Conflict, Found, Literal, Text, Undecided, demands, globs_of, holes_of, minimal
from bucketpass.prove.theory.search import FILLERS, excluded

__all__ = ["solve_templates"]

Solve = Callable[[Sequence[Literal]], Found]
CHOICE_LIMIT = 256


def solve_templates(literals: Sequence[Literal], solve: Solve) -> Found:
    """Texts that make all `literals` true, or why there are none. `solve` does so for literals without templates, or with fewer."""
    same = next(_equal_holes(literals), None)
    if same is not None:
        return _solve_merged(literals, *same, solve)
    widened = _solve_widened(literals, solve)
    if isinstance(widened, Conflict | Undecided):
        return widened
    for choice in islice(_choices(literals, widened, solve), CHOICE_LIMIT):
        fixed: list[Literal] = [(Matches(variable, Glob.literal(text)), True) for variable, text in choice.items()]
        filled = [(_fill_atom(atom, choice), truth) for atom, truth in literals]
        found = solve([*fixed, *filled])
        if isinstance(found, dict):
            return found
    for literal in literals:
        for base, seen in _views(literal, literals):
            if _excluded(base, list(seen)):
                kept = minimal(list(seen), lambda kept, base=base: base in kept and _excluded(base, kept))  # type: ignore[misc]
                return Conflict(tuple(seen[one] for one in kept))
    return Undecided(f"the templates on {literals[0][0].variable} could not be compared")


def _views(literal: Literal, literals: Sequence[Literal]) -> Iterator[tuple[Literal, dict[Literal, Literal]]]:
    """A template with the others; and without a beginning up to one of its holes, with those alone that begin alike, without it too.

    Whatever stands in the holes of what they have in common, the rest of the text is then the same for all of them.
    """
    atom, truth = literal
    if not truth or not isinstance(atom, Matches) or not atom.glob.holes:
        return
    yield literal, {one: one for one in literals}
    parts = list(atom.glob.parts())
    for end in (index + 1 for index, part in enumerate(parts) if isinstance(part, Hole)):
        if not all(isinstance(part, Units | Hole) for part in parts[:end]):
            return
        rests: dict[Literal, Literal] = {}
        for other, its_truth in literals:
            if isinstance(other, Matches) and other.variable == atom.variable and list(other.glob.parts())[:end] == parts[:end]:
                rests[Matches(atom.variable, Glob.of(list(other.glob.parts())[end:])), its_truth] = (other, its_truth)
        yield (Matches(atom.variable, Glob.of(parts[end:])), True), rests


def _equal_holes(literals: Sequence[Literal]) -> Iterator[tuple[str, str, tuple[Literal, ...]]]:
    """Pairs of variables whose texts must be the same, and the literals that say so.

    `p${x}/...` and `p${y}/...` of one text, where neither x nor y has a `/`: both end at the same slash.
    """
    templates = [literal for literal in literals if literal[1] and holes_of(literal) and isinstance(literal[0], Matches)]
    for one, other in combinations(templates, 2):
        if one[0].variable != other[0].variable:
            continue
        firsts, seconds = list(globs_of(one)[0].parts()), list(globs_of(other)[0].parts())
        common = next((index for index, pair in enumerate(zip(firsts, seconds, strict=False)) if pair[0] != pair[1]), len(firsts))
        match firsts[common : common + 2], seconds[common : common + 2]:
            case [Hole(x)], [Hole(y)]:
                fences: list[Literal] = []
            case [Hole(x), Units() as end], [Hole(y), Units() as same_end] if end == same_end:
                fences = [(Matches(variable, Glob.of((STAR, end, STAR))), False) for variable in (x, y)]
            case _:
                continue
        if all(isinstance(part, Units | Hole) for part in firsts[:common]) and all(fence in literals for fence in fences):
            yield x, y, (one, other, *fences)


def _solve_merged(literals: Sequence[Literal], kept: str, merged: str, because: tuple[Literal, ...], solve: Solve) -> Found:
    """The literals with one variable in place of two that must be the same."""
    origin: dict[Literal, Literal] = {}
    for literal in literals:
        atom, truth = _renamed(literal[0], merged, kept), literal[1]
        if isinstance(atom, Matches) and atom.glob == Glob.of((Hole(atom.variable),)):
            if not truth:
                return Conflict(tuple(dict.fromkeys((literal, *because))))
            continue
        origin[atom, truth] = literal
    found = solve(list(origin))
    if isinstance(found, Conflict):
        return Conflict(tuple(dict.fromkeys((*(origin[literal] for literal in found.literals), *because))))
    return found if isinstance(found, Undecided) else {**found, merged: found.get(kept, "")}


def _renamed(atom: Matches | Some, old: str, new: str) -> Matches | Some:
    def rename(glob: Glob) -> Glob:
        return Glob.of(Hole(new) if part == Hole(old) else part for part in glob.parts()) if old in glob.holes else glob

    variable = new if atom.variable == old else atom.variable
    if isinstance(atom, Matches):
        return Matches(variable, rename(atom.glob))
    return Some(variable, tuple(map(rename, atom.globs)), atom.inside)


def _solve_widened(literals: Sequence[Literal], solve: Solve) -> Found:
    """The literals without what templates ask of each other: fewer demands, so that a conflict here is a conflict."""
    origin: dict[Literal, Literal] = {}
    for literal in literals:
        atom, truth = literal
        if not holes_of(literal):
            origin[literal] = literal
        elif truth and isinstance(atom, Matches):
            origin[Matches(atom.variable, atom.glob.widen()), True] = literal
    found = solve(list(origin))
    return Conflict(tuple(origin[literal] for literal in found.literals)) if isinstance(found, Conflict) else found


def _fill_atom(atom: Matches | Some, texts: Mapping[str, str]) -> Matches | Some:
    if isinstance(atom, Matches):
        return Matches(atom.variable, atom.glob.fill(texts))
    return Some(atom.variable, tuple(glob.fill(texts) for glob in atom.globs), atom.inside)


def _choices(literals: Sequence[Literal], widened: Mapping[str, Text], solve: Solve) -> Iterator[dict[str, str]]:
    """Texts worth trying for the variables that stand in holes: what they ask of themselves, and what templates would take."""
    holes = sorted({hole for literal in literals for hole in holes_of(literal)})
    candidates: dict[str, dict[str, None]] = {}
    for number, hole in enumerate(holes):
        own = [literal for literal in literals if literal[0].variable == hole and isinstance(literal[0], Matches) and not holes_of(literal)]
        filler = FILLERS[number % 26]
        fresh = [filler, filler * 4, FILLERS[0], *(f"{FILLERS[0]}{end}{filler}" for end in _followers(literals, hole))]
        tried = [solve([*own, (Matches(hole, Glob.literal(text)), True)]) for text in fresh] + [solve(own)]
        texts = [found.get(hole, "") for found in tried if isinstance(found, dict)]
        candidates[hole] = dict.fromkeys(text for text in texts if isinstance(text, str))
    for atom, truth in literals:
        if truth and isinstance(atom, Matches):
            word = widened.get(atom.variable, "")
            for hole, text in _taken_by_holes(atom.glob, word if isinstance(word, str) else ""):
                candidates[hole][text] = None
    for choice in product(*(candidates[hole] for hole in holes)):
        yield dict(zip(holes, choice, strict=True))


def _followers(literals: Sequence[Literal], hole: str) -> list[str]:
    """The literal characters that follow the hole: with one inside, its end can be taken for another."""
    found: set[str] = set()
    for literal in literals:
        for glob in globs_of(literal):
            for token, after in pairwise(glob.tokens):
                if token == Hole(hole) and isinstance(after, Units) and not after.negated:
                    found |= after.units
    return sorted(found)


def _taken_by_holes(glob: Glob, word: str) -> Iterator[tuple[str, str]]:
    """What part of `word` each hole of `glob` could be."""
    parts = list(glob.parts())
    for index, part in enumerate(parts):
        if not isinstance(part, Hole):
            continue
        before, after = Glob.of(parts[:index]).widen(), Glob.of(parts[index + 1 :]).widen()
        starts = [start for start in range(len(word) + 1) if before.matches(word[:start])]
        ends = [end for end in range(len(word) + 1) if after.matches(word[end:])]
        yield from ((part.variable, word[start:end]) for start in starts for end in ends if start <= end)


def _excluded(base: Literal, literals: Sequence[Literal]) -> bool:
    """True only where no text of the base's variable meets the literals on it, whatever stands in the holes."""
    strict, loose = [base], list[Literal]()
    for literal in literals:
        atom, truth = literal
        if literal != base and isinstance(atom, Matches) and atom.variable == base[0].variable:
            (loose if truth else strict).append(literal)
    return excluded(demands(strict), demands(loose))
