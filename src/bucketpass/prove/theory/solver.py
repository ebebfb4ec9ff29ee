"""Whether a request satisfies a formula, decided exactly: z3 for the Boolean skeleton, automata for the texts.

z3 proposes which atoms are true; only those that the formula needs are kept (an implicant); `texts` finds texts for them or the
few that exclude each other, which z3 then learns; and so on, until there is a witness or nothing left to propose. z3 only ever
sees Boolean variables.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bucketpass.prove.theory.formula import (
    FALSE,
    TRUE,
    Among,
    And,
    Atom,
    Constant,
    Flag,
    Formula,
    Matches,
    Not,
    Or,
    Some,
    Unmodelled,
    atoms_of,
    conjunction,
    disjunction,
    evaluate,
    negation,
)
from bucketpass.prove.theory.implicant import implicant
from bucketpass.prove.theory.lemmas import inclusion_lemmas, prefix_lemmas
from bucketpass.prove.theory.literals import Conflict, Text, Undecided, true_of_text
from bucketpass.prove.theory.propagate import is_contradictory
from bucketpass.prove.theory.skeleton import Domains, GaveUp, Skeleton
from bucketpass.prove.theory.texts import solve_texts

__all__ = ["Outcome", "Satisfied", "Undecidable", "Unsatisfiable", "Witness", "holds", "solve"]

SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Witness:
    """Values of the variables that a formula needs; a variable that is not here may be anything."""

    texts: Mapping[str, Text] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Satisfied:
    """The formula is true of `witness`."""

    witness: Witness


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """The formula is true of nothing."""


@dataclass(frozen=True, slots=True)
class Undecidable:
    """Neither was found; `reasons` name what stood in the way."""

    reasons: tuple[str, ...]


Outcome = Satisfied | Unsatisfiable | Undecidable
Progress = Callable[[int], None]


def solve(formula: Formula, domains: Domains | None = None, *, seconds: float = SECONDS, progress: Progress | None = None) -> Outcome:
    """Return whether an assignment satisfies `formula`. `domains` lists the values of each variable of an `Among`.

    What is unmodelled may be true or false: unsatisfiable means either way, and a witness does not rest on it.
    `progress` is called with the number of each round.
    """
    deadline = time.monotonic() + seconds
    outcome = _search(formula, domains or {}, deadline, progress)
    unmodelled = tuple(atom.what for atom in atoms_of(formula) if isinstance(atom, Unmodelled))
    if not unmodelled or not isinstance(outcome, Satisfied):
        return outcome
    certain = _search(_at_worst(formula, True), domains or {}, deadline, progress)
    return Undecidable(unmodelled) if isinstance(certain, Unsatisfiable) else certain


def holds(formula: Formula, witness: Witness) -> bool:
    """What `formula` is of `witness`, with the empty text, or no, where it says nothing."""

    def truth(atom: Atom) -> bool:
        match atom:
            case Flag(name):
                return witness.flags.get(name, False)
            case Unmodelled():
                return False
            case Among(variable, members):
                return witness.values.get(variable) in members
            case _:
                return true_of_text(atom, witness.texts)

    return evaluate(formula, truth)


def _at_worst(formula: Formula, wanted: bool) -> Formula:
    """`formula` with all that is unmodelled as it helps least to make it what is `wanted`."""
    match formula:
        case Unmodelled():
            return FALSE if wanted else TRUE
        case Not(part):
            return negation(_at_worst(part, not wanted))
        case And(parts):
            return conjunction(*(_at_worst(part, wanted) for part in parts))
        case Or(parts):
            return disjunction(*(_at_worst(part, wanted) for part in parts))
        case _:
            return formula


def _search(formula: Formula, domains: Domains, deadline: float, progress: Progress | None) -> Outcome:
    if isinstance(formula, Constant):
        return Satisfied(Witness()) if formula.value else Unsatisfiable()
    if deadline > time.monotonic() and is_contradictory(formula, domains):
        return Unsatisfiable()
    skeleton = Skeleton(formula, domains)
    undecided: dict[str, None] = {}
    rounds, taught = 0, False
    while (seconds := deadline - time.monotonic()) > 0:
        if progress is not None:
            progress(rounds)
        proposal = skeleton.propose(seconds)
        if isinstance(proposal, GaveUp):
            return Undecidable((*undecided, proposal.what))
        if proposal is None:
            return Undecidable(tuple(undecided)) if undecided else Unsatisfiable()
        literals = implicant(formula, proposal.truth)
        texts = tuple((atom, truth) for atom, truth in literals.items() if isinstance(atom, Matches | Some))
        found = solve_texts(texts)
        match found:
            case Conflict(conflict):
                skeleton.learn([tuple((atom, not truth) for atom, truth in conflict)])
                if not taught:
                    # Most questions are answered before they need to know what texts can be.
                    globs = [atom for atom in atoms_of(formula) if isinstance(atom, Matches)]
                    skeleton.learn((*prefix_lemmas(globs), *inclusion_lemmas(globs)))
                    taught = True
            case Undecided(what):
                # Set aside, so that other ways are tried, and remembered: the answer can no longer be that there is none.
                undecided[what] = None
                skeleton.learn([tuple((atom, not truth) for atom, truth in texts)])
            case _:
                flags = {atom.name: truth for atom, truth in literals.items() if isinstance(atom, Flag)}
                return Satisfied(Witness(found, proposal.values, flags))
        rounds += 1
    return Undecidable((*undecided, "the time that was given ran out"))
