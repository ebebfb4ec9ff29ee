"""Object Lock: what keeps a version from being deleted, and until when.

A version is locked by its bucket's default retention, or by a retention and a legal hold that it was given since; an upload that brings its
own is refused. A lock keeps the version: a delete without a version's ID hides it behind a marker, as without a lock.

Source: S3 user guide, "Locking objects with Object Lock", "Object Lock considerations" [A]; error texts [K].
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bucketpass.sandbox.objects.call import ObjectCall, existing, timestamp
from bucketpass.sandbox.objects.model import ObjectVersion, Retention
from bucketpass.sandbox.objects.xml import malformed_xml, parse_body, text_of, xml_response
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest, ServerResponse
from bucketpass.wire.xml import text

__all__ = [
    "check_bypass",
    "check_checksum",
    "check_unlocked",
    "default_retention",
    "get_object_legal_hold",
    "get_object_retention",
    "put_object_legal_hold",
    "put_object_retention",
]

BYPASS = "x-amz-bypass-governance-retention"


def default_retention(bucket: StoredBucket, now: datetime) -> Retention | None:
    """What a version that is written now is locked with."""
    lock = bucket.object_lock
    return Retention(lock.mode, now + lock.period) if lock is not None and lock.mode else None


def check_bypass(call: ObjectCall) -> None:
    """Raise AwsError where a lock is to be bypassed in a bucket without locks."""
    if BYPASS in call.request.fields and call.bucket.object_lock is None:
        details = (("ArgumentName", BYPASS), ("ArgumentValue", call.request.header(BYPASS)))
        raise AwsError("InvalidArgument", f"{BYPASS} is only applicable to Object Lock enabled buckets.", details=details)


def check_unlocked(version: ObjectVersion | None, request: ServerRequest, now: datetime) -> None:
    """The version may be deleted for good. Raises AwsError. That the caller may bypass governance, the guard has seen to."""
    if version is not None and version.legal_hold:
        raise _protected()
    _check_retention(version.retention if version is not None else None, request, now)


def _check_retention(retention: Retention | None, request: ServerRequest, now: datetime) -> None:
    bypassed = retention is not None and retention.mode == "GOVERNANCE" and request.header(BYPASS).lower() == "true"
    if retention is not None and now < retention.until and not bypassed:
        raise _protected()


def _protected() -> AwsError:
    return AwsError("AccessDenied", "Access Denied because object protected by object lock.", 403)


def check_checksum(new: ObjectVersion, request: ServerRequest) -> None:
    """What is locked from its first moment was sent with a checksum. Raises AwsError."""
    sent = {"content-md5", "x-amz-trailer", "x-amz-sdk-checksum-algorithm"} & request.fields.keys()
    if new.retention is not None and not sent and not any(name.startswith("x-amz-checksum-") for name in request.fields):
        message = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
        raise AwsError("InvalidRequest", message)


def get_object_retention(call: ObjectCall) -> ServerResponse:
    """The mode and the end of the version's lock."""
    retention = _lockable(call).retention
    if retention is None:
        raise _not_locked()
    return xml_response("Retention", text("Mode", retention.mode), text("RetainUntilDate", timestamp(retention.until)))


def put_object_retention(call: ObjectCall) -> ServerResponse:
    """The version has this retention. Raises AwsError where that would give up a part of the one that it has."""
    version, body = _lockable(call), parse_body(call.payload.read_setting(), "Retention")
    mode, until = text_of(body, "Mode"), text_of(body, "RetainUntilDate")
    if (mode is None) is not (until is None) or mode not in {None, "GOVERNANCE", "COMPLIANCE"}:
        raise malformed_xml()
    wanted = None if mode is None or until is None else Retention(mode, _moment(until))
    if wanted is not None and wanted.until <= call.now:
        raise AwsError("InvalidArgument", "The retain until date must be in the future!")
    had = version.retention
    if wanted is None or had is None or wanted.mode != had.mode or wanted.until < had.until:
        _check_retention(had, call.request, call.now)
    call.store.change(version, replace(version, retention=wanted))
    return ServerResponse(200, [])


def get_object_legal_hold(call: ObjectCall) -> ServerResponse:
    """Whether the version is held."""
    held = _lockable(call).legal_hold
    if held is None:
        raise _not_locked()
    return xml_response("LegalHold", text("Status", "ON" if held else "OFF"))


def put_object_legal_hold(call: ObjectCall) -> ServerResponse:
    """The version is held until it is no longer: nobody deletes it, whatever its retention is."""
    version, status = _lockable(call), text_of(parse_body(call.payload.read_setting(), "LegalHold"), "Status")
    if status not in {"ON", "OFF"}:
        raise malformed_xml()
    call.store.change(version, replace(version, legal_hold=status == "ON"))
    return ServerResponse(200, [])


def _lockable(call: ObjectCall) -> ObjectVersion:
    version = existing(call)
    if call.bucket.object_lock is None:
        raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration")
    return version


def _not_locked() -> AwsError:
    return AwsError("NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration", 404)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise malformed_xml() from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
