"""Results of proofs as people and machines read them: JSON values, and Markdown for a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bucketpass.decide import AuthorizationRequest, ContextValue, Decision
from bucketpass.findings.formats import finding_object
from bucketpass.prove.compare import Difference
from bucketpass.prove.faults import PolicyFault
from bucketpass.prove.question import Answer, Counterexample, Guarantee, SentRequest, Verdict

__all__ = [
    "Result",
    "as_markdown",
    "as_object",
    "difference_lines",
    "differences_as_markdown",
    "differences_as_object",
    "example_lines",
    "example_object",
    "faults_as_markdown",
    "faults_as_object",
    "in_one_line",
    "overall",
    "replayed_line",
    "request_lines",
]

# What follows from the principal, which is shown by its ARN.
_OF_PRINCIPAL = frozenset({"aws:principalaccount", "aws:principalarn", "aws:principalisawsservice", "aws:principaltype", "aws:userid"})
_MARKS = {Verdict.PROVED: "proved", Verdict.COUNTEREXAMPLE: "**broken**", Verdict.UNKNOWN: "**unknown**"}


@dataclass(frozen=True, slots=True)
class Result:
    """A guarantee and its answer. `replayed`: what the sandbox answered to the requests of a counterexample."""

    guarantee: Guarantee
    answer: Answer
    replayed: Sequence[SentRequest] = ()


def overall(results: Iterable[Result]) -> Verdict:
    """The answer for all together: one counterexample breaks them, one unknown leaves them unknown; nothing asked is unknown."""
    verdicts = {result.answer.verdict for result in results}
    # SECURITY: an empty set of guarantees would otherwise be a silent pass.
    for verdict in (Verdict.COUNTEREXAMPLE, Verdict.UNKNOWN, Verdict.PROVED):
        if verdict in verdicts:
            return verdict
    return Verdict.UNKNOWN


def as_object(results: Sequence[Result]) -> dict[str, object]:
    """The results as `--json` prints them."""
    return {
        "verdict": overall(results).value,
        "guarantees": [
            {
                "name": guarantee.name,
                "code": guarantee.code,
                "theorem": guarantee.theorem,
                "verdict": answer.verdict.value,
                "seconds": round(answer.seconds, 3),
                "over": guarantee.over(),
                "assumed": list(guarantee.assumed),
                "reasons": list(answer.reasons),
                "counterexample": None if answer.counterexample is None else example_object(answer.counterexample),
                "replayed": _sent(replayed),
            }
            for guarantee, answer, replayed in ((result.guarantee, result.answer, result.replayed) for result in results)
        ],
    }


def _sent(replayed: Sequence[SentRequest]) -> list[dict[str, object]]:
    return [{"request": sent.request, "status": sent.status, "message": sent.message} for sent in replayed]


def example_object(found: Counterexample) -> dict[str, object]:
    """Return a counterexample as JSON has it."""
    return {
        "description": found.description,
        "token": None if found.token is None else dict(found.token),
        "requests": [_request(request, decision) for request, decision in found.requests],
    }


def _request(request: AuthorizationRequest, decision: Decision) -> dict[str, object]:
    principal = request.principal
    return {
        "principal": {"kind": principal.kind.value, "arn": principal.arn, "session": principal.session_arn, "account": principal.account},
        "action": request.action,
        "resource": request.resource,
        "context": {key: list(value) if isinstance(value, tuple) else value for key, value in sorted(request.context.items())},
        "decision": {
            "allowed": decision.allowed,
            "reason": decision.reason,
            "statements": [
                {"policy": statement.policy, "index": statement.index, "sid": statement.sid} for statement in decision.statements
            ],
        },
    }


def replayed_line(sent: SentRequest) -> str:
    """Return what the sandbox answered to a request, as a line."""
    if sent.status is None:
        return f"not sent to the sandbox: {sent.request}: {sent.message}"
    return f"sandbox: {sent.request} -> {sent.status}" + (f" {sent.message}" if sent.message else "")


def example_lines(found: Counterexample) -> list[str]:
    """A counterexample, a line for each thing about it: the token, and each request with its answer."""
    token = [] if found.token is None else [f"token with {', '.join(f'{claim} = {_claim(value)}' for claim, value in found.token.items())}"]
    return token + [line for request, decision in found.requests for line in request_lines(request, decision)]


def _claim(value: object) -> str:
    return f"`{value}`" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def in_one_line(found: Counterexample) -> str:
    """Return what a counterexample is about: its principal, action, resource, and the keys that it needs."""
    request = found.requests[0][0]
    who = request.principal.session_arn or request.principal.arn or request.principal.kind.value
    keys = ", ".join(f"{key} = {_written(value)}" for key, value in _telling(request))
    return f"{who}: {request.action} {request.resource}" + (f" with {keys}" if keys else "")


def request_lines(request: AuthorizationRequest, decision: Decision) -> list[str]:
    """A request and its answer, a line each."""
    return [*_asked_lines(request), decision.reason]


def difference_lines(found: Counterexample) -> list[str]:
    """A request or token that two versions answer differently, and what each of them answers, a line each."""
    answers = zip(("now", "before") if found.description.startswith("gained") else ("before", "now"), found.requests, strict=False)
    reasons = {version: decision.reason for version, (_, decision) in answers}
    return [*_asked_lines(found.requests[0][0]), *(f"{version}: {reasons[version]}" for version in ("before", "now") if version in reasons)]


def _asked_lines(request: AuthorizationRequest) -> list[str]:
    who = request.principal.session_arn or request.principal.arn or request.principal.kind.value
    keys = [f"  {key} = {_written(value)}" for key, value in _telling(request)]
    return [f"{who}", f"{request.action} {request.resource}", *keys]


def _telling(request: AuthorizationRequest) -> list[tuple[str, ContextValue]]:
    """The condition keys of the request without those that only repeat who its principal is."""
    return [(key, value) for key, value in sorted(request.context.items()) if key.lower() not in _OF_PRINCIPAL]


def _written(value: str | tuple[str, ...]) -> str:
    return f"`{value}`" if isinstance(value, str) else ", ".join(f"`{one}`" for one in value)


def as_markdown(results: Sequence[Result]) -> str:
    """The results as a comment on a pull request."""
    counts = {verdict: sum(result.answer.verdict is verdict for result in results) for verdict in Verdict}
    rows = [(one.guarantee, one.answer) for one in results]
    lines = [
        f"### bucketpass prove: {overall(results).value}",
        "",
        f"{counts[Verdict.PROVED]} proved, {counts[Verdict.COUNTEREXAMPLE]} broken, {counts[Verdict.UNKNOWN]} unknown",
        "",
        "| guarantee | answer | what it says | over |",
        "|---|---|---|---|",
        *(f"| {_cell(one.name)} | {_MARKS[answer.verdict]} | {_cell(one.theorem)} | {_cell(one.over())} |" for one, answer in rows),
    ]
    for one in results:
        if one.answer.counterexample is not None:
            lines += ["", f"**{_cell(one.guarantee.name)}**: {_cell(one.answer.counterexample.description)}", "", "```text"]
            lines += [*example_lines(one.answer.counterexample), *map(replayed_line, one.replayed), "```"]
        if one.answer.verdict is Verdict.UNKNOWN:
            lines += ["", f"**{_cell(one.guarantee.name)}** is unknown:", "", *(f"- {_cell(reason)}" for reason in one.answer.reasons)]
    assumed = dict.fromkeys(assumption for one in results for assumption in one.guarantee.assumed)
    lines += ["", "<details><summary>What this rests on</summary>", "", *(f"- {_cell(one)}" for one in assumed), "", "</details>"]
    return "\n".join(lines)


def _cell(text: str) -> str:
    """The text where Markdown cannot take it for a table, a tag or a fence."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("`", "'").replace("\n", " ")


def differences_as_object(found: Sequence[Difference]) -> dict[str, object]:
    """Differences as `--json` prints them."""
    return {
        "differences": [
            {
                "owner": one.owner,
                "subject": one.subject,
                "relation": one.relation.value,
                "gained": None if one.gained is None else example_object(one.gained),
                "lost": None if one.lost is None else example_object(one.lost),
                "reasons": list(one.reasons),
            }
            for one in found
        ]
    }


def differences_as_markdown(found: Sequence[Difference]) -> str:
    """Differences as a comment on a pull request."""
    lines = ["### bucketpass prove: what changes", "", "| of | what | now |", "|---|---|---|"]
    lines += [f"| {_cell(one.owner)} | {one.subject} | {one.relation.value} |" for one in found]
    for one in found:
        for example in (one.gained, one.lost):
            if example is not None:
                lines += ["", f"**{_cell(one.owner)}**, {one.subject} {example.description}, for example:", "", "```text"]
                lines += difference_lines(example)
                lines.append("```")
    return "\n".join(lines)


def faults_as_object(found: Sequence[PolicyFault]) -> dict[str, object]:
    """Faults as `--json` prints them."""
    return {
        "findings": [
            {
                **finding_object(one.finding),
                "verdict": one.answer.verdict.value,
                "reasons": list(one.answer.reasons),
                "counterexample": None if one.answer.counterexample is None else example_object(one.answer.counterexample),
                "replayed": _sent(one.replayed),
            }
            for one in found
        ]
    }


def faults_as_markdown(found: Sequence[PolicyFault]) -> str:
    """Faults as a comment on a pull request."""
    rows = [
        f"| {one.finding.code} | {_cell(one.finding.place.path)} | {_cell(one.finding.message)} | {_cell(one.finding.remedy)} |"
        for one in found
    ]
    return "\n".join(["### bucketpass prove: faults", "", "| code | where | what | remedy |", "|---|---|---|---|", *rows])
