"""The smallest changes that make a refused request allowed: each is tried, and only a sufficient one is reported.

A change widens one statement that nearly applied by the one element that did not match, or takes one Deny away. It says what
the policies lack, not that they ought to have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bucketpass.decide.evaluation import decide
from bucketpass.decide.policy_set import NamedPolicy, PolicySet, StatementRef
from bucketpass.decide.reasons import Explanation, Mismatch, StatementReport
from bucketpass.policy.document import Condition, Effect, PolicyDocument, Statement
from bucketpass.requests.request import AuthorizationRequest

__all__ = ["PolicyChange", "smallest_changes"]

_AT_MOST = 5
_SINGLE = ("identity", "resource", "boundary", "session", "endpoint")
_LEVELS = ("scps", "rcps")


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One edit of one statement after which the request is allowed."""

    statement: StatementRef
    description: str


def smallest_changes(explanation: Explanation, layers: PolicySet) -> tuple[PolicyChange, ...]:
    """The single edits of `layers` after which the request is allowed, none where one edit is not enough."""
    if explanation.decision.allowed:
        return ()
    found: dict[StatementRef, PolicyChange] = {}
    for change, changed in _candidates(explanation, layers):
        if len(found) < _AT_MOST and change.statement not in found and decide(explanation.request, changed).allowed:
            found[change.statement] = change
    return tuple(found.values())


def _candidates(explanation: Explanation, layers: PolicySet) -> Iterator[tuple[PolicyChange, PolicySet]]:
    for layer in explanation.policy_types:
        for report in layer.statements:
            if report.effect is Effect.DENY and report.mismatch is None:
                yield PolicyChange(report.statement, "take this Deny away"), _edited(layers, report, None)
            elif report.effect is Effect.ALLOW and report.mismatch is not None:
                for description, elements in _widened(report.mismatch, explanation.request):
                    yield PolicyChange(report.statement, description), _edited(layers, report, elements)


def _widened(mismatch: Mismatch, request: AuthorizationRequest) -> Iterator[tuple[str, dict[str, object]]]:
    """The descriptions and the changed elements that may let a statement match where it did not, the smallest first."""
    match mismatch.element:
        case "Action":
            yield f"add `{request.action}` to Action", {"actions": (*mismatch.expected, request.action)}
        case "Resource":
            yield f"add `{request.resource}` to Resource", {"resources": (*mismatch.expected, request.resource)}
        case "Condition" if mismatch.condition is not None:
            condition = mismatch.condition
            if mismatch.got is not None:
                values = ", ".join(f"`{text}`" for text in mismatch.got)
                wider = replace(condition, values=(*condition.values, *mismatch.got))
                yield f"let {condition.operator} on {condition.key} take {values} too", {"condition": (condition, wider)}
            lacks = "" if mismatch.got is not None else ", which the request does not have,"
            yield f"take the condition {condition.operator} on {condition.key}{lacks} away", {"condition": (condition, None)}


def _edited(layers: PolicySet, report: StatementReport, elements: dict[str, object] | None) -> PolicySet:
    """The layers with that statement changed, or taken out where `elements` is None."""

    def edit(policies: tuple[NamedPolicy, ...]) -> tuple[NamedPolicy, ...]:
        return tuple(_edit_policy(policy, report.statement, elements) for policy in policies)

    single = {name: edit(policies) for name in _SINGLE if (policies := getattr(layers, name)) is not None}
    levels = {name: tuple(edit(level) for level in getattr(layers, name)) for name in _LEVELS}
    return replace(layers, **single, **levels)  # type: ignore[arg-type]


def _edit_policy(policy: NamedPolicy, wanted: StatementRef, elements: dict[str, object] | None) -> NamedPolicy:
    if policy.name != wanted.policy:
        return policy
    statements = []
    for index, statement in enumerate(policy.document.statements):
        if index != wanted.index:
            statements.append(statement)
        elif elements is not None:
            statements.append(_edit_statement(statement, elements))
    return NamedPolicy(policy.name, PolicyDocument(tuple(statements), policy.document.version, policy.document.id))


def _edit_statement(statement: Statement, elements: dict[str, object]) -> Statement:
    match elements.get("condition"):
        case (before, after):
            changed = ((after if one == before else one) for one in statement.conditions)
            return replace(statement, conditions=tuple(one for one in changed if isinstance(one, Condition)))
    return replace(statement, **elements)  # type: ignore[arg-type]
