"""A guarantee, the ways in which it could be broken, and the answer: proved, a counterexample, or unknown.

A guarantee is proved where no request breaks it in any of its cases. A counterexample is shown only after the decision engine
answered that request as the formula says; where it does not, one of the two is wrong, and the answer is unknown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Protocol

from bucketpass.decide import AuthorizationRequest, Decision, PolicySet, decide
from bucketpass.prove.actions import UNLISTED
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import FALSE, Formula, conjunction, negation
from bucketpass.prove.theory.solver import Outcome, Satisfied, Undecidable, Unsatisfiable, Witness, solve

__all__ = [
    "Answer",
    "Asked",
    "Case",
    "Counterexample",
    "Guarantee",
    "GuaranteePart",
    "Proved",
    "SentRequest",
    "Solve",
    "Token",
    "Verdict",
    "prove",
    "solve_once",
]

SECONDS = 60.0
_NOTHING = "there is nothing deployed that this could be asked about"
_ELSEWHERE = "the policy of an access point that is not declared: through one that lets them, requests may do so"
Token = Callable[[AuthorizationRequest], Mapping[str, object]]
Solve = Callable[[Formula, Mapping[str, tuple[str, ...]], float], Outcome]


class Verdict(Enum):
    """What is known of a guarantee."""

    PROVED = "proved"
    COUNTEREXAMPLE = "counterexample"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Requests that break a guarantee, each with what the decision engine answers; and in words what is wrong with that.

    `token`: the claims of a token with which one gets to ask the first of them, where there is one.
    """

    requests: tuple[tuple[AuthorizationRequest, Decision], ...]
    description: str
    token: Mapping[str, object] | None = None


class SentRequest(Protocol):
    """A request that was sent, and what was answered. `status` None: it was not sent, and `message` says why."""

    @property
    def request(self) -> str:
        """The method and target, or the action and resource."""
        ...

    @property
    def status(self) -> int | None:
        """The status of the answer."""
        ...

    @property
    def message(self) -> str:
        """The error that was answered."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known, by what, and for how long it was looked for. `reasons`: what stands in the way of knowing more."""

    verdict: Verdict
    counterexample: Counterexample | None = None
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests of one kind, what the engine is to answer to one that breaks the guarantee, and how it is asked."""

    request: SymbolicRequest
    expected: bool
    decide: Callable[[AuthorizationRequest], Decision]


@dataclass(frozen=True, slots=True)
class Case:
    """A way to break a guarantee: requests (most often one) that make `broken` true. `description`: what is wrong.

    `token`: the claims of a token that leads to a request. unclear: true of those that AWS may answer otherwise, since not all is known.
    """

    asked: tuple[Asked, ...]
    broken: Formula
    description: str
    token: Token | None = None
    unclear: Formula = FALSE

    @classmethod
    def of(
        cls, request: SymbolicRequest, broken: Formula, layers: PolicySet, *, expected: bool, description: str, token: Token | None = None
    ) -> Case:
        """Return a case of one request, which the engine decides with the policies `layers`."""
        return cls((Asked(request, expected, lambda asked: decide(asked, layers)),), broken, description, token)

    @property
    def formula(self) -> Formula:
        """True of what breaks the guarantee and can be asked of AWS."""
        return conjunction(*(asked.request.facts for asked in self.asked), self.broken)

    @property
    def domains(self) -> Mapping[str, tuple[str, ...]]:
        """The values of the variables that have finitely many."""
        return {variable: values for asked in self.asked for variable, values in asked.request.domains.items()}


@dataclass(frozen=True, slots=True)
class GuaranteePart:
    """A part of a guarantee that is proved by itself, from `inputs` alone: `function` makes the cases of them and of nothing else.

    names: what in the inputs is but a name. derived: what `function` computes of the inputs otherwise than segment by segment.
    implied_by: where that part is proved, so is this one.
    """

    function: Callable[..., Iterable[Case]]
    inputs: tuple[object, ...]
    names: tuple[str, ...] = ()
    derived: tuple[object, ...] = ()
    implied_by: GuaranteePart | None = None

    def __post_init__(self) -> None:
        # SECURITY: a proof is kept by what stands in `inputs`; a function that knows more would be proved without it.
        if self.function.__closure__ is not None or isinstance(self.function, partial):
            raise TypeError(f"{self.function.__qualname__} depends on more than its arguments")

    @property
    def depends_on(self) -> tuple[object, ...]:
        """Everything that the proof depends on."""
        return (f"{self.function.__module__}.{self.function.__qualname__}", *self.inputs, *self.derived)

    def cases(self) -> Iterable[Case]:
        """Return the ways in which it could be broken."""
        return self.function(*self.inputs)


# Whether a part is proved: by an earlier proof, or within so many seconds by the solver.
Proved = Callable[[GuaranteePart, float], bool]


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A promise about all requests. `theorem`: what is proved where it is proved. `name` is unique and stable: CI keeps it.

    cases: the ways in which it could be broken, made when asked for. `parts`: the same in parts, which together prove as much. `unknown`:
    what is not known to the prover at all, so that nothing can be proved. `assumed`: what a proof rests on. `holds_without_cases`:
    whether it is true where there is no way. `follows_from`: guarantees of the same declaration that together imply it.
    `code`: its kind, see `kinds`. `over`: what it quantifies over, counted when asked for.
    `key`: where proofs are kept, the digest of everything that the answer depends on.
    """

    name: str
    theorem: str
    cases: Callable[[], Iterable[Case]]
    assumed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    holds_without_cases: bool = False
    parts: Callable[[], Iterable[GuaranteePart]] | None = None
    follows_from: tuple[str, ...] = ()
    key: bytes = b""
    code: str = ""
    over: Callable[[], str] = str


