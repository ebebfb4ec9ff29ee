"""Settings of a bucket that moto does not take as S3 does: log and Object Lock, and those that are only kept (`kept_settings`).

The log's target is kept, and no log is written. Object Lock is kept and holds: see `bucketpass.sandbox.objects.locking`.

Source: S3 API reference, PutBucketLogging, PutObjectLockConfiguration; user guide, "Locking objects with Object Lock" [A]; error
texts [K].
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bucketpass.digits import whole_number
from bucketpass.sandbox import kept_settings
from bucketpass.sandbox.objects.xml import malformed_xml, parse_body, text_of, xml_response
from bucketpass.sandbox.state import State
from bucketpass.sandbox.stored_bucket import LogTarget, StoredBucket, StoredObjectLock
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import element, text

__all__ = ["READ", "WRITTEN"]

MAX_LOCK = timedelta(days=36_500)


def _get_logging(bucket: StoredBucket) -> ServerResponse:
    target = bucket.log_target
    enabled = element("LoggingEnabled", text("TargetBucket", target.bucket), text("TargetPrefix", target.prefix)) if target else ""
    return xml_response("BucketLoggingStatus", enabled)


def _put_logging(state: State, bucket: StoredBucket, body: bytes) -> ServerResponse:
    enabled = parse_body(body, "BucketLoggingStatus").find("LoggingEnabled")
    if enabled is None:
        state.set_log_target(bucket.name, None)
        return ServerResponse(200)
    target = text_of(enabled, "TargetBucket")
    if not target:
        raise malformed_xml()
    if enabled.find("TargetGrants") is not None or enabled.find("TargetObjectKeyFormat") is not None:
        raise AwsError("NotImplemented", "The sandbox keeps the log's bucket and prefix only", 501)
    if state.bucket(target) is None:
        raise AwsError(
            "InvalidTargetBucketForLogging", "The target bucket for logging does not exist.", details=(("TargetBucket", target),)
        )
    state.set_log_target(bucket.name, LogTarget(target, text_of(enabled, "TargetPrefix") or ""))
    return ServerResponse(200)


def _get_lock(bucket: StoredBucket) -> ServerResponse:
    lock = bucket.object_lock
    if lock is None:
        message = "Object Lock configuration does not exist for this bucket"
        raise AwsError("ObjectLockConfigurationNotFoundError", message, 404, (("BucketName", bucket.name),))
    period = text("Days", lock.days or None) + text("Years", lock.years or None)
    rule = element("Rule", element("DefaultRetention", text("Mode", lock.mode), period)) if lock.mode else ""
    return xml_response("ObjectLockConfiguration", text("ObjectLockEnabled", "Enabled"), rule)


def _put_lock(state: State, bucket: StoredBucket, body: bytes) -> ServerResponse:
    root = parse_body(body, "ObjectLockConfiguration")
    if text_of(root, "ObjectLockEnabled") != "Enabled":
        raise malformed_xml()
    if bucket.versioning != "Enabled":
        raise AwsError("InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration", 409)
    retention = rule.find("DefaultRetention") if (rule := root.find("Rule")) is not None else None
    if retention is None:
        state.set_object_lock(bucket.name, StoredObjectLock())
        return ServerResponse(200)
    mode, days, years = (text_of(retention, name) for name in ("Mode", "Days", "Years"))
    if mode not in ("GOVERNANCE", "COMPLIANCE") or (days is None) == (years is None):
        raise malformed_xml()
    lock = StoredObjectLock(mode, _number(days), _number(years))
    if not timedelta() < lock.period <= MAX_LOCK:
        raise AwsError("InvalidArgument", "Default retention period must be a positive integer value of at most 36500 days or 100 years.")
    state.set_object_lock(bucket.name, lock)
    return ServerResponse(200)


def _number(written: str | None) -> int:
    if written is None:
        return 0
    number = whole_number(written, 999_999)
    if number is None:
        raise malformed_xml()
    return number


READ: dict[str, Callable[[StoredBucket], ServerResponse]] = {
    **kept_settings.READ,
    "GetBucketLogging": _get_logging,
    "GetObjectLockConfiguration": _get_lock,
}
WRITTEN: dict[str, Callable[[State, StoredBucket, bytes], ServerResponse]] = {
    **kept_settings.WRITTEN,
    "PutBucketLogging": _put_logging,
    "PutObjectLockConfiguration": _put_lock,
}
