"""ListObjects, ListObjectsV2 and ListObjectVersions: keys in the order of their UTF-8 bytes, grouped by a delimiter.

A group (CommonPrefix) counts as one entry and is skipped over in the index, so that a listing costs what it shows.

Source: S3 API reference of these operations.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from bucketpass.digits import whole_number
from bucketpass.sandbox.objects.call import ObjectCall, timestamp
from bucketpass.sandbox.objects.model import ObjectVersion
from bucketpass.sandbox.objects.xml import owner, xml_response
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import element, text

__all__ = ["count_of", "list_objects", "list_objects_v2", "list_versions"]

MAX_KEYS = 1000
MAX_INTEGER = 2**31 - 1

Scan = Callable[[bytes], list[ObjectVersion]]


@dataclass(frozen=True, slots=True)
class _Page:
    """Entries in order: an object, or the text of a group. `last` is the key or group after which the next page starts."""

    entries: tuple[ObjectVersion | str, ...]
    truncated: bool

    @property
    def objects(self) -> tuple[ObjectVersion, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, ObjectVersion))

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, str))

    @property
    def last(self) -> str:
        """The key or group after which the next page starts."""
        if not self.entries:
            return ""
        entry = self.entries[-1]
        return entry if isinstance(entry, str) else entry.key


def _walk(scan: Scan, prefix: str, delimiter: str, start: bytes) -> Iterator[ObjectVersion | str]:
    """The entries from the key `start` on. `scan` gives the objects from a key on, a block at a time."""
    wanted = prefix.encode()
    position = max(start, wanted)
    while block := scan(position):
        for found in block:
            key = found.key.encode()
            if key < position:
                continue  # in a group that is listed
            if not key.startswith(wanted):
                return
            group, mark, _ = found.key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            if mark:
                common_prefix = prefix + group + mark
                yield common_prefix
                position = _after_prefix(common_prefix)
            else:
                yield found
                position = key + b"\0"


def _after_prefix(prefix: str) -> bytes:
    """The first key that no longer starts with `prefix`; UTF-8 has no byte 0xFF."""
    data = prefix.encode()
    return data[:-1] + bytes([data[-1] + 1])


def _after(marker: str, prefix: str, delimiter: str) -> bytes:
    """Where to go on after `marker`, which may be a group that is listed."""
    if not marker:
        return b""
    rest = marker[len(prefix) :] if marker.startswith(prefix) else ""
    grouped = bool(delimiter) and delimiter in rest
    return _after_prefix(prefix + rest.partition(delimiter)[0] + delimiter) if grouped else marker.encode() + b"\0"


def _page(call: ObjectCall, prefix: str, delimiter: str, start: bytes, limit: int) -> _Page:
    entries: list[ObjectVersion | str] = []

    def scan(position: bytes) -> list[ObjectVersion]:
        return call.store.scan(call.bucket.name, position, limit - len(entries) + 1)

    for entry in _walk(scan, prefix, delimiter, start):
        if len(entries) == limit:
            return _Page(tuple(entries), truncated=limit > 0)
        entries.append(entry)
    return _Page(tuple(entries), truncated=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters that all listings have."""

    prefix: str
    delimiter: str
    limit: int
    encode: Callable[[str], str]
    encoding: str | None


def count_of(written: str) -> int:
    """Return the number that a parameter or header of a listing gives. Raises AwsError."""
    number = whole_number(written, MAX_INTEGER)
    if number is None:
        raise AwsError("InvalidArgument", "A number in the request is not an integer or not within its range")
    return number


def _asked(call: ObjectCall) -> _Asked:
    given = call.request.parameters
    number = whole_number(given.get("max-keys", str(MAX_KEYS)), MAX_INTEGER)
    if number is None:
        raise AwsError("InvalidArgument", "Provided max-keys not an integer or within integer range")
    encoding = given.get("encoding-type") or None
    if encoding not in (None, "url"):
        raise AwsError("InvalidArgument", "Invalid Encoding Method specified in Request")
    encode = (lambda value: quote(value, safe="/")) if encoding else (lambda value: value)
    return _Asked(given.get("prefix", ""), given.get("delimiter", ""), min(number, MAX_KEYS), encode, encoding)


def _contents(page: _Page, asked: _Asked, owned: str = "") -> Iterator[str]:
    for found in page.objects:
        yield element(
            "Contents",
            text("Key", asked.encode(found.key)),
            text("LastModified", timestamp(found.modified)),
            text("ETag", f'"{found.etag}"'),
            text("ChecksumAlgorithm", found.checksum.algorithm if found.checksum else None),
            text("ChecksumType", found.checksum.type if found.checksum else None),
            text("Size", found.size),
            owned,
            text("StorageClass", found.storage_class),
        )


def _groups(page: _Page, asked: _Asked) -> Iterator[str]:
    for group in page.groups:
        yield element("CommonPrefixes", text("Prefix", asked.encode(group)))


