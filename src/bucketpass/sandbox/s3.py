"""S3: each request is understood, found out about, judged, and only then done.

What is not in the two tables (operations on objects here, on buckets in `buckets`) is refused: the sandbox answers nothing
that it cannot decide.
"""

from __future__ import annotations

from collections.abc import Callable

from bucketpass.clock import Clock
from bucketpass.sandbox.address import CopySource, S3Address, copy_source, parse_address
from bucketpass.sandbox.buckets import Buckets
from bucketpass.sandbox.context import Asked
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.judge import Judge
from bucketpass.sandbox.keys import chosen_encryption
from bucketpass.sandbox.needs import Guard, Subject
from bucketpass.sandbox.objects import listing, locking, multipart, reading, tagging, writing
from bucketpass.sandbox.objects.call import Call, existing
from bucketpass.sandbox.objects.model import SSE_S3, ObjectVersion
from bucketpass.sandbox.objects.store import ObjectStore
from bucketpass.sandbox.payload import Payload
from bucketpass.sandbox.state import Bucket, State
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest, ServerResponse

__all__ = ["S3"]


def _get_object(call: Call) -> ServerResponse:
    return reading.get_object(call.store, call.request, existing(call), versioned=call.versioned, signed=call.signed)


def _no_acl(call: Call) -> ServerResponse:
    if call.bucket.owner_enforced:
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
    raise AwsError("NotImplemented", "The sandbox does not decide by ACLs: grant with a bucket policy", 501)


OPERATIONS: dict[str, Callable[[Call], ServerResponse]] = {
    "GetObject": _get_object,
    "HeadObject": _get_object,
    "GetObjectAttributes": tagging.get_object_attributes,
    "PutObject": writing.put_object,
    "CopyObject": writing.copy_object,
    "DeleteObject": writing.delete_object,
    "ListObjects": listing.list_objects,
    "ListObjectsV2": listing.list_objects_v2,
    "ListObjectVersions": listing.list_versions,
    "CreateMultipartUpload": multipart.create_multipart_upload,
    "UploadPart": multipart.upload_part,
    "UploadPartCopy": multipart.upload_part_copy,
    "CompleteMultipartUpload": multipart.complete_multipart_upload,
    "AbortMultipartUpload": multipart.abort_multipart_upload,
    "ListParts": multipart.list_parts,
    "ListMultipartUploads": multipart.list_multipart_uploads,
    "GetObjectTagging": tagging.get_object_tagging,
    "PutObjectTagging": tagging.put_object_tagging,
    "DeleteObjectTagging": tagging.delete_object_tagging,
    "GetObjectAcl": tagging.get_object_acl,
    "GetObjectRetention": locking.get_object_retention,
    "PutObjectAcl": _no_acl,
}
_READING = frozenset(
    {
        "GetObject",
        "HeadObject",
        "GetObjectAttributes",
        "GetObjectTagging",
        "PutObjectTagging",
        "DeleteObjectTagging",
        "GetObjectAcl",
        "GetObjectRetention",
    }
)
_CREATING = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
_IN_UPLOAD = frozenset({"UploadPart", "UploadPartCopy", "CompleteMultipartUpload"})
MAX_ATTEMPTS = 3
_LOCK_HEADERS = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold")


