"""What an S3 call is on: its bucket and object, a copy's source, a part's upload, and the keys behind them; read once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bucketpass.requests.s3 import ObjectFacts, S3Call, S3Target
from bucketpass.sandbox.keys import MANAGED_ALIAS, chosen_encryption
from bucketpass.sandbox.objects.model import SSE_S3, Encryption, ObjectVersion
from bucketpass.sandbox.objects.store import ObjectStore
from bucketpass.sandbox.state import State
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest

__all__ = ["CREATING", "Located", "Locator"]

CREATING = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
_IN_UPLOAD = frozenset({"UploadPart", "UploadPartCopy", "CompleteMultipartUpload"})
NO_TARGET = S3Target()
_WITHOUT_BUCKET = frozenset({"CreateBucket", "ListBuckets"})
# A caller that may not list the bucket does not learn from these that an object does not exist.
_READS = ("GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging", "GetObjectAcl", "GetObjectRetention", "GetObjectLegalHold")
_READING = frozenset((*_READS, "PutObjectTagging", "DeleteObjectTagging", "PutObjectRetention", "PutObjectLegalHold"))


class Located(NamedTuple):
    """What a call is on. `bucket` None: one that is to be created, or none; `found`, `source` None: they do not exist.

    `encryption` is that of the object which is read or will be written.
    """

    bucket: StoredBucket | None
    found: ObjectVersion | None = None
    encryption: Encryption = SSE_S3
    source: ObjectVersion | None = None
    target: S3Target = NO_TARGET

    def missing(self, call: S3Call) -> Iterator[tuple[str, str]]:
        """The bucket and key of each object that the call reads and that does not exist."""
        if call.operation in _READING and _is_missing(self.found):
            yield call.bucket, call.key
        if call.source is not None and _is_missing(self.source):
            yield call.source.bucket, call.source.key


class Locator:
    """Finds what calls are on."""

    def __init__(self, state: State, objects: ObjectStore) -> None:
        self._state = state
        self._objects = objects

    def locate(self, call: S3Call, request: ServerRequest) -> Located:
        """Return the resource of the call. Raises AwsError if the bucket does not exist, or its owner is not the expected one."""
        state = self._state
        bucket = state.bucket(call.bucket) if call.bucket else None
        if bucket is None and call.operation not in _WITHOUT_BUCKET:
            raise _no_such_bucket(call.bucket)
        source, source_account = None, ""
        if call.source is not None:
            source_bucket = state.bucket(call.source.bucket)
            if source_bucket is None:
                raise _no_such_bucket(call.source.bucket)
            source_account = source_bucket.account
            source = self._objects.find(call.source.bucket, call.source.key, call.source.version_id)
        if bucket is not None and call.headers.get("x-amz-expected-bucket-owner", bucket.account) != bucket.account:
            raise AwsError("AccessDenied", "Access Denied", 403)
        if bucket is None or call.operation == "CreateBucket":
            # A bucket that is to be made would be the caller's own.
            return Located(bucket, target=S3Target())
        state = state.of(bucket.account, bucket.region)
        found = self._objects.find(bucket.name, call.key, call.version_id) if call.key else None
        upload = self._objects.upload(bucket.name, call.key, call.parameters.get("uploadId", "")) if call.operation in _IN_UPLOAD else None
        if call.operation in CREATING:
            encryption = chosen_encryption(state, bucket, request)
        elif call.operation in _IN_UPLOAD:
            encryption = upload.template.encryption if upload is not None else SSE_S3
        else:
            encryption = found.encryption if found is not None else SSE_S3
        target = S3Target(
            bucket.account,
            _facts(found, encryption),
            _facts(source, source.encryption) if source is not None else ObjectFacts(),
            source_account,
            upload.encryption_headers if upload is not None else {},
        )
        return Located(bucket, found, encryption, source, target)


def _facts(found: ObjectVersion | None, encryption: Encryption) -> ObjectFacts:
    arn = encryption.key_arn
    kms_key = None if arn is None or arn.endswith(MANAGED_ALIAS) else arn
    return ObjectFacts(found.tags if found is not None else {}, kms_key, encryption.bucket_key)


def _is_missing(found: ObjectVersion | None) -> bool:
    return found is None or found.is_delete_marker


def _no_such_bucket(name: str) -> AwsError:
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404, (("BucketName", name),))
