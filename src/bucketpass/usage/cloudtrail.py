"""CloudTrail's files into rows: gunzip, typed JSON, columns.

A file is one JSON object `{"Records": [...]}` on one line. S3's events become rows, AssumeRoleWithWebIdentity's become
sessions, everything else is counted. `event_id` is the `sharedEventID` where there is one, else account and `eventID`: the
copies of one event that are delivered to two accounts, or twice to one, have the same.

Sources: CloudTrail User Guide, "record contents", "userIdentity element"; S3 User Guide, "CloudTrail events" [A].
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from bucketpass.usage.headers import HeaderParameters, header_text
from bucketpass.usage.names import CopyPart, cloudtrail_operation
from bucketpass.usage.principals import ANONYMOUS, account_principal, arn_principal, service_principal
from bucketpass.usage.records import NO_TIME, UNREADABLE_RECORD, Counts, outcome_of
from bucketpass.usage.values import copy_source

__all__ = ["cloudtrail_rows"]

Row = tuple[object, ...]

_S3, _STS = "s3.amazonaws.com", "sts.amazonaws.com"
_OTHER_SERVICE = "other service"
_TIME_LENGTH = len("2026-11-30T10:00:00Z")
_READ_LIMIT = 1 << 30  # bytes of one file after gunzip: CloudTrail's own files stay far below


class _Part(msgspec.Struct, gc=False):
    """A part of a record. Records have no cycles: the collector has nothing to look for in them."""


class _Issuer(_Part):
    arn: str | None = None


class _Context(_Part):
    sessionIssuer: _Issuer | None = None  # noqa: N815 - CloudTrail's own name
    sourceIdentity: str | None = None  # noqa: N815


class _Identity(_Part):
    type: str | None = None
    principalId: str | None = None  # noqa: N815
    arn: str | None = None
    accountId: str | None = None  # noqa: N815
    accessKeyId: str | None = None  # noqa: N815
    userName: str | None = None  # noqa: N815
    identityProvider: str | None = None  # noqa: N815
    invokedBy: str | None = None  # noqa: N815
    sessionContext: _Context | None = None  # noqa: N815


class _Tls(_Part):
    tlsVersion: str | None = None  # noqa: N815


class _Addendum(_Part):
    reason: str | None = None
    originalEventID: str | None = None  # noqa: N815


class _Credentials(_Part):
    accessKeyId: str | None = None  # noqa: N815


class _Response(_Part):
    credentials: _Credentials | None = None
    audience: str | None = None
    provider: str | None = None
    subjectFromWebIdentityToken: str | None = None  # noqa: N815


class _Parameters(HeaderParameters):
    """Parameters of S3 and of STS: CloudTrail writes query parameters and headers side by side."""

    bucketName: str | None = None  # noqa: N815
    key: str | None = None
    versionId: str | None = None  # noqa: N815
    prefix: str | None = None
    delimiter: str | None = None
    list_type: str | None = msgspec.field(default=None, name="list-type")
    max_keys: str | None = msgspec.field(default=None, name="max-keys")
    copy_source: str | None = msgspec.field(default=None, name="x-amz-copy-source")
    roleArn: str | None = None  # noqa: N815
    roleSessionName: str | None = None  # noqa: N815
    principalTags: dict[str, object] | None = None  # noqa: N815


class _Record(_Part):
    eventID: str = ""  # noqa: N815
    sharedEventID: str | None = None  # noqa: N815
    eventTime: str = ""  # noqa: N815
    eventSource: str = ""  # noqa: N815
    eventName: str = ""  # noqa: N815
    eventCategory: str | None = None  # noqa: N815
    recipientAccountId: str | None = None  # noqa: N815
    sourceIPAddress: str | None = None  # noqa: N815
    vpcEndpointId: str | None = None  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    requestID: str | None = None  # noqa: N815
    userIdentity: _Identity | None = None  # noqa: N815
    tlsDetails: _Tls | None = None  # noqa: N815
    addendum: _Addendum | None = None
    omitted: bool | None = None
    requestParameters: _Parameters | None = None  # noqa: N815
    responseElements: _Response | None = None  # noqa: N815


class _File(msgspec.Struct):
    Records: list[_Record]


_FILE = msgspec.json.Decoder(_File)


def cloudtrail_rows(path: Path, counts: Counts) -> tuple[list[Row], list[Row]]:
    """The rows and sessions of one file, without row numbers. What is not read is counted in `counts`, with its reason."""
    counts.files += 1
    try:
        content = _content(path)
        if b'"Records"' not in content[:4096] and (b'"digestS3Object"' in content or b'"insightDetails"' in content):
            counts.records += 1
            counts.skipped["digest or insight file"] += 1
            return [], []
        records = list(_records(content, counts))
    except (OSError, EOFError, zlib.error, msgspec.DecodeError, ValueError, RecursionError) as error:
        counts.faults.append(f"{path}: {_reason(error)}")
        return [], []
    rows: list[Row] = []
    sessions: list[Row] = []
    for record in records:
        _read(record, rows, sessions, counts)
    return rows, sessions


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            return file.read(_READ_LIMIT)
        with gzip.open(file) as unpacked:
            return unpacked.read(_READ_LIMIT)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    kind = "broken gzip" if isinstance(error, OSError | EOFError | zlib.error) else "not a CloudTrail file"
    return f"{kind} ({error})"


def _records(content: bytes, counts: Counts) -> Iterator[_Record]:
    """The records of a file; where one of them has an unexpected shape, each by itself."""
    try:
        whole = _FILE.decode(content)
    except msgspec.DecodeError:
        found = json.loads(content)
    else:
        yield from whole.Records
        return
    listed = found.get("Records") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no list `Records`")  # noqa: TRY004 - what is wrong is the file's content
    for one in listed:
        try:
            # SECURITY: SQL cannot compare half a surrogate pair; such a key is counted, not guessed.
            json.dumps(one, ensure_ascii=False).encode()
            yield msgspec.convert(one, _Record, strict=False)
        except (msgspec.ValidationError, UnicodeEncodeError):
            counts.records += 1
            # Other services have parameters of the same names and of other types: DynamoDB's `key` is an object.
            other = isinstance(one, dict) and isinstance(source := one.get("eventSource"), str) and source not in (_S3, _STS)
            counts.skipped[_OTHER_SERVICE if other else UNREADABLE_RECORD] += 1


def _read(record: _Record, rows: list[Row], sessions: list[Row], counts: Counts) -> None:
    """Put one record where it belongs, and count it."""
    counts.records += 1
    time = _time(record.eventTime)
    if time is None:
        counts.skipped[NO_TIME] += 1
        return
    if record.eventSource == _STS:
        session = _session(record, time)
        if session is None:
            counts.skipped["other STS event"] += 1
        else:
            counts.sessions += 1
            sessions.append(session)
        return
    if record.eventSource != _S3:
        counts.skipped[_OTHER_SERVICE] += 1
        return
    if not record.eventID or (record.eventCategory or "Data") not in ("Data", "Management"):
        # Aggregated events are sums of others, Insights events no requests.
        counts.skipped["no single request"] += 1
        return
    parameters = record.requestParameters or _Parameters()
    operation = cloudtrail_operation(record.eventName, parameters.list_type)
    if operation is None:
        counts.skipped["unknown operation"] += 1
        counts.unknown[record.eventName] += 1
        return
    if record.omitted:
        counts.cut += 1
    counts.rows += 1
    rows.append(_row(record, parameters, operation, time))


def _time(text: str) -> int | None:
    """Seconds since 1970 of `2026-11-30T10:00:00Z`; None for other texts."""
    if len(text) != _TIME_LENGTH or text[-1] != "Z":
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return None


def _row(record: _Record, parameters: _Parameters, operation: str, time: int) -> Row:
    principal, session_name = _principal(record.userIdentity)
    source_bucket, source_key, source_version = copy_source(parameters.copy_source)
    event_id, replaces = _identifiers(record)
    error = record.errorCode or ""
    return (
        event_id,
        replaces,
        record.requestID,
        "cloudtrail",
        time,
        principal,
        session_name,
        (record.userIdentity.accessKeyId if record.userIdentity else None) or "",
        operation,
        CopyPart.BOTH.value,
        parameters.bucketName or "",
        parameters.key,
        parameters.versionId,
        parameters.prefix,
        parameters.delimiter,
        parameters.max_keys,
        source_bucket,
        source_key,
        source_version,
        record.sourceIPAddress or "",
        record.vpcEndpointId or "",
        (record.tlsDetails.tlsVersion if record.tlsDetails else None) or "",
        header_text(parameters),
        outcome_of(error).value,
        error,
    )


def _identifiers(record: _Record) -> tuple[str, str | None]:
    account = record.recipientAccountId or ""
    shared = record.sharedEventID
    original = record.addendum.originalEventID if record.addendum and record.addendum.reason == "UPDATED_DATA" else None
    return shared or f"{account}/{record.eventID}", f"{account}/{original}" if original else None


def _principal(identity: _Identity | None) -> tuple[str, str]:
    """The principal and its session's name."""
    if identity is None:
        return ANONYMOUS, ""
    match identity.type:
        case "AWSService":
            return service_principal(identity.invokedBy or identity.principalId or ""), ""
        case "AWSAccount" if identity.accountId == "anonymous" or identity.principalId == "anonymous":
            return ANONYMOUS, ""
        case "AWSAccount":
            return account_principal(identity.accountId or identity.principalId or ""), ""
    principal, session_name = arn_principal(identity.arn or "")
    issuer = identity.sessionContext.sessionIssuer if identity.sessionContext else None
    if identity.type == "AssumedRole" and issuer is not None and issuer.arn:
        return arn_principal(issuer.arn)[0], session_name
    return principal, session_name


