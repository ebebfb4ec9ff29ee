"""Why a request is decided as it is: each policy type, each statement, and the first element that did not match.

Made only on demand; `evaluation.decide` decides without it. The elements are compared in the order in which a reader looks:
Action, Resource, Principal, then the conditions as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bucketpass.decide.context import Context
from bucketpass.decide.evaluation import PolicyLevel, PreparedPolicySet, decide, lower_context, prepare, principal_match, reference
from bucketpass.decide.policy_set import Decision, PolicySet, PolicyType, StatementRef
from bucketpass.decide.principals import GrantedTo
from bucketpass.decide.statement import PreparedStatement
from bucketpass.policy.document import Condition, Effect, PrincipalElement, Statement
from bucketpass.requests.request import AuthorizationRequest

__all__ = ["Explanation", "Mismatch", "PolicyOutcome", "PolicyTypeReport", "StatementReport", "explain"]


class PolicyOutcome(Enum):
    """What the policies of one level result in."""

    ALLOW = "allows"
    DENY = "denies"
    NO_STATEMENT = "no statement applies"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first element of a statement that did not match. `condition` is the line where it is one; `got` None: no such key."""

    element: str
    got: tuple[str, ...] | None
    expected: tuple[str, ...]
    condition: Condition | None = None

    def __str__(self) -> str:
        got = "is absent" if self.got is None else "is " + ", ".join(f"`{text}`" for text in self.got)
        expected = ", ".join(f"`{text}`" for text in self.expected) or "no value at all"
        if self.condition is None:
            return f"{self.element} {got}, the statement has {expected}"
        return f"{self.condition.key} {got}, {self.condition.operator} has {expected}"


@dataclass(frozen=True, slots=True)
class StatementReport:
    """A statement, and why it did not apply; None where it did."""

    statement: StatementRef
    effect: Effect
    mismatch: Mismatch | None


@dataclass(frozen=True, slots=True)
class PolicyTypeReport:
    """One level of policies and all of its statements."""

    type: PolicyType
    outcome: PolicyOutcome
    granted_to: GrantedTo
    statements: tuple[StatementReport, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with everything that led to it, in AWS's order."""

    request: AuthorizationRequest
    decision: Decision
    policy_types: tuple[PolicyTypeReport, ...]


def explain(request: AuthorizationRequest, policies: PolicySet | PreparedPolicySet) -> Explanation:
    """Return the decision on `request`, and for each statement whether it applied or which element did not match."""
    prepared = policies if isinstance(policies, PreparedPolicySet) else prepare(policies)
    context = lower_context(request)
    reports = tuple(_policy_type(level, request, context) for level in prepared.levels_for(request.principal.kind))
    return Explanation(request, decide(request, prepared), reports)


def _policy_type(level: PolicyLevel, request: AuthorizationRequest, context: Context) -> PolicyTypeReport:
    reports: list[StatementReport] = []
    outcome, closest = PolicyOutcome.NO_STATEMENT, GrantedTo.NONE
    for name, document in level.policies:
        for prepared in document.statements:
            mismatch = _mismatch(prepared, level, request, context)
            reports.append(StatementReport(reference((name, prepared)), prepared.statement.effect, mismatch))
            if mismatch is None and prepared.deny:
                outcome = PolicyOutcome.DENY
            elif mismatch is None:
                closest = max(closest, principal_match(prepared, level, request))
                outcome = PolicyOutcome.ALLOW if outcome is PolicyOutcome.NO_STATEMENT else outcome
    return PolicyTypeReport(level.type, outcome, closest, tuple(reports))


def _mismatch(prepared: PreparedStatement, level: PolicyLevel, request: AuthorizationRequest, context: Context) -> Mismatch | None:
    statement = prepared.statement
    if not prepared.action(request.action):
        return _listed("Action", request.action, statement.actions, statement.not_actions)
    if not prepared.applies_to_resource(request.resource, context):
        return _listed("Resource", request.resource, statement.resources, statement.not_resources)
    if not principal_match(prepared, level, request):
        return _principal(statement, request)
    for condition, test in zip(statement.conditions, prepared.tests, strict=True):
        if not test(context):
            value = context.get(condition.key.lower())
            got = None if value is None or value == () else (value,) if isinstance(value, str) else value
            return Mismatch("Condition", got, condition.values, condition)
    return None


def _listed(name: str, got: str, listed: tuple[str, ...] | None, excluded: tuple[str, ...] | None) -> Mismatch:
    if excluded is not None:
        return Mismatch(f"Not{name}", (got,), excluded)
    return Mismatch(name, (got,), listed or ())


def _principal(statement: Statement, request: AuthorizationRequest) -> Mismatch:
    principal = request.principal
    got = tuple(text for text in (principal.arn, principal.session_arn) if text) or (principal.kind.value,)
    if statement.not_principal is not None:
        return Mismatch("NotPrincipal", got, _names(statement.not_principal))
    return Mismatch("Principal", got, () if statement.principal is None else _names(statement.principal))


def _names(element: PrincipalElement) -> tuple[str, ...]:
    if element.everyone:
        return ("*",)
    return (*element.aws, *element.federated, *element.service, *element.canonical_user)
