"""Multipart uploads: created, uploaded part by part, completed or aborted.

Source: S3 API reference of these operations; user guide, "Multipart upload limits" (parts of 5 MiB to 5 GiB but for the
last, numbers 1 to 10,000) and "Checking object integrity" (checksums of the whole or of the parts) [A].
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from dataclasses import dataclass, replace
from itertools import pairwise
from secrets import token_urlsafe

from bucketpass.digits import whole_number
from bucketpass.sandbox.checksums import ALGORITHMS, check_algorithm, encode, hasher
from bucketpass.sandbox.objects.call import ObjectCall, timestamp
from bucketpass.sandbox.objects.model import Checksum, ObjectVersion, Segment, Upload, UploadedPart
from bucketpass.sandbox.objects.reading import MAX_PARTS, check_conditions, check_not_archived, encryption_headers
from bucketpass.sandbox.objects.store import Changed
from bucketpass.sandbox.objects.writing import checksum_of, described, receive, written_headers
from bucketpass.sandbox.objects.xml import malformed_xml, parse_body, text_of, xml_response
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerRequest, ServerResponse
from bucketpass.wire.xml import text

__all__ = [
    "abort_multipart_upload",
    "complete_multipart_upload",
    "create_multipart_upload",
    "named_upload",
    "upload_part",
    "upload_part_copy",
]

MIN_PART_BYTES = 5 * 1024**2

_COPY_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{1,15})")
_TYPES = {"CRC64NVME": ("FULL_OBJECT",), "SHA1": ("COMPOSITE",), "SHA256": ("COMPOSITE",)}
"""The checksum types of an algorithm, the usual one first; CRC32 and CRC32C have both."""


def create_multipart_upload(call: ObjectCall) -> ServerResponse:
    """An upload that takes parts."""
    request = call.request
    algorithm = request.header("x-amz-checksum-algorithm").upper() or None
    if algorithm is not None:
        check_algorithm(algorithm)
    types = _TYPES.get(algorithm or "", ("COMPOSITE", "FULL_OBJECT"))
    kind = request.header("x-amz-checksum-type").upper() or types[0]
    if kind not in types:
        raise AwsError("InvalidRequest", f"The {kind} checksum type cannot be used with the {algorithm} checksum algorithm.")
    call.payload.read_setting()
    upload = Upload(token_urlsafe(48), replace(described(call), version_id=""), call.now, algorithm, kind, _encryption_headers(request))
    call.store.begin(upload)
    headers = encryption_headers(upload.template)
    if algorithm:
        headers += [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", kind)]
    named = (text("Bucket", call.bucket.name), text("Key", call.key), text("UploadId", upload.id))
    return xml_response("InitiateMultipartUploadResult", *named, headers=headers)


def _encryption_headers(request: ServerRequest) -> dict[str, str]:
    return {name: value for name, value in request.fields.items() if name.startswith("x-amz-server-side-encryption")}


def named_upload(call: ObjectCall) -> Upload:
    """Return the upload that the request names. Raises AwsError where there is none."""
    found = call.store.upload(call.bucket.name, call.key, call.request.parameters.get("uploadId", ""))
    if found is None:
        raise _no_such_upload()
    return found


def _no_such_upload() -> AwsError:
    message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    return AwsError("NoSuchUpload", message, 404)


def _number(call: ObjectCall) -> int:
    number = whole_number(call.request.parameters.get("partNumber", ""), MAX_PARTS)
    if not number:
        raise AwsError("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    return number


def upload_part(call: ObjectCall) -> ServerResponse:
    """The upload has this part."""
    upload, number = named_upload(call), _number(call)
    if upload.checksum_algorithm:
        _check_algorithm(call, upload.checksum_algorithm)
        call.payload.add_checksum(upload.checksum_algorithm)
    segment = receive(call.store, call.payload, inline=False)
    part = UploadedPart(number, segment.size, call.payload.md5, call.now, segment, call.payload.checksum)
    _keep(call, upload, part)
    headers = [("ETag", f'"{part.md5}"'), *encryption_headers(upload.template)]
    if part.checksum:
        headers.append((f"x-amz-checksum-{part.checksum.algorithm.lower()}", part.checksum.value))
    return ServerResponse(200, headers)


def _check_algorithm(call: ObjectCall, expected: str) -> None:
    """Raise AwsError where the part comes with a checksum of another algorithm than the upload's [K]."""
    headers = {*call.request.fields, *call.request.header("x-amz-trailer").lower().replace(" ", "").split(",")}
    for algorithm in ALGORITHMS:
        if algorithm != expected and f"x-amz-checksum-{algorithm.lower()}" in headers:
            kinds = f"expected checksum Type: {expected.lower()}, actual checksum Type: {algorithm.lower()}"
            raise AwsError("InvalidRequest", f"Checksum Type mismatch occurred, {kinds}")