def _common(call: ObjectCall, asked: _Asked, page: _Page) -> str:
    return "".join(
        (
            text("Name", call.bucket.name),
            text("Prefix", asked.encode(asked.prefix)),
            text("Delimiter", asked.encode(asked.delimiter) if asked.delimiter else None),
            text("MaxKeys", asked.limit),
            text("EncodingType", asked.encoding),
            text("IsTruncated", page.truncated),
        )
    )


def list_objects_v2(call: ObjectCall) -> ServerResponse:
    """The bucket's objects from a token, or after a key, on."""
    asked, given = _asked(call), call.request.parameters
    if given.get("list-type") != "2":
        raise AwsError("InvalidArgument", "Invalid List Type", details=(("ArgumentName", "list-type"),))
    token, after = given.get("continuation-token"), given.get("start-after", "")
    start = _after(after, "", "") if token is None else _from_token(token)
    page = _page(call, asked.prefix, asked.delimiter, start, asked.limit)
    following = _token(_after(page.last, asked.prefix, asked.delimiter)) if page.truncated else None
    return xml_response(
        "ListBucketResult",
        _common(call, asked, page),
        text("KeyCount", len(page.entries)),
        text("ContinuationToken", token),
        text("NextContinuationToken", following),
        text("StartAfter", asked.encode(after) if after else None),
        _contents(page, asked, owner(call.bucket.account) if given.get("fetch-owner") == "true" else ""),
        _groups(page, asked),
    )


def list_objects(call: ObjectCall) -> ServerResponse:
    """The bucket's objects after a marker, in the older form."""
    asked, marker = _asked(call), call.request.parameters.get("marker", "")
    page = _page(call, asked.prefix, asked.delimiter, _after(marker, asked.prefix, asked.delimiter), asked.limit)
    following = asked.encode(page.last) if page.truncated and asked.delimiter else None
    return xml_response(
        "ListBucketResult",
        _common(call, asked, page),
        text("Marker", asked.encode(marker)),
        text("NextMarker", following),
        _contents(page, asked, owner(call.bucket.account)),
        _groups(page, asked),
    )


def list_versions(call: ObjectCall) -> ServerResponse:
    """All versions and delete markers, the latest of a key first."""
    asked, given = _asked(call), call.request.parameters
    marker, version_marker = given.get("key-marker", ""), given.get("version-id-marker", "")
    if version_marker and not marker:
        raise AwsError("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
    entries: list[ObjectVersion | str] = []
    truncated = False
    for entry in _walk_versions(call, asked, marker, version_marker):
        if len(entries) == asked.limit:
            truncated = asked.limit > 0
            break
        entries.append(entry)
    page = _Page(tuple(entries), truncated)
    last = page.entries[-1] if truncated else None
    return xml_response(
        "ListVersionsResult",
        _common(call, asked, page),
        text("KeyMarker", asked.encode(marker)),
        text("VersionIdMarker", version_marker),
        text("NextKeyMarker", asked.encode(page.last) if truncated else None),
        text("NextVersionIdMarker", last.version_id if isinstance(last, ObjectVersion) else None),
        (_version(found, asked, owner(call.bucket.account)) for found in page.objects),
        _groups(page, asked),
    )


def _walk_versions(call: ObjectCall, asked: _Asked, marker: str, version_marker: str) -> Iterator[ObjectVersion | str]:
    start = marker.encode() if version_marker else _after(marker, asked.prefix, asked.delimiter)
    passed = not version_marker
    wanted, position = asked.prefix.encode(), max(start, asked.prefix.encode())
    block_size = MAX_KEYS
    while block := call.store.scan_versions(call.bucket.name, position, block_size):
        # A block may end inside the versions of a key, which are then read again from their first.
        whole = len(block) < block_size
        if not whole and block[0].key == block[-1].key:
            block_size *= 2
            continue
        rows = block if whole else [found for found in block if found.key != block[-1].key]
        for found in rows:
            key = found.key.encode()
            if key < position:
                continue
            if not key.startswith(wanted):
                return
            group, mark, _ = found.key[len(asked.prefix) :].partition(asked.delimiter) if asked.delimiter else ("", "", "")
            if mark:
                common_prefix = asked.prefix + group + mark
                yield common_prefix
                position = _after_prefix(common_prefix)
            elif found.key != marker or passed:
                yield found
            elif found.version_id == version_marker:
                passed = True
        if whole:
            return
        position = max(position, rows[-1].key.encode() + b"\0")


def _version(found: ObjectVersion, asked: _Asked, owned: str) -> str:
    named = (text("Key", asked.encode(found.key)), text("VersionId", found.version_id), text("IsLatest", found.latest))
    modified = text("LastModified", timestamp(found.modified))
    if found.is_delete_marker:
        return element("DeleteMarker", *named, modified, owned)
    sized = (text("ETag", f'"{found.etag}"'), text("Size", found.size), text("StorageClass", found.storage_class))
    return element("Version", *named, modified, *sized, owned)


def _token(start: bytes) -> str:
    return urlsafe_b64encode(start).decode()


def _from_token(token: str) -> bytes:
    try:
        return urlsafe_b64decode(token.encode())
    except ValueError:
        raise AwsError("InvalidArgument", "The continuation token provided is incorrect") from None
