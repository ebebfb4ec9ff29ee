"""PutObject, CopyObject, DeleteObject and DeleteObjects.

Source: S3 API reference of these operations.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from secrets import token_hex
from typing import NamedTuple

from bucketpass.sandbox.checksums import encode, hasher
from bucketpass.sandbox.objects.call import ObjectCall, timestamp, version_for
from bucketpass.sandbox.objects.locking import check_bypass, check_checksum, check_unlocked, default_retention
from bucketpass.sandbox.objects.model import NULL_VERSION, Checksum, ObjectVersion, Segment
from bucketpass.sandbox.objects.reading import ARCHIVED, check_conditions, check_not_archived, encryption_headers, precondition_failed
from bucketpass.sandbox.objects.store import INLINE_BYTES, ObjectStore
from bucketpass.sandbox.objects.xml import malformed_xml, parse_body, text_of, xml_response
from bucketpass.sandbox.parse import check_version_id
from bucketpass.sandbox.payload import Payload
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest, ServerResponse, parse_query
from bucketpass.wire.stream import BLOCK_BYTES
from bucketpass.wire.xml import Element, element, text

__all__ = [
    "DeleteRequest",
    "checksum_of",
    "copy_object",
    "delete_object",
    "delete_objects",
    "deletion",
    "described",
    "parse_delete",
    "put_object",
    "receive",
    "tags_of_header",
    "written_headers",
]

MAX_PUT_BYTES = 5 * 1024**3
MAX_METADATA_BYTES = 2048
MAX_TAGS = 10
MAX_DELETED = 1000

_KEPT_HEADERS = ("Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires")
_STORAGE_CLASSES = frozenset(
    {"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", *ARCHIVED}
)
_TAG = re.compile(r"[\w\s+\-=.:/@]*")


def receive(store: ObjectStore, payload: Payload, *, inline: bool = True) -> Segment:
    """The payload's bytes, kept and held to all its checksums. Raises AwsError, and then nothing is kept."""
    length = payload.length or 0
    if length > MAX_PUT_BYTES:
        raise AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", details=(("ProposedSize", str(length)),))
    if inline and length <= INLINE_BYTES:
        data = payload.read()
        payload.finish()
        return Segment(len(data), data=data)
    with store.bodies.new_file() as (file, name):
        while block := payload.read(BLOCK_BYTES):
            file.write(block)
        payload.finish()
    return Segment(payload.size, file=name)


