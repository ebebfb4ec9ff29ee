"""What an operation on objects is given: everything is authorized, nothing is performed yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from bucketpass.requests.s3 import S3Call
from bucketpass.sandbox.locate import Located
from bucketpass.sandbox.objects.model import NULL_VERSION, Encryption, ObjectVersion
from bucketpass.sandbox.objects.store import ObjectStore
from bucketpass.sandbox.payload import Payload
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest, http_date

__all__ = ["NONE_REFUSED", "DeleteMarkerFound", "ObjectCall", "existing", "timestamp", "version_for"]


NONE_REFUSED: Mapping[int, AwsError] = MappingProxyType({})


class ObjectCall(NamedTuple):
    """One call on objects, authorized and not performed yet. `refused`: the errors of the keys of DeleteObjects, by position.

    make_payload: returns the decoded body, the same each time; reads never ask for it.
    """

    store: ObjectStore
    request: ServerRequest
    call: S3Call
    bucket: StoredBucket
    located: Located
    make_payload: Callable[[], Payload]
    now: datetime
    signed: bool = True
    quiet: bool = False
    refused: Mapping[int, AwsError] = NONE_REFUSED

    @property
    def payload(self) -> Payload:
        """The decoded body. Raises AwsError."""
        return self.make_payload()

    @property
    def key(self) -> str:
        """The object's key."""
        return self.call.key

    @property
    def found(self) -> ObjectVersion | None:
        """The object that the call names, None where it does not exist."""
        return self.located.found

    @property
    def source(self) -> ObjectVersion | None:
        """The object that the call copies, None where it does not exist."""
        return self.located.source

    @property
    def encryption(self) -> Encryption:
        """The encryption of the object that is read or will be written."""
        return self.located.encryption

    @property
    def versioned(self) -> bool:
        """The bucket keeps versions, or did."""
        return self.bucket.versioning is not None


class DeleteMarkerFound(AwsError):
    """What is there is a delete marker: the answer's headers say so."""

    def __init__(self, marker: ObjectVersion, *, named: bool) -> None:
        if named:
            details = (("Method", "GET"), ("ResourceType", "DeleteMarker"))
            super().__init__("MethodNotAllowed", "The specified method is not allowed against this resource.", 405, details)
            self.headers = [("Allow", "DELETE"), ("Last-Modified", http_date(int(marker.modified.timestamp())))]
        else:
            super().__init__("NoSuchKey", "The specified key does not exist.", 404, (("Key", marker.key),))
            self.headers = []
        self.headers += [("x-amz-delete-marker", "true"), ("x-amz-version-id", marker.version_id)]


def existing(call: ObjectCall) -> ObjectVersion:
    """The object that the call names. Raises AwsError where it is not there or is a delete marker."""
    named = call.request.parameters.get("versionId")
    if call.found is None:
        if named is not None:
            details = (("Key", call.key), ("VersionId", named))
            raise AwsError("NoSuchVersion", "The specified version does not exist.", 404, details)
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404, (("Key", call.key),))
    if call.found.is_delete_marker:
        raise DeleteMarkerFound(call.found, named=named is not None)
    return call.found


def version_for(bucket: StoredBucket, new_id: str) -> str:
    """The version that a new object gets: one of its own only where the bucket keeps versions."""
    return new_id if bucket.versioning == "Enabled" else NULL_VERSION


def timestamp(moment: datetime) -> str:
    """A time as S3's XML has it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
