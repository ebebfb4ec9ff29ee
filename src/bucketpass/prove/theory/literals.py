"""Literals about texts: a glob or a list of globs, and whether it is met. What they ask of a text, and whether it does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bucketpass.prove.theory.formula import Matches, Some
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.search import Clause, SearchTooLarge, inside, outside

__all__ = ["Conflict", "Found", "Literal", "Text", "Undecided", "demands", "globs_of", "holes_of", "minimal", "true_of_text"]

Literal = tuple[Matches | Some, bool]
Text = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A few literals that cannot be true together."""

    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Neither a witness nor a conflict was found, and why."""

    what: str


Found = dict[str, Text] | Conflict | Undecided


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


def globs_of(literal: Literal) -> tuple[Glob, ...]:
    """The globs in a literal."""
    atom = literal[0]
    return (atom.glob,) if isinstance(atom, Matches) else atom.globs


def holes_of(literal: Literal) -> set[str]:
    """The variables whose texts stand in its templates."""
    return {hole for glob in globs_of(literal) for hole in glob.holes}


def demands(literals: Iterable[Literal]) -> list[Clause]:
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


def minimal(literals: Sequence[Literal], conflicting: Callable[[Sequence[Literal]], bool]) -> tuple[Literal, ...]:
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