def upload_part_copy(call: ObjectCall) -> ServerResponse:
    """The upload has a part of the source's bytes, all or a range."""
    source, upload, number = call.source, named_upload(call), _number(call)
    assert source is not None  # noqa: S101 - for the type checker; _check_source has found it
    check_conditions(call, source, "x-amz-copy-source-")
    check_not_archived(source)
    start, end = 0, source.size
    if asked := call.request.header("x-amz-copy-source-range"):
        match = _COPY_RANGE.fullmatch(asked)
        if match is None or not int(match[1]) <= int(match[2]) < source.size:
            raise AwsError("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last")
        start, end = int(match[1]), int(match[2]) + 1
    md5 = hashlib.md5(usedforsecurity=False)
    summed = hasher(upload.checksum_algorithm) if upload.checksum_algorithm else None
    with call.store.bodies.new_file() as (file, name):
        for block in call.store.bodies.read(source, start, end):
            file.write(block)
            md5.update(block)
            if summed:
                summed.update(block)
    checksum = Checksum(upload.checksum_algorithm, encode(summed.digest())) if summed and upload.checksum_algorithm else None
    part = UploadedPart(number, end - start, md5.hexdigest(), call.now, Segment(end - start, file=name), checksum)
    _keep(call, upload, part)
    return xml_response(
        "CopyPartResult", text("LastModified", timestamp(part.modified)), text("ETag", f'"{part.md5}"'), _checksum_element(checksum)
    )


def _checksum_element(checksum: Checksum | None) -> str:
    return text(f"Checksum{checksum.algorithm}", checksum.value) if checksum else ""


def _keep(call: ObjectCall, upload: Upload, part: UploadedPart) -> None:
    if not call.store.put_part(upload.id, part):
        call.store.bodies.drop((part.segment,))
        raise _no_such_upload()


@dataclass(frozen=True, slots=True)
class _Named:
    """A part as the client names it when it completes the upload."""

    number: int
    etag: str
    checksum: str | None


def _named_parts(data: bytes) -> list[_Named]:
    root = parse_body(data, "CompleteMultipartUpload")
    named: list[_Named] = []
    for one in root.find_all("Part"):
        number, etag = whole_number(text_of(one, "PartNumber") or ""), text_of(one, "ETag") or ""
        if number is None:
            raise malformed_xml()
        values = [value for algorithm in ALGORITHMS if (value := text_of(one, f"Checksum{algorithm}"))]
        named.append(_Named(number, etag.strip().strip('"'), values[0] if values else None))
    if not named:
        raise AwsError("MalformedXML", "You must specify at least one part")
    if any(later.number <= earlier.number for earlier, later in pairwise(named)):
        raise AwsError("InvalidPartOrder", "The list of parts was not in ascending order. The parts list must be specified in order.")
    return named


