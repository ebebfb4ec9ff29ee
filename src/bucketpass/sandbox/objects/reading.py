"""GetObject, HeadObject and GetObjectAttributes: bytes, ranges, preconditions and what the headers say of them.

Source: S3 API reference of these operations; RFC 9110 sections 13 (preconditions) and 14 (ranges).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain

from bucketpass.digits import whole_number
from bucketpass.requests.s3 import DSSE
from bucketpass.sandbox.objects.call import ObjectCall, existing
from bucketpass.sandbox.objects.model import ObjectVersion
from bucketpass.sandbox.objects.store import ObjectStore
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest, ServerResponse, http_date

__all__ = [
    "ARCHIVED",
    "check_conditions",
    "check_not_archived",
    "encryption_headers",
    "get_object",
    "object_headers",
    "precondition_failed",
]

MAX_PARTS = 10_000
# Storage classes whose objects have to be restored before they can be read.
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})

_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
# The headers of preconditions, by what they start with: those about a copy's source have names of their own.
_CONDITIONS = {
    prefix: frozenset(f"{prefix}if-{name}" for name in ("match", "none-match", "modified-since", "unmodified-since"))
    for prefix in ("", "x-amz-copy-source-")
}
_OVERRIDES = {
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-content-language": "Content-Language",
    "response-content-type": "Content-Type",
    "response-expires": "Expires",
}


def get_object(call: ObjectCall) -> ServerResponse:
    """The object, or the part of it that is asked for; of a HEAD request only what the headers say."""
    store, request, found = call.store, call.request, existing(call)
    check_conditions(call, found)
    if request.method != "HEAD":
        check_not_archived(found)
    asked = request.parameters
    overrides = [(header, _header_value(name, asked[name])) for name, header in _OVERRIDES.items() if name in asked] if asked else []
    if overrides and not call.signed:
        raise AwsError("InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests.")
    start, end, part, partial = _extent(request, found)
    headers = object_headers(found, versioned=call.versioned)
    if overrides:
        replaced = {header.lower() for header, _ in overrides}
        headers = [pair for pair in headers if pair[0].lower() not in replaced] + overrides
    if partial:
        headers.append(("Content-Range", f"bytes {start}-{end - 1}/{found.size}"))
    if part is not None and found.part_sizes:
        headers.append(("x-amz-mp-parts-count", str(len(found.part_sizes))))
    if found.checksum and request.header("x-amz-checksum-mode").upper() == "ENABLED" and (not partial or part is not None):
        headers.append((f"x-amz-checksum-{found.checksum.algorithm.lower()}", found.checksum.value))
        headers.append(("x-amz-checksum-type", found.checksum.type))
    headers.append(("Content-Length", str(end - start)))
    status = 206 if partial else 200
    if request.method == "HEAD":
        return ServerResponse(status, headers)
    inline = found.segments[0].data if len(found.segments) == 1 else None
    if inline is not None:
        return ServerResponse(status, headers, inline[start:end])
    return ServerResponse(status, headers, _opened(store, found, start, end))


def _header_value(parameter: str, value: str) -> str:
    """Return the value of a response-... parameter. Raises AwsError where no header can hold it."""
    if not _HEADER_VALUE.fullmatch(value):
        details = (("ArgumentName", parameter), ("ArgumentValue", value))
        raise AwsError("InvalidArgument", "Header value cannot be represented using ISO-8859-1.", details=details)
    return value


def check_not_archived(found: ObjectVersion) -> None:
    """Raise AwsError for an object whose bytes would have to be restored first; the sandbox restores none."""
    if found.storage_class in ARCHIVED:
        message = "The operation is not valid for the object's storage class"
        raise AwsError("InvalidObjectState", message, 403, (("StorageClass", found.storage_class),))


def precondition_failed(condition: str) -> AwsError:
    """What S3 says where the condition of this header does not hold."""
    message = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", message, 412, (("Condition", condition),))


def _opened(store: ObjectStore, found: ObjectVersion, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` to `end`; the files are open before the answer starts, so that a vanished object is an error."""
    blocks = store.bodies.read(found, start, end)
    return chain((next(blocks, b""),), blocks)


def object_headers(found: ObjectVersion, *, versioned: bool) -> list[tuple[str, str]]:
    """What a GET or HEAD says of the object."""
    headers = [
        ("Last-Modified", http_date(int(found.modified.timestamp()))),
        ("ETag", f'"{found.etag}"'),
        ("Accept-Ranges", "bytes"),
        *((name, value) for name, value in found.headers.items()),
        *((f"x-amz-meta-{name}", value) for name, value in found.metadata.items()),
        *encryption_headers(found),
    ]
    if versioned:
        headers.append(("x-amz-version-id", found.version_id))
    if found.tags:
        headers.append(("x-amz-tagging-count", str(len(found.tags))))
    if found.storage_class != "STANDARD":
        headers.append(("x-amz-storage-class", found.storage_class))
    return headers


