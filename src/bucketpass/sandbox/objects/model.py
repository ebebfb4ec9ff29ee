"""Objects, their versions, and uploads on their way, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["NULL_VERSION", "SSE_S3", "Checksum", "Encryption", "ObjectVersion", "Retention", "Segment", "Upload", "UploadedPart"]

NULL_VERSION = "null"
"""The version that objects have while their bucket is not versioned."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Some of an object's bytes: in `data`, or in the file of that name."""

    size: int
    data: bytes | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Checksum:
    """A checksum as S3 names it: `CRC32`, its value in base64, and whether it is of the whole object or of its parts."""

    algorithm: str
    value: str
    type: str = "FULL_OBJECT"


@dataclass(frozen=True, slots=True)
class Encryption:
    """How an object is said to be encrypted. `key_arn` is None for SSE-S3; `dsse`: with two layers, and without a bucket key."""

    key_arn: str | None = None
    bucket_key: bool = False
    dsse: bool = False


SSE_S3 = Encryption()


@dataclass(frozen=True, slots=True)
class Retention:
    """An Object Lock: GOVERNANCE or COMPLIANCE, and the moment at which it ends."""

    mode: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of an object, or a delete marker. `headers` are those that a GET gives back, `metadata` without its prefix.

    part_checksums: those of the parts, where the object's checksum is made of them. legal_hold: None where nobody has set it.
    """

    bucket: str
    key: str
    version_id: str
    modified: datetime
    size: int = 0
    etag: str = ""
    segments: tuple[Segment, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    encryption: Encryption = SSE_S3
    checksum: Checksum | None = None
    part_sizes: tuple[int, ...] = ()
    part_checksums: tuple[str, ...] = ()
    storage_class: str = "STANDARD"
    retention: Retention | None = None
    legal_hold: bool | None = None
    is_delete_marker: bool = False
    latest: bool = True


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload that is not complete. Its object will be as `template` says.

    encryption_headers: those that it was created with, on which policies are evaluated for every part.
    """

    id: str
    template: ObjectVersion
    initiated: datetime
    checksum_algorithm: str | None = None
    checksum_type: str = "COMPOSITE"
    encryption_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """One part of an upload. `md5` is of the part's bytes, in hex."""

    number: int
    size: int
    md5: str
    modified: datetime
    segment: Segment
    checksum: Checksum | None = None