def complete_multipart_upload(call: ObjectCall) -> ServerResponse:
    """The parts that are named, in their order, are the object's latest version."""
    named = _named_parts(call.payload.read_setting())
    completed = call.store.completed(call.bucket.name, call.key, call.request.parameters.get("uploadId", ""))
    if completed is not None:
        # Whoever did not hear the answer asks again, and gets the same answer [A].
        return _completed(call, completed)
    upload = named_upload(call)
    kept = {part.number: part for part in call.store.parts(upload.id)}
    used: list[UploadedPart] = []
    for one in named:
        part = kept.get(one.number)
        wrong = part is None or part.md5 != one.etag or (one.checksum and part.checksum and one.checksum != part.checksum.value)
        if part is None or wrong:
            message = "One or more of the specified parts could not be found. The part may not have been uploaded, or its ETag is another."
            details = (("UploadId", upload.id), ("PartNumber", str(one.number)), ("ETag", one.etag))
            raise AwsError("InvalidPart", message, details=details)
        if upload.checksum_algorithm and upload.checksum_type == "COMPOSITE" and one.checksum is None:
            algorithm = upload.checksum_algorithm.lower()
            message = f"The upload was created using a {algorithm} checksum. The complete request must include the checksum for each part."
            raise AwsError("InvalidRequest", f"{message} It was missing for part {one.number} in the request.")
        used.append(part)
    for part in used[:-1]:
        if part.size < MIN_PART_BYTES:
            details = (("ProposedSize", str(part.size)), ("MinSizeAllowed", str(MIN_PART_BYTES)), ("PartNumber", str(part.number)))
            raise AwsError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", details=details)
    _check_size(call, sum(part.size for part in used))
    digests = b"".join(bytes.fromhex(part.md5) for part in used)
    written = described(call)
    new = replace(
        upload.template,
        version_id=written.version_id,
        retention=written.retention,
        modified=call.now,
        size=sum(part.size for part in used),
        etag=f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(used)}",
        segments=tuple(part.segment for part in used),
        part_sizes=tuple(part.size for part in used),
    )
    checksums = tuple(part.checksum.value for part in used if part.checksum) if upload.checksum_type == "COMPOSITE" else ()
    new = replace(new, checksum=_checksum(call, upload, used, new), part_checksums=checksums)
    try:
        done = call.store.complete(upload.id, new, tuple(used), lambda before, changed: _check_complete(call, before, changed))
    except LookupError:
        raise AwsError("InvalidPart", "One of the specified parts was replaced while the upload was completed.") from None
    if not done:
        raise _no_such_upload()
    return _completed(call, new)


def _check_size(call: ObjectCall, size: int) -> None:
    """Raise AwsError where the client expects an object of another size."""
    expected = call.request.header("x-amz-mp-object-size")
    if expected and expected != str(size):
        message = f"The provided 'x-amz-mp-object-size' header does not match what was computed. Expected: {expected}, actual: {size}."
        raise AwsError("InvalidRequest", message)


def _check_complete(call: ObjectCall, before: ObjectVersion | None, changed: Changed | None) -> None:
    """Raise AwsError where a condition does not hold, or could not be kept: the key was written or deleted since the upload began [L]."""
    check_conditions(call, before, write=True)
    if (changed is Changed.DELETED and "if-none-match" in call.request.fields) or (
        changed is not None and "if-match" in call.request.fields
    ):
        condition = "If-None-Match" if "if-none-match" in call.request.fields else "If-Match"
        message = "The conditional request cannot succeed due to a conflicting operation against this resource."
        raise AwsError("ConditionalRequestConflict", message, 409, (("Condition", condition), ("Key", call.key)))


def _completed(call: ObjectCall, new: ObjectVersion) -> ServerResponse:
    headers = [pair for pair in written_headers(call, new) if not pair[0].lower().startswith(("etag", "x-amz-checksum"))]
    kind = text("ChecksumType", new.checksum.type) if new.checksum else ""
    scheme = "https" if call.request.secure else "http"
    location = f"{scheme}://{call.request.header('host')}{call.request.raw_path}"
    named = (text("Location", location), text("Bucket", call.bucket.name), text("Key", call.key))
    content = (*named, text("ETag", f'"{new.etag}"'), _checksum_element(new.checksum), kind)
    return xml_response("CompleteMultipartUploadResult", *content, headers=headers)


def _checksum(call: ObjectCall, upload: Upload, used: list[UploadedPart], new: ObjectVersion) -> Checksum | None:
    """The object's checksum; where the client says what it must be, it is that. Raises AwsError."""
    algorithm = upload.checksum_algorithm
    if algorithm is None or any(part.checksum is None for part in used):
        return None
    if upload.checksum_type == "FULL_OBJECT":
        found = checksum_of(call.store, new, algorithm)
    else:
        computing = hasher(algorithm)
        for part in used:
            computing.update(b64decode(part.checksum.value if part.checksum else ""))
        found = Checksum(algorithm, f"{encode(computing.digest())}-{len(used)}", "COMPOSITE")
    expected = call.request.header(f"x-amz-checksum-{algorithm.lower()}")
    # A composite checksum may be sent with the number of its parts or without; a number that is sent has to be right.
    if expected and expected not in (found.value, found.value.partition("-")[0]):
        raise AwsError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
    return found


def abort_multipart_upload(call: ObjectCall) -> ServerResponse:
    """The upload and its parts are gone."""
    call.store.abort(named_upload(call).id)
    return ServerResponse(204)