def encryption_headers(found: ObjectVersion) -> list[tuple[str, str]]:
    """How the object is said to be encrypted."""
    if found.encryption.key_arn is None:
        return [("x-amz-server-side-encryption", "AES256")]
    headers = [
        ("x-amz-server-side-encryption", DSSE if found.encryption.dsse else "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", found.encryption.key_arn),
    ]
    if found.encryption.bucket_key:
        headers.append(("x-amz-server-side-encryption-bucket-key-enabled", "true"))
    return headers


def _extent(request: ServerRequest, found: ObjectVersion) -> tuple[int, int, int | None, bool]:
    """From where to where, the part's number where one is named, and whether it is a part of the object at all."""
    number, text = request.parameters.get("partNumber"), request.header("range").strip()
    if number is not None:
        if text:
            raise AwsError("InvalidRequest", "Cannot specify both Range header and partNumber query parameter.")
        part = whole_number(number, MAX_PARTS)
        if not part:
            raise AwsError("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
        sizes = found.part_sizes or (found.size,)
        if part > len(sizes):
            details = (("ActualPartCount", str(len(sizes))), ("PartNumberRequested", str(part)))
            raise AwsError("InvalidPartNumber", "The requested partnumber is not satisfiable", 416, details)
        start = sum(sizes[: part - 1])
        return start, start + sizes[part - 1], part, True
    if not text:
        return 0, found.size, None, False
    match = _RANGE.fullmatch(text)
    if match is None or match[0] == "bytes=-" or (match[1] and match[2] and int(match[1]) > int(match[2])):
        return 0, found.size, None, False  # RFC 9110: a range that makes no sense is as none
    if not match[1]:
        start, end = max(0, found.size - int(match[2])), found.size
    else:
        start, end = int(match[1]), min(found.size, int(match[2]) + 1 if match[2] else found.size)
    if start >= end:
        details = (("RangeRequested", text), ("ActualObjectSize", str(found.size)))
        raise AwsError("InvalidRange", "The requested range is not satisfiable", 416, details)
    return start, end, None, True


class NotModified(AwsError):
    """The client has this version already: 304, with no body."""

    def __init__(self, found: ObjectVersion) -> None:
        super().__init__("NotModified", "Not Modified", 304)
        self.headers = [("ETag", f'"{found.etag}"'), ("Last-Modified", http_date(int(found.modified.timestamp())))]


def check_conditions(call: ObjectCall, found: ObjectVersion | None, prefix: str = "", *, write: bool = False) -> None:
    """The preconditions hold of what is there. `prefix` is `x-amz-copy-source-` for those about a copy's source. Raises AwsError."""
    request = call.request
    if _CONDITIONS[prefix].isdisjoint(request.fields):
        return
    match, none_match = request.header(f"{prefix}if-match"), request.header(f"{prefix}if-none-match")
    since, unmodified = _date(request.header(f"{prefix}if-modified-since")), _date(request.header(f"{prefix}if-unmodified-since"))
    there = found is not None and not found.is_delete_marker
    if write:
        if match and not there:
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404, (("Key", call.key),))
        if none_match and none_match != "*":
            details = (("Header", "If-None-Match"),)
            raise AwsError("NotImplemented", "A header you provided implies functionality that is not implemented", 501, details)
        if match and not _names(match, found):
            raise precondition_failed("If-Match")
        if none_match and there:
            raise precondition_failed("If-None-Match")
        return
    assert found is not None  # noqa: S101 - for the type checker; a read has found its object
    modified = found.modified.replace(microsecond=0)
    # RFC 9110 section 13.2.2: an ETag that was compared makes the date beside it irrelevant.
    if match and not _names(match, found):
        raise precondition_failed(f"{prefix}If-Match")
    if not match and unmodified and modified > unmodified:
        raise precondition_failed(f"{prefix}If-Unmodified-Since")
    # RFC 9110 section 13.1.3: a date in the future is as none.
    since = None if since is not None and since > call.now else since
    unchanged = _names(none_match, found) if none_match else bool(since and modified <= since)
    if unchanged and prefix:
        raise precondition_failed(f"{prefix}If-None-Match" if none_match else f"{prefix}If-Modified-Since")
    if unchanged:
        raise NotModified(found)


def _names(etags: str, found: ObjectVersion | None) -> bool:
    named = [etag.strip().removeprefix("W/").strip('"') for etag in etags.split(",")]
    return found is not None and ("*" in named or found.etag in named)


def _date(text: str) -> datetime | None:
    with suppress(ValueError, TypeError):
        moment = parsedate_to_datetime(text) if text else None
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
