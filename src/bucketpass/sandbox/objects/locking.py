"""Object Lock: what keeps a version from being deleted, and until when.

Here a version is locked by its bucket's default retention alone; retention of its own and legal holds are refused where they are
asked for. A lock keeps the version: a delete without a version's ID hides it behind a marker, as without a lock.

Source: S3 user guide, "Locking objects with Object Lock", "Object Lock considerations" [A]; error texts [K].
"""

from __future__ import annotations

from datetime import datetime

from bucketpass.sandbox.objects.call import ObjectCall, existing, timestamp
from bucketpass.sandbox.objects.model import ObjectVersion, Retention
from bucketpass.sandbox.objects.xml import xml_response
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest, ServerResponse
from bucketpass.wire.xml import text

__all__ = ["check_bypass", "check_checksum", "check_unlocked", "default_retention", "get_object_retention"]

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
    retention = version.retention if version is not None else None
    if retention is None or now >= retention.until:
        return
    if retention.mode == "GOVERNANCE" and request.header(BYPASS).lower() == "true":
        return
    raise AwsError("AccessDenied", "Access Denied because object protected by object lock.", 403)


def check_checksum(new: ObjectVersion, request: ServerRequest) -> None:
    """What is locked from its first moment was sent with a checksum. Raises AwsError."""
    sent = {"content-md5", "x-amz-trailer", "x-amz-sdk-checksum-algorithm"} & request.fields.keys()
    if new.retention is not None and not sent and not any(name.startswith("x-amz-checksum-") for name in request.fields):
        message = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
        raise AwsError("InvalidRequest", message)


def get_object_retention(call: ObjectCall) -> ServerResponse:
    """The mode and the end of the version's lock."""
    retention = existing(call).retention
    if call.bucket.object_lock is None:
        raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration")
    if retention is None:
        raise AwsError("NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration", 404)
    return xml_response("Retention", text("Mode", retention.mode), text("RetainUntilDate", timestamp(retention.until)))
