"""The lists of a bucket's uploads that are not complete, and of an upload's parts, page by page.

Source: S3 API reference, ListMultipartUploads and ListParts [A].
"""

from __future__ import annotations

from bucketpass.sandbox.objects.call import ObjectCall, timestamp
from bucketpass.sandbox.objects.listing import MAX_KEYS, count_of
from bucketpass.sandbox.objects.multipart import named_upload
from bucketpass.sandbox.objects.xml import owner, xml_response
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import element, text

__all__ = ["list_multipart_uploads", "list_parts"]


def list_parts(call: ObjectCall) -> ServerResponse:
    """The upload's parts after a marker."""
    upload, given = named_upload(call), call.request.parameters
    marker, limit = (count_of(given.get(name, default)) for name, default in (("part-number-marker", "0"), ("max-parts", str(MAX_KEYS))))
    after = [part for part in call.store.parts(upload.id) if part.number > marker]
    shown = after[: min(limit, MAX_KEYS)]
    return xml_response(
        "ListPartsResult",
        text("Bucket", call.bucket.name),
        text("Key", call.key),
        text("UploadId", upload.id),
        owner(call.bucket.account),
        owner(call.bucket.account, "Initiator"),
        text("StorageClass", upload.template.storage_class),
        text("PartNumberMarker", marker),
        text("NextPartNumberMarker", shown[-1].number if shown else 0),
        text("MaxParts", limit),
        text("IsTruncated", len(shown) < len(after)),
        text("ChecksumAlgorithm", upload.checksum_algorithm),
        text("ChecksumType", upload.checksum_type if upload.checksum_algorithm else None),
        (
            element(
                "Part",
                text("PartNumber", part.number),
                text("LastModified", timestamp(part.modified)),
                text("ETag", f'"{part.md5}"'),
                text("Size", part.size),
                text(f"Checksum{part.checksum.algorithm}", part.checksum.value) if part.checksum else "",
            )
            for part in shown
        ),
    )


def list_multipart_uploads(call: ObjectCall) -> ServerResponse:
    """The bucket's uploads that are not complete."""
    given = call.request.parameters
    prefix, marker, id_marker = given.get("prefix", ""), given.get("key-marker", ""), given.get("upload-id-marker", "")
    limit = min(count_of(given.get("max-uploads", str(MAX_KEYS))), MAX_KEYS)
    if given.get("delimiter"):
        raise AwsError("NotImplemented", "The sandbox lists uploads without a delimiter only", 501)
    ordered = [upload for upload in call.store.uploads(call.bucket.name) if upload.template.key.startswith(prefix)]
    place = {upload.id: position for position, upload in enumerate(ordered)}
    start = place.get(id_marker, -1)
    after = [
        upload
        for upload in ordered
        if upload.template.key.encode() > marker.encode() or (upload.template.key == marker and id_marker and place[upload.id] > start)
    ]
    shown = after[:limit]
    return xml_response(
        "ListMultipartUploadsResult",
        text("Bucket", call.bucket.name),
        text("KeyMarker", marker),
        text("UploadIdMarker", id_marker),
        text("NextKeyMarker", shown[-1].template.key if len(shown) < len(after) else ""),
        text("NextUploadIdMarker", shown[-1].id if len(shown) < len(after) else ""),
        text("Prefix", prefix),
        text("MaxUploads", limit),
        text("IsTruncated", len(shown) < len(after)),
        (
            element(
                "Upload",
                text("Key", upload.template.key),
                text("UploadId", upload.id),
                owner(call.bucket.account, "Initiator"),
                owner(call.bucket.account),
                text("StorageClass", upload.template.storage_class),
                text("Initiated", timestamp(upload.initiated)),
                text("ChecksumAlgorithm", upload.checksum_algorithm),
            )
            for upload in shown
        ),
    )
