"""What usage, replay and learning found, as the JSON objects that the commands print. Schema versions stand in each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from bucketpass.usage.decisions import LogVerdict, UsageDecision
from bucketpass.usage.engines.interface import Value
from bucketpass.usage.grants import GrantUse, Usage
from bucketpass.usage.narrow import NarrowerGrant
from bucketpass.usage.period import Coverage, day_text, time_text
from bucketpass.usage.records import Counts
from bucketpass.usage.reduce import RequestClass
from bucketpass.usage.replay import Replay, Replayed, ReplayEffect

__all__ = ["counts_object", "reason_of", "replay_object", "request_object", "request_text", "usage_object"]

_HASH_DIGITS = 16
# What identifies a person or a place: hashed with --redact.
_PERSONAL = ("session", "source_ip")
_UNKNOWN_PRINCIPAL = "other:"  # before an ARN as it stands, such as a federated user's: the name may be a person's
_EXAMPLE = {
    "event_id": "event_id",
    "request_id": "request_id",
    "source": "source",
    "principal": "principal",
    "session": "session_name",
    "operation": "operation",
    "part": "part",
    "bucket": "bucket",
    "key": "object_key",
    "version_id": "version_id",
    "prefix": "prefix",
    "copy_source_bucket": "source_bucket",
    "copy_source_key": "source_key",
    "source_ip": "source_ip",
    "vpc_endpoint": "vpc_endpoint",
    "outcome": "outcome",
    "error": "error",
}


def counts_object(counts: Counts) -> dict[str, object]:
    """Where each record of the logs went."""
    return {
        "files": counts.files,
        "records": counts.records,
        "rows": counts.rows,
        "sessions": counts.sessions,
        "doubled": counts.doubled,
        "cut": counts.cut,
        "skipped": dict(sorted(counts.skipped.items())),
        "unknown_operations": dict(sorted(counts.unknown.items())),
        "faults": sorted(counts.faults),
    }


def request_object(found: RequestClass, *, redact: bool = False) -> dict[str, object]:
    """One request as it was logged; what the log does not have is left out.

    With `redact` session names, subjects, addresses and principals of no known form are hashed. Keys, prefixes and tags stand as they are.
    """
    shown: dict[str, object] = {"time": time_text(int(found.row["time"] or 0))}
    for name, column in _EXAMPLE.items():
        value: Value = found.row[column]
        if value is not None and value != "":
            shown[name] = _hashed(str(value)) if redact and name in _PERSONAL else value
    principal = str(shown.get("principal", ""))
    if redact and principal.startswith(_UNKNOWN_PRINCIPAL):
        shown["principal"] = _UNKNOWN_PRINCIPAL + _hashed(principal)
    if found.session is not None:
        session = {"provider": found.session.provider, "audience": found.session.audience}
        session["subject"] = _hashed(found.session.subject) if redact else found.session.subject
        shown["token"] = {**session, "tags": dict(found.session.tags)}
    return shown


def request_text(found: RequestClass, *, redact: bool = False) -> str:
    """The same in one line."""
    shown = request_object(found, redact=redact)
    session = f" ({shown['session']})" if "session" in shown else ""
    return f"{shown['principal']}{session} {shown['operation']} s3://{shown.get('bucket', '')}/{shown.get('key', shown.get('prefix', ''))}"


def _hashed(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def _requests(found: RequestClass, answer: UsageDecision, *, redact: bool) -> dict[str, object]:
    deciding = answer.deciding
    return {
        "requests": found.requests,
        "first": time_text(found.first),
        "last": time_text(found.last),
        "decision": answer.verdict.value,
        "reason": reason_of(answer),
        "statements": [str(statement) for statement in deciding.decision.statements] if deciding is not None else [],
        "example": request_object(found, redact=redact),
    }


def reason_of(answer: UsageDecision) -> str:
    """Why the policies answer as they do, in one line."""
    deciding = answer.deciding
    if deciding is None:
        return "the log does not say what the request was about" if answer.verdict is LogVerdict.UNTOLD else "the policies allow it"
    if answer.verdict is LogVerdict.UNTOLD:
        return f"{deciding.request.action} depends on {', '.join(sorted(answer.untold)) or 'policies that are not known'}"
    return f"{deciding.request.action} {deciding.decision.reason}"


def usage_object(
    usage: Usage, counts: Counts, changes: Iterable[NarrowerGrant] | None = None, *, redact: bool = False
) -> dict[str, object]:
    """The answer of `bucketpass usage --json`."""

    def listed(them: Iterable[tuple[RequestClass, UsageDecision]]) -> list[dict[str, object]]:
        rows = [_requests(found, answer, redact=redact) for found, answer in them]
        return sorted(rows, key=lambda row: -int(str(row["requests"])))

    shown: dict[str, object] = {
        "schema": "bucketpass.usage/2",
        "logs": counts_object(counts),
        "period": _period(usage.coverage),
        "grants": [_grant(grant) for grant in usage.grants],
        "contradictions": listed(usage.contradictions),
        "denied": listed(usage.refusals),
        "strangers": listed(usage.undeclared),
        "untold": listed(usage.untold),
    }
    if changes is not None:
        shown["proposals"] = [
            {"path": one.grant.path, "field": one.field, "value": one.value, "reason": one.reason, "remove": one.field is None}
            for one in changes
        ]
    return shown


def _period(coverage: Coverage) -> dict[str, object]:
    return {
        "first": day_text(coverage.first),
        "last": day_text(coverage.last),
        "days": coverage.last - coverage.first + 1,
        "days_covered": len(coverage.days),
        "missing": [day_text(day) for day in coverage.missing],
        "buckets_with_reads": sorted(coverage.reads),
        "buckets_with_writes": sorted(coverage.writes),
    }


def _grant(grant: GrantUse) -> dict[str, object]:
    return {
        "path": grant.path,
        "service": grant.service,
        "description": grant.description,
        "status": grant.status.value,
        "requests": grant.requests,
        "sessions": grant.sessions,
        "first": time_text(grant.first) if grant.first is not None else None,
        "last": time_text(grant.last) if grant.last is not None else None,
        "actions": sorted(grant.actions),
        "unused_access": [level.value for level in grant.unused_levels] if grant.requests else [],
        "unused_versions": bool(grant.requests and grant.unused_versions),
        "untold_requests": grant.untold,
    }


def replay_object(found: Replay, counts: Counts, *, redact: bool = False) -> dict[str, object]:
    """The answer of `bucketpass replay --json`."""

    def listed(kind: ReplayEffect) -> list[dict[str, object]]:
        return [_replayed(row, redact=redact) for row in found.of(kind)]

    return {
        "schema": "bucketpass.replay/2",
        "logs": counts_object(counts),
        "requests": {kind.name.lower(): found.requests(kind) for kind in ReplayEffect},
        "breaks": listed(ReplayEffect.BREAKS),
        "not_found_is_refused": listed(ReplayEffect.NOT_FOUND_IS_REFUSED),
        "newly_allowed": listed(ReplayEffect.NEWLY_ALLOWED),
        "untold": listed(ReplayEffect.UNTOLD),
        "contradictions": listed(ReplayEffect.CONTRADICTS),
    }


def _replayed(row: Replayed, *, redact: bool) -> dict[str, object]:
    shown = {"service": row.service, **_requests(row.found, row.new, redact=redact)}
    if row.old is not None:
        shown["before"] = {"decision": row.old.verdict.value, "reason": reason_of(row.old)}
    return shown