def described(call: ObjectCall) -> ObjectVersion:
    """An object as the request's headers describe it, without bytes."""
    request = call.request
    headers = {name: request.header(name.lower()) for name in _KEPT_HEADERS if name.lower() in request.fields}
    encoding = [part.strip() for part in headers.pop("Content-Encoding", "").split(",")]
    if kept := ",".join(part for part in encoding if part and part != "aws-chunked"):
        headers["Content-Encoding"] = kept
    headers.setdefault("Content-Type", "binary/octet-stream")
    if redirect := request.header("x-amz-website-redirect-location"):
        headers["x-amz-website-redirect-location"] = redirect
    metadata = {name.removeprefix("x-amz-meta-"): value for name, value in request.fields.items() if name.startswith("x-amz-meta-")}
    if sum(len(name) + len(value) for name, value in metadata.items()) > MAX_METADATA_BYTES:
        raise AwsError("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
    storage_class = request.header("x-amz-storage-class", "STANDARD")
    if storage_class not in _STORAGE_CLASSES:
        raise AwsError("InvalidStorageClass", "The storage class you specified is not valid")
    return ObjectVersion(
        bucket=call.bucket.name,
        key=call.key,
        version_id=version_for(call.bucket, token_hex(16)),
        modified=call.now,
        headers=headers,
        metadata=metadata,
        tags=tags_of_header(request),
        encryption=call.encryption,
        storage_class=storage_class,
        retention=default_retention(call.bucket, call.now),
    )


def tags_of_header(request: ServerRequest) -> dict[str, str]:
    """The tags that an x-amz-tagging header names. Raises AwsError."""
    return checked_tags(list(parse_query(request.header("x-amz-tagging"))))


def checked_tags(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The tags as a mapping. Raises AwsError for those that S3 does not take."""
    tags = dict(pairs)
    if len(tags) != len(pairs):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
    if len(tags) > MAX_TAGS:
        raise AwsError("BadRequest", "Object tags cannot be greater than 10")
    if any(name.lower().startswith("aws:") for name in tags):
        raise AwsError("InvalidTag", "Your TagKey cannot be prefixed with aws:")
    if any(not 1 <= len(name) <= 128 or len(value) > 256 or not _TAG.fullmatch(name + value) for name, value in pairs):
        raise AwsError("InvalidTag", "The TagKey or the TagValue you have provided is invalid")
    return tags


def checksum_of(store: ObjectStore, kept: ObjectVersion, algorithm: str) -> Checksum:
    """The checksum of an object whose bytes are kept already."""
    computing = hasher(algorithm)
    for block in store.bodies.read(kept, 0, kept.size):
        computing.update(block)
    return Checksum(algorithm, encode(computing.digest()))


def put_object(call: ObjectCall) -> ServerResponse:
    """The body is the object's latest version."""
    check_conditions(call, call.found, write=True)
    new = described(call)
    check_checksum(new, call.request)
    if (asked := call.request.header("x-amz-sdk-checksum-algorithm").upper()) and "x-amz-trailer" not in call.request.fields:
        call.payload.add_checksum(asked)
    segment = receive(call.store, call.payload)
    new = replace(new, size=segment.size, etag=call.payload.md5, segments=(segment,), checksum=call.payload.checksum)
    try:
        call.store.put(new, check=lambda before: check_conditions(call, before, write=True))
    except AwsError:
        call.store.bodies.drop(new.segments)
        raise
    return ServerResponse(200, written_headers(call, new))


def written_headers(call: ObjectCall, new: ObjectVersion) -> list[tuple[str, str]]:
    """What an answer says of an object that was just written."""
    headers = [("ETag", f'"{new.etag}"'), *encryption_headers(new)]
    if call.versioned:
        headers.append(("x-amz-version-id", new.version_id))
    if new.checksum:
        headers.append((f"x-amz-checksum-{new.checksum.algorithm.lower()}", new.checksum.value))
        headers.append(("x-amz-checksum-type", new.checksum.type))
    return headers


def copy_object(call: ObjectCall) -> ServerResponse:
    """The source's bytes are the object's latest version, with the source's headers and tags unless they are replaced."""
    source = call.source
    assert source is not None  # noqa: S101 - for the type checker; _check_source has found it
    check_conditions(call, source, "x-amz-copy-source-")
    check_conditions(call, call.found, write=True)
    check_not_archived(source)
    if source.size > MAX_PUT_BYTES:
        message = f"The specified copy source is larger than the maximum allowable size for a copy source: {MAX_PUT_BYTES}"
        raise AwsError("InvalidRequest", message)
    replaces, retags = _directive(call, "x-amz-metadata-directive"), _directive(call, "x-amz-tagging-directive")
    new = described(call)
    same = (source.bucket, source.key) == (new.bucket, new.key) and "versionId" not in call.request.header("x-amz-copy-source")
    changed = replaces or retags or "x-amz-storage-class" in call.request.fields or "x-amz-server-side-encryption" in call.request.fields
    if same and not changed:
        message = "This copy request is illegal because it is trying to copy an object to itself without changing anything"
        raise AwsError("InvalidRequest", message)
    algorithm = call.request.header("x-amz-checksum-algorithm").upper()
    segments = call.store.bodies.link(source.segments)
    new = replace(
        new,
        headers=new.headers if replaces else source.headers,
        metadata=new.metadata if replaces else source.metadata,
        tags=new.tags if retags else source.tags,
        size=source.size,
        etag=source.etag if not source.part_sizes else _whole_md5(call.store, source),
        segments=segments,
        checksum=checksum_of(call.store, source, algorithm) if algorithm else (None if source.part_sizes else source.checksum),
    )
    try:
        call.store.put(new, check=lambda before: check_conditions(call, before, write=True))
    except AwsError:
        call.store.bodies.drop(segments)
        raise
    headers = [pair for pair in written_headers(call, new) if pair[0] != "ETag"]
    if call.bucket.versioning is not None and source.version_id != NULL_VERSION:
        headers.append(("x-amz-copy-source-version-id", source.version_id))
    return xml_response("CopyObjectResult", text("LastModified", timestamp(new.modified)), text("ETag", f'"{new.etag}"'), headers=headers)


def _whole_md5(store: ObjectStore, source: ObjectVersion) -> str:
    """The MD5 of an object's bytes: a copy in one piece has the ETag of one."""
    computing = hashlib.md5(usedforsecurity=False)
    for block in store.bodies.read(source, 0, source.size):
        computing.update(block)
    return computing.hexdigest()


def _directive(call: ObjectCall, header: str) -> bool:
    value = call.request.header(header, "COPY")
    if value not in ("COPY", "REPLACE"):
        raise AwsError("InvalidArgument", f"Unknown {header.removeprefix('x-amz-')}: it must be COPY or REPLACE")
    return value == "REPLACE"


class DeleteRequest(NamedTuple):
    """What the body of DeleteObjects says: keys with their versions, by position the ETags that they must have, and `quiet`."""

    keys: tuple[tuple[str, str | None], ...]
    etags: tuple[str | None, ...]
    quiet: bool


def parse_delete(request: ServerRequest, payload: Payload) -> DeleteRequest:
    """Return what the body says, which has to come with a digest. Raises AwsError."""
    checked = "content-md5" in request.fields or "x-amz-trailer" in request.fields
    if not checked and not any(header.startswith("x-amz-checksum-") for header in request.fields):
        raise AwsError("InvalidRequest", "Missing required header for this request: Content-MD5 or x-amz-checksum-*")
    return deletion(payload.read_setting())


def deletion(data: bytes) -> DeleteRequest:
    """Return what a DeleteObjects body says. Raises AwsError."""
    root = parse_body(data, "Delete")
    entries = tuple(root.find_all("Object"))
    if not 1 <= len(entries) <= MAX_DELETED:
        raise malformed_xml()
    for name in ("LastModifiedTime", "Size"):
        if any(one.find(name) is not None for one in entries):
            raise _not_for_this_bucket(name)
    keys = tuple((_key_of(one), text_of(one, "VersionId")) for one in entries)
    return DeleteRequest(keys, tuple(text_of(one, "ETag") for one in entries), (text_of(root, "Quiet") or "").lower() == "true")


def _not_for_this_bucket(header: str) -> AwsError:
    """S3 has these conditions for directory buckets alone [L]."""
    return AwsError("NotImplemented", "A header you provided implies functionality that is not implemented", 501, (("Header", header),))


def _key_of(one: Element) -> str:
    key = text_of(one, "Key")
    if not key:
        raise malformed_xml()
    return key


def remove(call: ObjectCall, key: str, version_id: str | None, etag: str | None = None) -> list[tuple[str, str]]:
    """The version is gone, or the object is hidden by a delete marker; the answer's headers say which.

    `etag` is the condition on what exists, which is checked in the transaction that deletes. Raises AwsError.
    """
    store, bucket = call.store, call.bucket
    if version_id is not None:
        check_version_id(version_id)
        if etag is not None:
            raise _not_for_this_bucket("If-Match")
        if bucket.versioning is None and version_id != NULL_VERSION:
            return []
        gone = store.delete(bucket.name, key, version_id, check=lambda found: check_unlocked(found, call.request, call.now))
        marker = [("x-amz-delete-marker", "true")] if gone and gone.is_delete_marker else []
        return [*([("x-amz-version-id", version_id)] if call.versioned else []), *marker]
    if bucket.versioning is None:
        store.delete(bucket.name, key, NULL_VERSION, check=lambda found: _check_etag(found, key, etag))
        return []
    marker_version = ObjectVersion(bucket.name, key, version_for(bucket, token_hex(16)), call.now, is_delete_marker=True)
    store.put(marker_version, check=lambda found: _check_etag(found, key, etag))
    return [("x-amz-delete-marker", "true"), ("x-amz-version-id", marker_version.version_id)]


def _check_etag(found: ObjectVersion | None, key: str, etag: str | None) -> None:
    """Raise AwsError where the object is not the one of this ETag: 404 where none exists, also behind a delete marker [L]."""
    if etag is None:
        return
    if found is None or found.is_delete_marker:
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404, (("Key", key),))
    if etag.strip() != "*" and etag.strip().strip('"') != found.etag:
        raise precondition_failed("If-Match")


def delete_object(call: ObjectCall) -> ServerResponse:
    """The object, or the version that is named, is gone; an object that never existed is not an error."""
    for header in ("x-amz-if-match-size", "x-amz-if-match-last-modified-time"):
        if header in call.request.fields:
            raise _not_for_this_bucket(header)
    check_bypass(call)
    return ServerResponse(204, remove(call, call.key, call.request.parameters.get("versionId"), call.request.fields.get("if-match")))


def delete_objects(call: ObjectCall) -> ServerResponse:
    """Delete each key, and report its error where it was refused or is locked."""
    check_bypass(call)
    results: list[str] = []
    for position, (key, version_id) in enumerate(call.call.keys):
        named = (text("Key", key), text("VersionId", version_id))
        error, headers = call.refused.get(position), {}
        if error is None:
            try:
                headers = dict(remove(call, key, version_id, call.call.etags[position] if call.call.etags else None))
            except AwsError as locked:
                error = locked
        if error is not None:
            results.append(element("Error", *named, text("Code", error.code), text("Message", error.message)))
        elif not call.quiet:
            marker = headers.get("x-amz-delete-marker")
            marker_id = headers.get("x-amz-version-id") if marker else None
            results.append(element("Deleted", *named, text("DeleteMarker", marker), text("DeleteMarkerVersionId", marker_id)))
    return xml_response("DeleteResult", results)