def solve_once(formula: Formula, domains: Mapping[str, tuple[str, ...]], seconds: float) -> Outcome:
    """The answer of our own solver."""
    return solve(formula, domains, seconds=seconds)


def prove(guarantee: Guarantee, *, seconds: float = SECONDS, solver: Solve = solve_once, proved: Proved | None = None) -> Answer:
    """Whether the guarantee holds for all requests.

    Theorem: where the answer is PROVED, no request of any case meets the facts of its kind and breaks the guarantee; each
    case's formula is unsatisfiable if and only if that is so. `proved` says of parts whether they are proved; where one is not,
    the guarantee's own cases are looked through for a counterexample.
    """
    started = time.monotonic()
    if guarantee.unknown:
        return Answer(Verdict.UNKNOWN, reasons=guarantee.unknown)
    if proved is not None and guarantee.parts is not None:
        parts = list(guarantee.parts())
        if (parts or guarantee.holds_without_cases) and all(proved(part, started + seconds - time.monotonic()) for part in parts):
            return Answer(Verdict.PROVED, seconds=time.monotonic() - started)
    # SECURITY: no role, no provider or no bucket would otherwise pass for a proof.
    reasons: dict[str, None] = {} if guarantee.holds_without_cases else {_NOTHING: None}
    # A counterexample is worth more than what stands in the way of a proof, so that all cases are tried.
    for case in guarantee.cases():
        reasons.pop(_NOTHING, None)
        left = started + seconds - time.monotonic()
        outcome = solver(case.formula, case.domains, left)
        match outcome:
            case Unsatisfiable():
                pass
            case Undecidable(why):
                reasons.update(dict.fromkeys(why))
            case Satisfied(witness):
                found = _counterexample(case, witness, solver, started + seconds)
                if isinstance(found, Counterexample):
                    return Answer(Verdict.COUNTEREXAMPLE, found, seconds=time.monotonic() - started)
                reasons[found] = None
    verdict = Verdict.UNKNOWN if reasons else Verdict.PROVED
    return Answer(verdict, reasons=tuple(reasons), seconds=time.monotonic() - started)


def _counterexample(case: Case, witness: Witness, solver: Solve, deadline: float) -> Counterexample | str:
    """Return the counterexample that the witness is, or another one that is clear; or why there is none."""
    if case.unclear != FALSE:
        case = replace(case, broken=conjunction(case.broken, negation(case.unclear)), unclear=FALSE)
        match solver(case.formula, case.domains, deadline - time.monotonic()):
            case Satisfied(clear):
                witness = clear
            case Undecidable(why):
                return "; ".join(why)
            case Unsatisfiable():
                return _ELSEWHERE
    return _replayed(case, _as_usual(case, witness, solver, deadline - time.monotonic()))


def _as_usual(case: Case, witness: Witness, solver: Solve, seconds: float) -> Witness:
    """Return a witness whose actions AWS has names for, and whose names are as AWS takes them, as far as there is one."""
    deadline, formula = time.monotonic() + seconds, case.formula
    odd = [asked.request for asked in case.asked if witness.values.get(asked.request.action) == UNLISTED]
    wishes = [conjunction(*(request.does(action for action in request.actions if action != UNLISTED) for request in odd))] if odd else []
    wishes.append(conjunction(*(asked.request.is_usual() for asked in case.asked)))
    for wish in wishes:
        outcome = solver(conjunction(formula, wish), case.domains, deadline - time.monotonic())
        if isinstance(outcome, Satisfied):
            witness, formula = outcome.witness, conjunction(formula, wish)
    return witness


def _replayed(case: Case, witness: Witness) -> Counterexample | str:
    shown = []
    for asked in case.asked:
        request = asked.request.concrete(witness)
        decision = asked.decide(request)
        if decision.allowed != asked.expected:
            # SECURITY: the prover and the engine disagree, so that neither is to be believed: never "proved".
            return f"internal error: the prover found {request.action} on {request.resource}, the engine answers: {decision.reason}"
        shown.append((request, decision))
    return Counterexample(tuple(shown), case.description, None if case.token is None else case.token(shown[0][0]))