class S3:
    """S3 of one account: `objects` holds the objects, moto the buckets' settings."""

    def __init__(self, state: State, objects: ObjectStore, judge: Judge, clock: Clock) -> None:
        self._state = state
        self._objects = objects
        self._clock = clock
        self._guard = Guard(state, judge, clock)
        self._buckets = Buckets(state, objects)

    def answer(self, exchange: Exchange, payload: Callable[[bool], Payload]) -> ServerResponse:
        """S3's answer. `payload(checksum_is_of_body)` gives the decoded body. Raises AwsError."""
        for _ in range(MAX_ATTEMPTS):
            try:
                return self._answer(exchange, payload)
            except FileNotFoundError:
                # The object was overwritten after it was found: whoever reads or copies it is judged anew by what is there now.
                exchange.judgements.clear()
        raise AwsError("SlowDown", "Please reduce your request rate.", 503)

    def _answer(self, exchange: Exchange, payload: Callable[[bool], Payload]) -> ServerResponse:
        request = exchange.request
        address = parse_address(request)
        name = exchange.operation = address.operation.name
        if name not in OPERATIONS and name != "DeleteObjects" and not self._buckets.knows(name):
            raise AwsError("NotImplemented", f"The sandbox does not have {name}", 501)
        bucket = self._state.bucket(address.bucket) if address.bucket else None
        if bucket is None and name not in ("CreateBucket", "ListBuckets"):
            raise _no_such_bucket(address.bucket)
        subject = self._subject(request, address, bucket)
        if exchange.request.header("x-amz-expected-bucket-owner", self._state.account) != self._state.account:
            raise AwsError("AccessDenied", "Access Denied", 403)
        self._guard.require(exchange, subject)
        if bucket is None or name not in (*OPERATIONS, "DeleteObjects"):
            return self._buckets.answer(exchange, address, bucket, payload(True).read_setting())
        self._hide_missing(exchange, subject, bucket)
        _check_headers(request, bucket, name)
        call = Call(
            self._objects,
            request,
            address,
            bucket,
            payload(name != "CompleteMultipartUpload"),
            self._clock.now(),
            subject.encryption,
            subject.found,
            subject.source,
            exchange.signature is not None,
        )
        return self._delete_objects(exchange, call) if name == "DeleteObjects" else OPERATIONS[name](call)

    def _subject(self, request: ServerRequest, address: S3Address, bucket: Bucket | None) -> Subject:
        """Everything that the decisions are about."""
        if bucket is None:
            return Subject(address, None)
        name, key = address.operation.name, address.key
        found = self._objects.find(bucket.name, key, request.parameters.get("versionId")) if key else None
        source_name = copy_source(request) if name in ("CopyObject", "UploadPartCopy") else None
        source_bucket = self._state.bucket(source_name.bucket) if source_name else None
        source = None
        if source_name is not None:
            if source_bucket is None:
                raise _no_such_bucket(source_name.bucket)
            source = self._objects.find(source_name.bucket, source_name.key, source_name.version_id)
        encryption = found.encryption if found is not None else SSE_S3
        if name in _CREATING:
            encryption = chosen_encryption(self._state, bucket, request)
        elif name in _IN_UPLOAD:
            upload = self._objects.upload(bucket.name, key, request.parameters.get("uploadId", ""))
            encryption = upload.template.encryption if upload else SSE_S3
        return Subject(address, bucket, found, encryption, source, source_name, source_bucket)

    def _hide_missing(self, exchange: Exchange, subject: Subject, bucket: Bucket) -> None:
        """Only who may list a bucket learns that a key is not there; others are refused [K]."""
        if subject.address.operation.name in _READING and _is_missing(subject.found):
            self._guard.require_listing(exchange, bucket)
        if subject.source_name is not None and subject.source_bucket is not None and _is_missing(subject.source):
            self._guard.require_listing(exchange, subject.source_bucket)
            raise _no_such_source(subject.source_name)

    def _delete_objects(self, exchange: Exchange, call: Call) -> ServerResponse:
        request = exchange.request
        checked = "content-md5" in request.fields or "x-amz-trailer" in request.fields
        if not checked and not any(header.startswith("x-amz-checksum-") for header in request.fields):
            raise AwsError("InvalidRequest", "Missing required header for this request: Content-MD5 or x-amz-checksum-*")
        entries, quiet = writing.delete_entries(call.payload.read_setting())
        refused: dict[int, AwsError] = {}
        for position, entry in enumerate(entries):
            found = self._objects.find(call.bucket.name, entry.key, entry.version_id)
            error = self._guard.refused_key(exchange, call.bucket, entry.key, Asked(found, entry.version_id))
            if error is not None:
                refused[position] = error
        return writing.delete_objects(call, entries, refused, quiet=quiet)


def _is_missing(found: ObjectVersion | None) -> bool:
    return found is None or found.is_delete_marker


def _check_headers(request: ServerRequest, bucket: Bucket, operation: str) -> None:
    """Headers that the sandbox cannot honour are refused, not ignored."""
    if operation not in _CREATING:
        return
    if any(name in request.fields for name in _LOCK_HEADERS):
        if bucket.object_lock is None:
            raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration")
        raise AwsError("NotImplemented", "The sandbox locks objects by their bucket's default retention only", 501)
    acl = request.header("x-amz-acl", "bucket-owner-full-control")
    grants = any(name.startswith("x-amz-grant-") for name in request.fields)
    if acl != "bucket-owner-full-control" or grants:
        if bucket.owner_enforced:
            raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
        if acl.startswith("public-") and bucket.block_public_acls:
            raise AwsError("AccessDenied", "Access Denied", 403)
        if acl not in ("private", "bucket-owner-full-control") or grants:
            raise AwsError("NotImplemented", "The sandbox does not decide by ACLs: grant with a bucket policy", 501)


def _no_such_bucket(name: str) -> AwsError:
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404, (("BucketName", name),))


def _no_such_source(source: CopySource) -> AwsError:
    if source.version_id is not None:
        return AwsError("NoSuchVersion", "The specified version does not exist.", 404)
    return AwsError("NoSuchKey", "The specified key does not exist.", 404, (("Key", source.key),))
