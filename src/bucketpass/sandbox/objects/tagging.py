"""The tags, the ACL and the attributes of an object.

Source: S3 API reference of these operations; with owner-enforced objects an ACL can be read and not written [A].
"""

from __future__ import annotations

from dataclasses import replace

from bucketpass.sandbox.objects.call import ObjectCall, existing
from bucketpass.sandbox.objects.listing import MAX_KEYS, count_of
from bucketpass.sandbox.objects.model import ObjectVersion
from bucketpass.sandbox.objects.reading import object_headers
from bucketpass.sandbox.objects.writing import checked_tags
from bucketpass.sandbox.objects.xml import access_control_policy, parse_body, text_of, xml_response
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import element, text

__all__ = [
    "delete_object_tagging",
    "get_object_acl",
    "get_object_attributes",
    "get_object_tagging",
    "parse_tagging",
    "put_object_tagging",
]

_ATTRIBUTES = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})


def _version_headers(call: ObjectCall) -> list[tuple[str, str]]:
    return [("x-amz-version-id", existing(call).version_id)] if call.versioned else []


def get_object_tagging(call: ObjectCall) -> ServerResponse:
    """The object's tags."""
    tags = (element("Tag", text("Key", name), text("Value", value)) for name, value in existing(call).tags.items())
    return xml_response("Tagging", element("TagSet", tags), headers=_version_headers(call))


def parse_tagging(body: bytes) -> dict[str, str]:
    """Return the tags of a Tagging document. Raises AwsError."""
    tag_set = parse_body(body, "Tagging").find("TagSet")
    pairs = [(text_of(tag, "Key") or "", text_of(tag, "Value") or "") for tag in (tag_set.find_all("Tag") if tag_set is not None else ())]
    return checked_tags(pairs)


def put_object_tagging(call: ObjectCall) -> ServerResponse:
    """The object has these tags and no others."""
    found = existing(call)
    call.store.change(found, replace(found, tags=call.call.tags))
    return ServerResponse(200, _version_headers(call))


def delete_object_tagging(call: ObjectCall) -> ServerResponse:
    """The object has no tags."""
    found = existing(call)
    call.store.change(found, replace(found, tags={}))
    return ServerResponse(204, _version_headers(call))


def get_object_acl(call: ObjectCall) -> ServerResponse:
    """The bucket's owner has everything, which is all that an owner-enforced object's ACL can say."""
    existing(call)
    return access_control_policy(call.bucket.account, headers=_version_headers(call))


def get_object_attributes(call: ObjectCall) -> ServerResponse:
    """Those of the object's attributes that are asked for."""
    found = existing(call)
    asked = {name.strip() for name in call.request.header("x-amz-object-attributes").split(",")}
    if not asked or not asked <= _ATTRIBUTES:
        raise AwsError("InvalidArgument", "Invalid attribute name specified.")
    checksum = found.checksum
    values = {
        "ETag": text("ETag", found.etag),
        "Checksum": element("Checksum", text(f"Checksum{checksum.algorithm}", checksum.value), text("ChecksumType", checksum.type))
        if checksum
        else "",
        "ObjectParts": _parts(call, found),
        "StorageClass": text("StorageClass", found.storage_class),
        "ObjectSize": text("ObjectSize", found.size),
    }
    shown = replace(found, headers={}, metadata={}, tags={})
    headers = [pair for pair in object_headers(shown, versioned=call.versioned) if pair[0] in ("Last-Modified", "x-amz-version-id")]
    return xml_response("GetObjectAttributesResponse", (value for name, value in values.items() if name in asked), headers=headers)


def _parts(call: ObjectCall, found: ObjectVersion) -> str:
    """The parts of an object that was uploaded in parts. Their sizes and checksums are there where they have checksums of their own [A]."""
    if not found.part_sizes:
        return ""
    count = text("PartsCount", len(found.part_sizes))
    if found.checksum is None or not found.part_checksums:
        return element("ObjectParts", count)
    marker, limit = (
        count_of(call.request.header(name, default)) for name, default in (("x-amz-part-number-marker", "0"), ("x-amz-max-parts", "1000"))
    )
    parts = [(number, size, value) for number, (size, value) in enumerate(zip(found.part_sizes, found.part_checksums, strict=True), 1)]
    after = [part for part in parts if part[0] > marker]
    shown = after[: min(limit, MAX_KEYS)]
    return element(
        "ObjectParts",
        count,
        text("PartNumberMarker", marker),
        text("NextPartNumberMarker", shown[-1][0] if shown else 0),
        text("MaxParts", limit),
        text("IsTruncated", len(shown) < len(after)),
        *(
            element("Part", text("PartNumber", number), text("Size", size), text(f"Checksum{found.checksum.algorithm}", value))
            for number, size, value in shown
        ),
    )
