"""The body of a signed request, decoded, and held to everything that was said of it.

What the signature covers is the hash in x-amz-content-sha256, or each chunk; the rest (Content-MD5, checksum headers and
trailers) was signed with the headers or comes with the chunks. `finish` is called before anything is kept.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from binascii import Error as Base64Error

from bucketpass.digits import whole_number
from bucketpass.sandbox.checksums import ALGORITHMS, Hasher, check_algorithm, encode, hasher
from bucketpass.sandbox.chunked import STREAMING_PAYLOADS, AwsChunkedBody, ChunkSigner
from bucketpass.sandbox.objects.model import Checksum
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.secret import same_text
from bucketpass.wire.server import Readable, ServerRequest
from bucketpass.wire.sigv4 import UNSIGNED_PAYLOAD
from bucketpass.wire.stream import Body

__all__ = ["Payload", "payload_word"]

MAX_SETTING_BYTES = 2 * 1024 * 1024

_HEX = re.compile(r"[0-9a-f]{64}")
_HEADERS = {name: f"x-amz-checksum-{name.lower()}" for name in ALGORITHMS}
_SIZES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}


def payload_word(request: ServerRequest, *, presigned: bool) -> str:
    """The last line of the canonical request of an S3 request. Raises AwsError."""
    word = request.header("x-amz-content-sha256")
    if not word:
        if presigned:
            return UNSIGNED_PAYLOAD
        raise AwsError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if word != UNSIGNED_PAYLOAD and word not in STREAMING_PAYLOADS and not _HEX.fullmatch(word):
        message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER,"
        raise AwsError("InvalidArgument", f"{message} STREAMING-AWS4-HMAC-SHA256-PAYLOAD or a valid sha256 value.")
    return word


class Payload:
    """The decoded bytes of one body. `length` is how many there are, `checksum` what they add up to once `finish` returned."""

    def __init__(self, request: ServerRequest, word: str, signer: ChunkSigner | None, *, checksum_is_of_body: bool = True) -> None:
        self._hash = word if _HEX.fullmatch(word) else None
        self._sha256 = hashlib.sha256() if self._hash else None
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._expected_md5 = _content_md5(request)
        self._source: Readable = request.body
        self._chunked: AwsChunkedBody | None = None
        self.length = request.body.length if isinstance(request.body, Body) else None
        if word in STREAMING_PAYLOADS:
            signed, trailers = STREAMING_PAYLOADS[word]
            self.length = _decoded_length(request)
            self._chunked = AwsChunkedBody(request.body, self.length, signer if signed else None, trailers)
            self._source = self._chunked
        if self.length is None:
            raise AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
        self._algorithm, self._expected = _declared_checksum(request) if checksum_is_of_body else (None, "")
        self._hasher: Hasher | None = hasher(self._algorithm) if self._algorithm else None
        # The client named a checksum and has not sent it yet: it comes in a trailer.
        self._trailer = self._algorithm is not None and not self._expected
        self.checksum: Checksum | None = None
        self.size = 0
        self._setting: bytes | None = None

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all that is left where it is negative; nothing at the end."""
        block = self._source.read(size)
        self.size += len(block)
        self._md5.update(block)
        for sum_up in (self._sha256, self._hasher):
            if sum_up is not None:
                sum_up.update(block)
        return block

    @property
    def md5(self) -> str:
        """The MD5 of what was read, in hex: the ETag of an object in one piece."""
        return self._md5.hexdigest()

    def add_checksum(self, algorithm: str) -> None:
        """`checksum` will be of this algorithm, where the client named none. To be called before the first read. Raises AwsError."""
        check_algorithm(algorithm)
        if self._hasher is None:
            self._algorithm, self._hasher = algorithm, hasher(algorithm)

    def finish(self) -> None:
        """Everything was read, and is what was signed and announced. Raises AwsError."""
        if self._source.read(1) or self.size != self.length:
            raise AwsError("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
        # SECURITY: the signature covers the hash; only this ties the bytes to the hash.
        if self._sha256 is not None and not same_text(self._sha256.hexdigest(), str(self._hash)):
            details = (("ClientComputedContentSHA256", str(self._hash)), ("S3ComputedContentSHA256", self._sha256.hexdigest()))
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            raise AwsError("XAmzContentSHA256Mismatch", message, details=details)
        if self._expected_md5 is not None and self._md5.digest() != self._expected_md5:
            raise AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.")
        if self._hasher is None or self._algorithm is None:
            return
        computed = encode(self._hasher.digest())
        expected = self._expected
        if self._chunked is not None and expected == "" and self._trailer:
            expected = self._chunked.trailers.get(f"x-amz-checksum-{self._algorithm.lower()}", "")
            if not expected:
                raise AwsError("MalformedTrailerError", "The request contained trailing data that was not well-formed.")
        if expected and expected != computed:
            raise AwsError("BadDigest", f"The {self._algorithm} you specified did not match the calculated checksum.")
        self.checksum = Checksum(self._algorithm, computed)

    def read_setting(self) -> bytes:
        """Return the whole body of a request that is not an object's, at most 2 MiB, finished; also a second time. Raises AwsError."""
        if self._setting is not None:
            return self._setting
        if (self.length or 0) > MAX_SETTING_BYTES:
            raise AwsError("MaxMessageLengthExceeded", "Your request was too big.")
        data = self.read()
        self.finish()
        self._setting = data
        return data


def _decoded_length(request: ServerRequest) -> int:
    length = whole_number(request.header("x-amz-decoded-content-length"))
    if length is None:
        raise AwsError("MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.", 411)
    return length


def _content_md5(request: ServerRequest) -> bytes | None:
    text = request.header("content-md5")
    if not text:
        return None
    try:
        digest = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        digest = b""
    if len(digest) != 16:
        raise AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.")
    return digest


def _declared_checksum(request: ServerRequest) -> tuple[str | None, str]:
    """The checksum that the client sends and its value; the value is empty where it comes in a trailer."""
    given = [(name, request.fields[header]) for name, header in _HEADERS.items() if header in request.fields]
    trailer = request.header("x-amz-trailer").lower().removeprefix("x-amz-checksum-").upper()
    if trailer and trailer not in ALGORITHMS:
        raise AwsError("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
    if len(given) + bool(trailer) > 1:
        raise AwsError("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    if trailer:
        return trailer, ""
    for name, value in given:
        try:
            valid = len(b64decode(value, validate=True)) == _SIZES[name]
        except (Base64Error, ValueError):
            valid = False
        if not valid:
            raise AwsError("InvalidRequest", f"Value for x-amz-checksum-{name.lower()} header is invalid.")
        return name, value
    return None, ""
