"""Decisions and explanations: as JSON, and on a person's screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bucketpass.cli.terminal import line, show_finding
from bucketpass.decide import AuthorizationRequest, Decision, PolicyType
from bucketpass.decide.principals import GrantedTo
from bucketpass.decide.reasons import Explanation, PolicyOutcome, PolicyTypeReport
from bucketpass.deployment.calls import DescribedCall, ExplainedCall
from bucketpass.findings.formats import finding_object

__all__ = ["as_object", "explained", "show_explanation", "show_path"]


def as_object(answer: ExplainedCall, asked: DescribedCall) -> dict[str, object]:
    """The answer as `--json` prints it: stable."""
    assumption = answer.decision.session
    claims = asked.claims
    return {
        "allowed": answer.decision.allowed,
        "reason": answer.decision.reason,
        "role": asked.role.arn,
        "token": None
        if claims is None
        else {"verified": False, "iss": claims.get("iss"), "sub": claims.get("sub"), "aud": claims.get("aud")},
        "assume_role": {
            "allowed": assumption.allowed,
            "error": None if assumption.error is None else {"code": assumption.error.code, "message": assumption.error.message},
            "decisions": [_decided(request, decision) for request, decision in assumption.decisions],
        },
        "requests": [_decided(step.request, step.decision) for step in answer.decision.requests],
        "findings": [finding_object(fault.finding) | {"sufficient": fault.sufficient} for fault in answer.faults],
        "changes": [{"statement": str(change.statement), "change": change.description} for change in answer.changes],
        "assumed": list(answer.assumed),
    }


def _decided(request: AuthorizationRequest, decision: Decision) -> dict[str, object]:
    return {
        "action": request.action,
        "resource": request.resource,
        "allowed": decision.allowed,
        "explicit_deny": decision.explicit_deny,
        "reason": decision.reason,
        "statements": [{"policy": one.policy, "index": one.index, "sid": one.sid} for one in decision.statements],
        "blocked_by": [layer.value for layer in decision.blocked_by],
    }


def explained(explanation: Explanation) -> dict[str, object]:
    """An explanation as `--json` prints it."""
    request = explanation.request
    return _decided(request, explanation.decision) | {
        "context": {name: list(value) if isinstance(value, tuple) else value for name, value in sorted(request.context.items())},
        "layers": [
            {
                "layer": layer.type.value,
                "says": layer.outcome.value,
                "statements": [
                    {
                        "policy": report.statement.policy,
                        "index": report.statement.index,
                        "sid": report.statement.sid,
                        "effect": report.effect.value,
                        "applies": report.mismatch is None,
                        "mismatch": None if report.mismatch is None else str(report.mismatch),
                    }
                    for report in layer.statements
                ],
            }
            for layer in explanation.policy_types
        ],
    }


def show_path(answer: ExplainedCall, asked: DescribedCall) -> None:
    """Print how the decision was reached: token, role, each action, findings and changes."""
    for text in _path(answer, asked):
        line(text)
    assumed = answer.decision.session.allowed
    sufficient = [] if assumed else [fault for fault in answer.faults if fault.sufficient]
    for fault in () if assumed else sufficient or answer.faults:
        show_finding(fault.finding, indent="  ")
    if not sufficient:
        for number, change in enumerate(answer.changes):
            line(f"  {'or' if number else 'change':<8} {change.statement}: {change.description}")
    for assumption in answer.assumed:
        line(f"  assumed  {assumption}")


def _path(answer: ExplainedCall, asked: DescribedCall) -> Iterable[str]:
    chain = answer.decision
    yield "ALLOWED" if chain.allowed else "DENIED"
    if asked.claims is not None:
        claims = asked.claims
        yield f"  token    {', '.join(_claim(claims, name) for name in ('iss', 'sub', 'aud'))} (not verified)"
        error = chain.session.error
        decided = [decision.reason for _, decision in chain.session.decisions if decision.allowed is chain.session.allowed]
        said = decided[0] if decided and error is None else f"{error.code}: {error.message}" if error is not None else "no check was made"
        yield f"  {_mark(chain.session.allowed)} role     {asked.role.arn}: {said}"
    # A listing is asked for with and without its prefix: that is said once where the answer is the same.
    yield from dict.fromkeys(
        f"  {_mark(step.decision.allowed)} {step.request.action:<8} {step.request.resource}: {step.decision.reason}"
        for step in chain.requests
    )
    if chain.refusal is not None:
        yield f"  - S3       {chain.refusal.code}: {chain.refusal.message}"


def _claim(claims: Mapping[str, object], name: str) -> str:
    """A claim as a person writes it; the values of a list one after another."""
    value = claims.get(name)
    values = value if isinstance(value, list) else [] if value is None else [value]
    return f"{name} {' and '.join(map(str, values))}" if values else f"no {name}"


def show_explanation(answer: ExplainedCall) -> None:
    """Print each policy type and statement, and the risks of the trust policy."""
    for explanation in (*answer.trust, *answer.requests):
        for text in _lines(explanation):
            line(text)
    risks = [fault for fault in answer.faults if not fault.sufficient]
    if answer.decision.session.allowed and risks:
        line()
        line("The token is accepted, but:")
        for fault in risks:
            show_finding(fault.finding, indent="  ")


def _lines(explanation: Explanation) -> Iterable[str]:
    request = explanation.request
    yield ""
    yield f"{request.action} on {request.resource}: {explanation.decision.reason}"
    for layer in explanation.policy_types:
        yield f"  {layer.type.value}: {layer.outcome.value}{_granted_to(layer)}"
        for report in layer.statements:
            applies = "applies" if report.mismatch is None else str(report.mismatch)
            yield f"    {report.effect.value:<5} {report.statement}: {applies}"
        if not layer.statements:
            yield "    no statement"


def _granted_to(layer: PolicyTypeReport) -> str:
    """What a grant of the resource policy is worth."""
    if layer.type is not PolicyType.RESOURCE or layer.outcome is not PolicyOutcome.ALLOW:
        return ""
    descriptions = {
        GrantedTo.ACCOUNT: ", to the account: an identity-based policy must allow too",
        GrantedTo.ROLE: ", to the role: boundary and session policy must allow too",
    }
    return descriptions.get(layer.granted_to, "")


def _mark(allowed: bool) -> str:
    return "+" if allowed else "-"