def _session(record: _Record, time: int) -> Row | None:
    """The session that AssumeRoleWithWebIdentity gave; None for other events, and where it was refused."""
    parameters, response = record.requestParameters, record.responseElements
    if record.eventName != "AssumeRoleWithWebIdentity" or record.errorCode or parameters is None or response is None:
        return None
    access_key_id = response.credentials.accessKeyId if response.credentials is not None else None
    if not access_key_id:
        return None
    identity = record.userIdentity or _Identity()
    subject = identity.userName or response.subjectFromWebIdentityToken or ""
    provider = identity.identityProvider or response.provider or ""
    tags = {name: str(value) for name, value in (parameters.principalTags or {}).items()}
    role, _ = arn_principal(parameters.roleArn or "")
    return (
        access_key_id,
        time,
        role,
        parameters.roleSessionName or "",
        provider,
        subject,
        response.audience or _audience(identity.principalId or "", provider, subject),
        _source_identity(identity),
        json.dumps(tags, ensure_ascii=False, sort_keys=True),
    )


def _audience(principal_id: str, provider: str, subject: str) -> str:
    """The middle of `PROVIDER:AUDIENCE:SUBJECT`. All three may hold colons, so that only the ends that are known are taken off."""
    if principal_id.startswith(f"{provider}:") and principal_id.endswith(f":{subject}"):
        return principal_id[len(provider) + 1 : len(principal_id) - len(subject) - 1]
    return ""


def _source_identity(identity: _Identity) -> str:
    return (identity.sessionContext.sourceIdentity if identity.sessionContext else None) or ""
