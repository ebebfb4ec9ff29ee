"""Boolean formulas over atoms, and what the atoms can say.

Formulas are values that are compared by identity: shared parts are shared, and work on them is linear in what was built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bucketpass.prove.theory.glob import Glob

__all__ = [
    "FALSE",
    "TRUE",
    "Among",
    "And",
    "Atom",
    "Constant",
    "Flag",
    "Formula",
    "Matches",
    "Not",
    "Or",
    "Some",
    "Unmodelled",
    "atoms_of",
    "conjunction",
    "disjunction",
    "evaluate",
    "implication",
    "negation",
]


@dataclass(frozen=True, slots=True)
class Flag:
    """A bare yes or no, such as whether a condition key is in the request."""

    name: str


@dataclass(frozen=True, slots=True)
class Unmodelled:
    """Something that may be true or false and that the prover knows nothing of. A proof that holds either way still holds."""

    what: str


@dataclass(frozen=True, slots=True)
class Among:
    """The value of `variable` is one of `members`: for variables whose values can be listed, one for each kind of value."""

    variable: str
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class Matches:
    """The text of `variable` matches `glob`; a hole of the glob is the text of the variable that it names."""

    variable: str
    glob: Glob


@dataclass(frozen=True, slots=True)
class Some:
    """Of the list of texts that `variable` is, some element matches one of `globs`; none of them, where not `inside`."""

    variable: str
    globs: tuple[Glob, ...]
    inside: bool = True


Atom = Flag | Unmodelled | Among | Matches | Some


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false, whatever the request."""

    value: bool


@dataclass(frozen=True, slots=True, eq=False)
class Not:
    """True where `part` is false."""

    part: Formula


@dataclass(frozen=True, slots=True, eq=False)
class And:
    """True where all `parts` are."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Or:
    """True where one of `parts` is."""

    parts: tuple[Formula, ...]


Formula = Constant | Not | And | Or | Atom
TRUE = Constant(True)
FALSE = Constant(False)


def negation(part: Formula) -> Formula:
    """True where `part` is false."""
    match part:
        case Constant(value):
            return FALSE if value else TRUE
        case Not(inner):
            return inner
        case _:
            return Not(part)


def conjunction(*parts: Formula) -> Formula:
    """True where all `parts` are; with none, true."""
    return _joined(And, parts, neutral=TRUE, decisive=FALSE)


def disjunction(*parts: Formula) -> Formula:
    """True where one of `parts` is; with none, false."""
    return _joined(Or, parts, neutral=FALSE, decisive=TRUE)


def implication(premise: Formula, conclusion: Formula) -> Formula:
    """True where `premise` is false or `conclusion` is true."""
    return disjunction(negation(premise), conclusion)


def _joined(kind: type[And] | type[Or], parts: Iterable[Formula], *, neutral: Constant, decisive: Constant) -> Formula:
    flat: dict[Formula, None] = {}
    for part in parts:
        if part == decisive:
            return decisive
        if isinstance(part, kind):
            flat.update(dict.fromkeys(part.parts))
        elif part != neutral:
            flat[part] = None
    return next(iter(flat)) if len(flat) == 1 else kind(tuple(flat)) if flat else neutral


def atoms_of(formula: Formula) -> Iterator[Atom]:
    """Each atom in `formula`, once, in the order in which it stands."""
    seen: set[Formula] = set()
    waiting = [formula]
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        match part:
            case Constant():
                pass
            case Not(inner):
                waiting.append(inner)
            case And(parts) | Or(parts):
                waiting.extend(reversed(parts))
            case _:
                yield part


def evaluate(formula: Formula, truth: Callable[[Atom], bool]) -> bool:
    """What `formula` is where `truth` says what each atom is."""
    match formula:
        case Constant(value):
            return value
        case Not(part):
            return not evaluate(part, truth)
        case And(parts):
            return all(evaluate(part, truth) for part in parts)
        case Or(parts):
            return any(evaluate(part, truth) for part in parts)
        case _:
            return truth(formula)
