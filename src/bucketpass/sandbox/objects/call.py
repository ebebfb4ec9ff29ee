"""What an operation on objects is given: everything has been judged, nothing has been done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bucketpass.sandbox.address import S3Address
from bucketpass.sandbox.objects.model import NULL_VERSION, Encryption, ObjectVersion
from bucketpass.sandbox.objects.store import ObjectStore
from bucketpass.sandbox.payload import Payload
from bucketpass.sandbox.state import Bucket
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest

__all__ = ["Call", "existing", "timestamp", "version_for"]


@dataclass(frozen=True, slots=True)
class Call:
    """One operation. `found` is the object that it names and `source` the one it copies, None where they are not there."""

    store: ObjectStore
    request: ServerRequest
    address: S3Address
    bucket: Bucket
    payload: Payload
    now: datetime
    encryption: Encryption
    found: ObjectVersion | None = None
    source: ObjectVersion | None = None
    signed: bool = True

    @property
    def key(self) -> str:
        """The object's key."""
        return self.address.key

    @property
    def versioned(self) -> bool:
        """The bucket keeps versions, or did."""
        return self.bucket.versioning is not None


def existing(call: Call) -> ObjectVersion:
    """The object that the call names. Raises AwsError where it is not there or is a delete marker."""
    named = call.request.parameters.get("versionId")
    if call.found is None:
        if named is not None:
            raise AwsError("NoSuchVersion", "The specified version does not exist.", 404)
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404, (("Key", call.key),))
    if call.found.is_delete_marker:
        if named is not None:
            raise AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404, (("Key", call.key),))
    return call.found


def version_for(bucket: Bucket, new_id: str) -> str:
    """The version that a new object gets: one of its own only where the bucket keeps versions."""
    return new_id if bucket.versioning == "Enabled" else NULL_VERSION


def timestamp(moment: datetime) -> str:
    """A time as S3's XML has it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
