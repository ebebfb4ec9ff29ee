"""Which texts make a conjunction of literals true: a witness for each variable, or the few literals that exclude each other.

The way, from cheap to exact: fill the wildcards of the longest positive glob; look for a pair of literals that exclude each
other; search. Variables that stand in each other's templates are first given texts, then solved as if there were no template.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice, pairwise, product

from bucketpass.prove.theory.formula import Matches, Some
from bucketpass.prove.theory.glob import EVERYTHING, STAR, Glob, Hole, Units
from bucketpass.prove.theory.search import FILLERS, Clause, SearchTooLarge, excluded, inclusions, inside, outside, shortest

__all__ = ["Conflict", "Literal", "Text", "Undecided", "solve_texts", "true_of_text"]

Literal = tuple[Matches | Some, bool]
Text = str | tuple[str, ...]
CHOICE_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Conflict:
    """A few literals that cannot be true together."""

    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Neither a witness nor a conflict was found, and why."""

    what: str


def true_of_text(atom: Matches | Some, texts: Mapping[str, Text]) -> bool:
    """What `atom` is where its variables are `texts`; a variable that is not given is the empty text, or the empty list."""
    strings = {name: text for name, text in texts.items() if isinstance(text, str)}
    if isinstance(atom, Matches):
        return _filled(atom.glob, strings).matches(strings.get(atom.variable, ""))
    elements = texts.get(atom.variable, ())
    globs = [_filled(glob, strings) for glob in atom.globs]
    return any(
        any(glob.matches(element) for glob in globs) is atom.inside for element in ((elements,) if isinstance(elements, str) else elements)
    )


def _filled(glob: Glob, texts: Mapping[str, str]) -> Glob:
    return glob.fill({hole: texts.get(hole, "") for hole in glob.holes}) if glob.holes else glob


def solve_texts(literals: Sequence[Literal]) -> dict[str, Text] | Conflict | Undecided:
    """Texts that make all `literals` true, or why there are none."""
    texts: dict[str, Text] = {}
    for group in _groups(literals):
        found = _solve_group(group)
        if not isinstance(found, dict):
            return found
        texts.update(found)
    return texts


def _globs(literal: Literal) -> tuple[Glob, ...]:
    atom = literal[0]
    return (atom.glob,) if isinstance(atom, Matches) else atom.globs


def _holes(literal: Literal) -> set[str]:
    return {hole for glob in _globs(literal) for hole in glob.holes}


def _groups(literals: Sequence[Literal]) -> list[list[Literal]]:
    """The literals by variable; variables that meet in a template are in one group."""
    leader: dict[str, str] = {}

    def lead(variable: str) -> str:
        while (above := leader.setdefault(variable, variable)) != variable:
            variable = above
        return variable

    for literal in literals:
        for hole in _holes(literal):
            leader[lead(hole)] = lead(literal[0].variable)
    groups: dict[str, list[Literal]] = {}
    for literal in literals:
        groups.setdefault(lead(literal[0].variable), []).append(literal)
    return list(groups.values())


def _solve_group(literals: list[Literal]) -> dict[str, Text] | Conflict | Undecided:
    try:
        if any(map(_holes, literals)):
            return _solve_related(literals)
        variable = literals[0][0].variable
        found = _solve_list(literals) if isinstance(literals[0][0], Some) else _solve_text(literals)
        return found if isinstance(found, Conflict) else {variable: found}
    except SearchTooLarge:
        return Undecided(f"the patterns on {literals[0][0].variable} together are too large to search")


def _demands(literals: Iterable[Literal]) -> list[Clause]:
    """What the literals ask of a text; those about a list ask it of an element, of every element where they are negated."""
    clauses: list[Clause] = []
    for literal in literals:
        match literal:
            case (Matches(_, glob), True):
                clauses.append(inside(glob))
            case (Matches(_, glob), False):
                clauses.append(outside(glob))
            case (Some(_, globs, is_inside), _) if is_inside is literal[1]:
                clauses.append(inside(*globs))
            case (Some(_, globs), _):
                clauses += map(outside, globs)
    return clauses


def _solve_text(literals: list[Literal]) -> str | Conflict:
    positive = [literal for literal in literals if literal[1]]
    negative = [literal for literal in literals if not literal[1]]
    wanted, unwanted = [_globs(literal)[0] for literal in positive], [_globs(literal)[0] for literal in negative]
    text = _filled_wildcards(wanted, unwanted)
    if text is not None:
        return text
    pairs = inclusions(wanted, unwanted)
    if pairs:
        narrow, wide = pairs[0]
        literals = [positive[narrow], negative[wide]]
    elif (text := shortest(_demands(literals))) is not None:
        return text
    return Conflict(_minimal(literals, lambda kept: shortest(_demands(kept)) is None))


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


