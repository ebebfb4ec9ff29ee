"""JSON Schemas of what `--json` prints, one file a kind in docs/reference/json/. `python -m docs.check --write` writes them.

Objects are closed: a field that a schema does not name is a mistake, of the schema or of the output, which tests find.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bucketpass.cli.json_output import VERSIONS
from bucketpass.compile import Plan
from bucketpass.compile.plan import TracedDocument
from bucketpass.errors import Severity
from bucketpass.policy import PolicyDocument

__all__ = ["FOLDER", "SCHEMAS", "files"]

FOLDER = Path(__file__).parents[1] / "reference" / "json"
Schema = dict[str, Any]


def _one(*names: str) -> Schema:
    return {"type": list(names) if len(names) > 1 else names[0]}


TEXT, NUMBER, WHOLE, FLAG, ANY = _one("string"), _one("number"), _one("integer"), _one("boolean"), Schema()
TEXT_OR_NULL, WHOLE_OR_NULL = _one("string", "null"), _one("integer", "null")
OBJECT: Schema = {"type": "object"}  # AWS's or the user's own keys


def _choice(*values: str) -> Schema:
    return {"enum": list(values)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _map(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


SEVERITY = _choice(*(severity.value for severity in Severity))
TEXTS = _list(TEXT)
CONTEXT = _map({"anyOf": [TEXT, TEXTS]})
FINDING_FIELDS = {
    "severity": SEVERITY,
    "code": TEXT,
    "title": TEXT,
    "file": TEXT_OR_NULL,
    "line": WHOLE_OR_NULL,
    "column": WHOLE_OR_NULL,
    "path": TEXT,
    "message": TEXT,
    "remedy": TEXT,
    "link": TEXT,
}
FINDING = _object(**FINDING_FIELDS)
STATEMENT = _object(policy=TEXT, index=WHOLE, sid=TEXT_OR_NULL)
DECIDED = {
    "action": TEXT,
    "resource": TEXT,
    "allowed": FLAG,
    "explicit_deny": FLAG,
    "reason": TEXT,
    "statements": _list(STATEMENT),
    "blocked_by": TEXTS,
}
DECISION = {
    "allowed": FLAG,
    "reason": TEXT,
    "role": TEXT,
    "token": _or_null(_object(verified=FLAG, iss=ANY, sub=ANY, aud=ANY)),
    "assume_role": _object(allowed=FLAG, error=_or_null(_object(code=TEXT, message=TEXT)), decisions=_list(_object(**DECIDED))),
    "requests": _list(_object(**DECIDED)),
    "findings": _list(_object(**FINDING_FIELDS, sufficient=FLAG)),
    "changes": _list(_object(statement=TEXT, change=TEXT)),
    "assumed": TEXTS,
}
EXPLAINED_STATEMENT = _object(policy=TEXT, index=WHOLE, sid=TEXT_OR_NULL, effect=TEXT, applies=FLAG, mismatch=TEXT_OR_NULL)
EXPLAINED = _object(
    **DECIDED,
    context=CONTEXT,
    layers=_list(_object(layer=TEXT, says=TEXT, statements=_list(EXPLAINED_STATEMENT))),
)
PROVED_REQUEST = _object(
    principal=_object(kind=TEXT, arn=TEXT_OR_NULL, session=TEXT_OR_NULL, account=TEXT_OR_NULL),
    action=TEXT,
    resource=TEXT,
    context=CONTEXT,
    decision=_object(allowed=FLAG, reason=TEXT, statements=_list(STATEMENT)),
)
EXAMPLE = _or_null(_object(description=TEXT, token=_or_null(OBJECT), requests=_list(PROVED_REQUEST)))
SENT = _list(_object(request=TEXT, status=WHOLE_OR_NULL, message=TEXT))
VERDICT = _choice("proved", "counterexample", "unknown")
GUARANTEE = _object(
    **dict.fromkeys(("name", "code", "theorem", "over"), TEXT),
    verdict=VERDICT,
    seconds=NUMBER,
    assumed=TEXTS,
    reasons=TEXTS,
    counterexample=EXAMPLE,
    replayed=SENT,
)
STEP = _object(
    operation=TEXT,
    phase=TEXT,
    urn=TEXT,
    type=TEXT,
    name=TEXT,
    reason=TEXT,
    position=TEXT,
    changes=_list(_object(path=TEXT, old=ANY, new=ANY, replaces=FLAG)),
)


LOGS = _object(
    files=WHOLE,
    records=WHOLE,
    rows=WHOLE,
    sessions=WHOLE,
    doubled=WHOLE,
    cut=WHOLE,
    skipped=_map(WHOLE),
    unknown_operations=_map(WHOLE),
    faults=TEXTS,
)
LOGGED = {
    "requests": WHOLE,
    "first": TEXT,
    "last": TEXT,
    "decision": TEXT,
    "reason": TEXT,
    "statements": TEXTS,
    "example": OBJECT,
}
GRANT_USE = _object(
    path=TEXT,
    service=TEXT,
    description=TEXT,
    status=TEXT,
    requests=WHOLE,
    sessions=WHOLE,
    first=TEXT_OR_NULL,
    last=TEXT_OR_NULL,
    actions=TEXTS,
    unused_access=TEXTS,
    unused_versions=FLAG,
    untold_requests=WHOLE,
)
PERIOD = _object(first=TEXT, last=TEXT, days=WHOLE, days_covered=WHOLE, missing=TEXTS, buckets_with_reads=TEXTS, buckets_with_writes=TEXTS)
REPLAYED = _list(_object(**LOGGED, service=TEXT_OR_NULL))
REPLAYED["items"]["properties"]["before"] = _object(decision=TEXT, reason=TEXT)


REPORT = {
    "file": TEXT,
    "account": TEXT,
    "region": TEXT,
    "issuers": _list(_object(name=TEXT, preset=TEXT, url=TEXT, line=WHOLE_OR_NULL)),
    "services": _list(
        _object(
            name=TEXT,
            roles=TEXTS,
            identities=_list(_object(issuer=TEXT, subject=TEXT, line=WHOLE_OR_NULL)),
            session_seconds=WHOLE,
            remarks=TEXTS,
            line=WHOLE_OR_NULL,
        )
    ),
    "buckets": _list(
        _object(name=TEXT, s3_name=TEXT, encryption=TEXT, exclusive=FLAG, administrators=TEXTS, others=TEXT, line=WHOLE_OR_NULL)
    ),
    "grants": _list(
        _object(
            path=TEXT,
            service=TEXT,
            bucket=TEXT,
            place=TEXT,
            access=TEXTS,
            actions=TEXTS,
            conditions=TEXTS,
            expires=TEXT,
            per=TEXT,
            line=WHOLE_OR_NULL,
            change=_choice("", "added", "removed"),
            requests=WHOLE_OR_NULL,
            usage=TEXT,
            statements=_list(OBJECT),
        )
    ),
    "findings": _list(FINDING),
    "guarantees": _or_null(_list(GUARANTEE)),
    "drift": _or_null(_list(_object(owner=TEXT, subject=TEXT, relation=TEXT, reasons=TEXTS))),
    "changes": _or_null(_list(_object(kind=TEXT, subject=TEXT, description=TEXT, path=TEXT))),
    "compared_with": TEXT,
    "notes": TEXTS,
}


def _of_type(kind: Any) -> Schema:
    """The schema of a value of the plan, by its type."""
    if kind in (TracedDocument, PolicyDocument):
        document: Schema = OBJECT
        origins = _list(_list(_object(path=TEXT, description=TEXT)))
        return _object(policy=OBJECT, origins=origins) if kind is TracedDocument else document
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return _object(**{field.name: _of_type(hints[field.name]) for field in dataclasses.fields(kind)})
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _choice(*(str(member.value) for member in kind))
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return _choice(*parts)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_of_type(part) for part in parts]}
    if origin is tuple and parts[-1] is Ellipsis:
        return _list(_of_type(parts[0]))
    if origin is tuple:
        return {"type": "array", "prefixItems": [_of_type(part) for part in parts], "items": False}
    if origin is not None and issubclass(origin, Mapping):
        return _map(_of_type(parts[1]))
    return {str: TEXT, datetime: TEXT, int: WHOLE, bool: FLAG, float: NUMBER, type(None): {"type": "null"}}.get(kind, ANY)


# Kind -> the verb that prints it, and its fields.
SCHEMAS: dict[str, tuple[str, dict[str, Schema]]] = {
    "error": ("every verb, for what stops it", {"error": TEXT, "diagnostics": _list(FINDING)}),
    "init": ("init", {"directory": TEXT, "files": TEXTS}),
    "check": ("check", {"findings": _list(FINDING)}),
    "plan": ("plan", _of_type(Plan)["properties"]),
    "diff": ("diff", {"changes": _list(_object(kind=TEXT, subject=TEXT, description=TEXT, path=TEXT, example=EXAMPLE))}),
    "report": ("report --format json", REPORT),
    "import": ("import", {"access": TEXT, "imports": OBJECT, "remarks": _list(_object(place=TEXT, message=TEXT))}),
    "decide": ("decide", DECISION),
    "explain": ("explain SERVICE VERB S3_URI", {**DECISION, "explanations": _list(EXPLAINED)}),
    "code": ("explain CODE", {"name": TEXT, "severity": SEVERITY, "title": TEXT, "explanation": TEXT, "remedy": TEXT, "link": TEXT}),
    "prove": (
        "prove",
        {
            "verdict": VERDICT,
            "guarantees": _list(GUARANTEE),
        },
    ),
    "prove-differences": (
        "prove --against",
        {"differences": _list(_object(owner=TEXT, subject=TEXT, relation=TEXT, gained=EXAMPLE, lost=EXAMPLE, reasons=TEXTS))},
    ),
    "prove-findings": (
        "prove with policies, --role or --bucket",
        {"findings": _list(_object(**FINDING_FIELDS, verdict=VERDICT, reasons=TEXTS, counterexample=EXAMPLE, replayed=SENT))},
    ),
    "review": ("review", {"findings": _list(_object(**FINDING_FIELDS, details=TEXTS))}),
    "usage": (
        "usage",
        {
            "logs": LOGS,
            "period": PERIOD,
            "grants": _list(GRANT_USE),
            "contradictions": _list(_object(**LOGGED)),
            "denied": _list(_object(**LOGGED)),
            "strangers": _list(_object(**LOGGED)),
            "untold": _list(_object(**LOGGED)),
        },
    ),
    "replay": (
        "replay",
        {
            "logs": LOGS,
            "requests": _map(WHOLE),
            "breaks": REPLAYED,
            "not_found_is_refused": REPLAYED,
            "newly_allowed": REPLAYED,
            "untold": REPLAYED,
            "contradictions": REPLAYED,
        },
    ),
    "learn": ("learn", {"logs": LOGS, "declaration": TEXT, "remarks": TEXTS}),
    "usage-setup": ("usage setup", {"event_selectors": _list(ANY), "table": TEXT, "dollars_per_month": ANY}),
    "run": (
        "preview, up, down",
        {
            "target": TEXT,
            "stack": TEXT,
            "engine": _choice("embedded", "pulumi"),
            "ok": FLAG,
            "error": TEXT,
            "counts": _map(WHOLE),
            "steps": _list(STEP),
            "outputs": OBJECT,
            "messages": _list(_object(severity=TEXT, text=TEXT)),
        },
    ),
    "remove-statements": ("down --statements", {"bucket": TEXT, "removed": TEXTS, "kept": _list(TEXT_OR_NULL)}),
    "demo": (
        "demo",
        {
            "agreed": FLAG,
            "grants": _list(_object(path=TEXT, requests=WHOLE, status=TEXT)),
            "rows": _list(
                _object(tried=TEXT, proof=TEXT, expected=TEXT, predicted=TEXT, reason=TEXT, answered=TEXT, answer=TEXT, agreed=FLAG)
            ),
        },
    ),
    "sandbox": ("sandbox", {"url": TEXT, "http_url": TEXT, "file": TEXT, "issuers": _map(_object(issuer=TEXT, url=TEXT))}),
    "sandbox-tail": (
        "sandbox tail, a record a line",
        {
            **dict.fromkeys(("eventVersion", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent"), TEXT),
            **dict.fromkeys(("eventID", "requestID", "eventType", "eventCategory", "recipientAccountId"), TEXT),
            **dict.fromkeys(("readOnly", "managementEvent"), FLAG),
            "userIdentity": OBJECT,
            "requestParameters": OBJECT,
            "responseElements": _or_null(OBJECT),
            "resources": _list(OBJECT),
            "additionalEventData": OBJECT,
        },
    ),
    "configure": ("configure", {"name": TEXT, "for": TEXT_OR_NULL, "text": TEXT}),
    "token": (
        "token",
        {
            "source": TEXT,
            "algorithm": TEXT,
            "claims": OBJECT,
            "condition_keys": CONTEXT,
            "seconds_left": WHOLE_OR_NULL,
            "fault": TEXT_OR_NULL,
            "remedy": TEXT,
            "note": TEXT,
        },
    ),
    "doctor": (
        "doctor",
        {"checks": _list(_object(check=TEXT, verdict=_choice("good", "note", "bad", "skipped"), seen=TEXT, remedy=TEXT, code=TEXT))},
    ),
}
# Fields that are there for some targets alone, or that the environment of clients adds.
OPTIONAL: dict[str, dict[str, Schema]] = {
    "sandbox-tail": {"errorCode": TEXT, "errorMessage": TEXT, "tlsDetails": OBJECT},
    "run": {"account": TEXT, "region": TEXT, "identity": TEXT},
    "usage": {"proposals": _list(_object(path=TEXT, field=TEXT_OR_NULL, value=ANY, reason=TEXT, remove=FLAG))},
}
PATTERNS: dict[str, dict[str, Schema]] = {"sandbox": {"^[A-Z][A-Z0-9_]*$": TEXT}}


def _schema(kind: str) -> Schema:
    verb, fields = SCHEMAS[kind]
    name = f"bucketpass.{kind}/{VERSIONS[kind]}"
    whole = _object(schema={"const": name}, **fields)
    whole["properties"] |= OPTIONAL.get(kind, {})
    if kind in PATTERNS:
        whole["patternProperties"] = PATTERNS[kind]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "description": f"What bucketpass prints with --json: {verb}.",
        **whole,
    }


def files() -> dict[Path, str]:
    """The text of each file."""
    return {FOLDER / f"{kind}.schema.json": json.dumps(_schema(kind), indent=1) + "\n" for kind in SCHEMAS}