def _minimal(literals: Sequence[Literal], conflicting: Callable[[Sequence[Literal]], bool]) -> tuple[Literal, ...]:
    """The literals less those without which they still exclude each other."""

    def still(kept: Sequence[Literal]) -> bool:
        try:
            return conflicting(kept)
        except SearchTooLarge:
            return False

    kept = list(literals)
    size = len(kept)
    while size:
        start = 0
        while start < len(kept):
            fewer = kept[:start] + kept[start + size :]
            if fewer and still(fewer):
                kept = fewer
            else:
                start += size
        size //= 2
    return tuple(kept)


def _solve_list(literals: list[Literal]) -> tuple[str, ...] | Conflict:
    """One element for each clause that some element must meet; what no element may meet holds for each of them."""
    forbidden = [literal for literal in literals if not literal[1]]
    elements: dict[str, None] = {}
    for literal in literals:
        if literal[1]:
            demands = [literal, *forbidden]
            element = shortest(_demands(demands))
            if element is None:
                return Conflict(_minimal(demands, lambda kept: shortest(_demands(kept)) is None))
            elements[element] = None
    return tuple(elements)


def _solve_related(literals: list[Literal]) -> dict[str, Text] | Conflict | Undecided:
    same = next(_equal_holes(literals), None)
    if same is not None:
        return _solve_merged(literals, *same)
    widened = _solve_widened(literals)
    if isinstance(widened, Conflict | Undecided):
        return widened
    for choice in islice(_choices(literals, widened), CHOICE_LIMIT):
        fixed: list[Literal] = [(Matches(variable, Glob.literal(text)), True) for variable, text in choice.items()]
        filled = [(_fill_atom(atom, choice), truth) for atom, truth in literals]
        found = solve_texts([*fixed, *filled])
        if isinstance(found, dict):
            return found
    for literal in literals:
        if literal[1] and isinstance(literal[0], Matches) and literal[0].glob.holes and _excluded(literal, literals):
            return Conflict(_minimal(literals, lambda kept, base=literal: base in kept and _excluded(base, kept)))  # type: ignore[misc]
    return Undecided(f"the templates on {literals[0][0].variable} could not be compared")


def _equal_holes(literals: Sequence[Literal]) -> Iterator[tuple[str, str, tuple[Literal, ...]]]:
    """Pairs of variables whose texts must be the same, and the literals that say so.

    `p${x}/...` and `p${y}/...` of one text, where neither x nor y has a `/`: both end at the same slash.
    """
    templates = [literal for literal in literals if literal[1] and _holes(literal) and isinstance(literal[0], Matches)]
    for one, other in combinations(templates, 2):
        if one[0].variable != other[0].variable:
            continue
        firsts, seconds = list(_globs(one)[0].parts()), list(_globs(other)[0].parts())
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


def _solve_merged(
    literals: Sequence[Literal], kept: str, merged: str, because: tuple[Literal, ...]
) -> dict[str, Text] | Conflict | Undecided:
    """The literals with one variable in place of two that must be the same."""
    origin: dict[Literal, Literal] = {}
    for literal in literals:
        atom, truth = _renamed(literal[0], merged, kept), literal[1]
        if isinstance(atom, Matches) and atom.glob == Glob.of((Hole(atom.variable),)):
            if not truth:
                return Conflict(tuple(dict.fromkeys((literal, *because))))
            continue
        origin[atom, truth] = literal
    found = solve_texts(list(origin))
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


def _solve_widened(literals: Sequence[Literal]) -> dict[str, Text] | Conflict | Undecided:
    """The literals without what templates ask of each other: fewer demands, so that a conflict here is a conflict."""
    origin: dict[Literal, Literal] = {}
    for literal in literals:
        atom, truth = literal
        if not _holes(literal):
            origin[literal] = literal
        elif truth and isinstance(atom, Matches):
            origin[Matches(atom.variable, atom.glob.widen()), True] = literal
    found = solve_texts(list(origin))
    return Conflict(tuple(origin[literal] for literal in found.literals)) if isinstance(found, Conflict) else found


def _fill_atom(atom: Matches | Some, texts: Mapping[str, str]) -> Matches | Some:
    if isinstance(atom, Matches):
        return Matches(atom.variable, atom.glob.fill(texts))
    return Some(atom.variable, tuple(glob.fill(texts) for glob in atom.globs), atom.inside)


def _choices(literals: Sequence[Literal], widened: Mapping[str, Text]) -> Iterator[dict[str, str]]:
    """Texts worth trying for the variables that stand in holes: what they ask of themselves, and what templates would take."""
    holes = sorted({hole for literal in literals for hole in _holes(literal)})
    candidates: dict[str, dict[str, None]] = {}
    for number, hole in enumerate(holes):
        own = [literal for literal in literals if literal[0].variable == hole and isinstance(literal[0], Matches) and not _holes(literal)]
        filler = FILLERS[number % 26]
        fresh = [filler, filler * 4, FILLERS[0], *(f"{FILLERS[0]}{end}{filler}" for end in _followers(literals, hole))]
        tried = [solve_texts([*own, (Matches(hole, Glob.literal(text)), True)]) for text in fresh] + [solve_texts(own)]
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
        for glob in _globs(literal):
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
    return excluded(_demands(strict), _demands(loose))
