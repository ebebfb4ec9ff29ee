"""The `aws-chunked` bodies of current SDKs, decoded while they stream, each chunk's signature checked.

A body is `SIZE[;chunk-signature=HEX]CRLF data CRLF ...`, a chunk of size 0, then trailers such as the checksum.

Source: S3 API reference, "Signature calculations for the Authorization header: transferring payload in multiple chunks"
and "Including trailing headers" [A].
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256

from bucketpass.sandbox.wire_errors import AwsError, Problem, Protocol, refusal
from bucketpass.secret import same_text
from bucketpass.wire.server import Readable
from bucketpass.wire.sigv4 import ALGORITHM, EMPTY_SHA256, Scope, signature_of

__all__ = ["STREAMING_PAYLOADS", "AwsChunkedBody", "ChunkSigner"]

SIGNED = f"STREAMING-{ALGORITHM}-PAYLOAD"
SIGNED_TRAILER = f"{SIGNED}-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING_PAYLOADS = {SIGNED: (True, False), SIGNED_TRAILER: (True, True), UNSIGNED_TRAILER: (False, True)}
"""Each payload word: are the chunks signed, do trailers follow?"""

MAX_LINE_BYTES = 8 * 1024
MAX_SIGNED_CHUNK_BYTES = 16 * 1024 * 1024
MAX_TRAILERS = 16

_SIZE = re.compile(rb"([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?")
_TRAILER = re.compile(rb"([A-Za-z0-9-]{1,128}):[ \t]*([\x20-\x7e]{0,1024})")


@dataclass(slots=True)
class ChunkSigner:
    """The chain of signatures: each chunk's covers the one before it. `previous` starts as the request's own signature."""

    key: bytes
    amz_date: str
    scope: Scope
    previous: str

    def check_chunk(self, data: bytes, signature: str) -> None:
        """`data` is the next chunk, signed. Raises AwsError."""
        self._check((f"{ALGORITHM}-PAYLOAD", EMPTY_SHA256, sha256(data).hexdigest()), signature)

    def check_trailers(self, canonical: bytes, signature: str) -> None:
        """The trailers were signed. Raises AwsError."""
        self._check((f"{ALGORITHM}-TRAILER", sha256(canonical).hexdigest()), signature)

    def _check(self, parts: tuple[str, ...], signature: str) -> None:
        text = "\n".join((parts[0], self.amz_date, str(self.scope), self.previous, *parts[1:]))
        expected = signature_of(self.key, text)
        if not same_text(expected, signature):
            raise refusal(Problem.BAD_SIGNATURE, Protocol.S3)
        self.previous = expected


@dataclass(slots=True)
class AwsChunkedBody:
    """The decoded bytes of an `aws-chunked` body. `trailers` are complete once `read` has returned nothing.

    `signer` is None where chunks are not signed. `length` is the x-amz-decoded-content-length that the client announced.
    """

    source: Readable
    length: int
    signer: ChunkSigner | None
    has_trailers: bool
    trailers: dict[str, str] = field(default_factory=dict)
    _buffer: bytes = b""
    _chunk: bytes = b""
    _chunk_left: int = 0
    _total: int = 0
    _ended: bool = False

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` decoded bytes, all that is left where it is negative; nothing at the end. Raises AwsError."""
        if size < 0:
            return b"".join(iter(lambda: self.read(MAX_SIGNED_CHUNK_BYTES), b""))
        if not self._chunk and not self._chunk_left and not self._ended:
            self._next_chunk()
        if self.signer is not None:
            block, self._chunk = self._chunk[:size], self._chunk[size:]
        else:
            block = self._take(min(size, self._chunk_left)) if self._chunk_left else b""
            self._chunk_left -= len(block)
            if block and not self._chunk_left:
                self._expect_line_end()
        return block

    def _next_chunk(self) -> None:
        match = _SIZE.fullmatch(self._line())
        if match is None or (match[2] is None) != (self.signer is None):
            raise _incomplete("a chunk's header is malformed")
        size = int(match[1], 16)
        self._total += size
        # SECURITY: what is stored must be what was announced; a longer body would pass a check of the announced size.
        if self._total > self.length or (size == 0 and self._total != self.length):
            raise _incomplete("the chunks are not as long as x-amz-decoded-content-length says")
        if self.signer is not None:
            if size > MAX_SIGNED_CHUNK_BYTES:
                raise _incomplete("a signed chunk is longer than 16 MiB")
            self._chunk = self._take_all(size)
            self.signer.check_chunk(self._chunk, match[2].decode())
            if size:
                self._expect_line_end()
        self._chunk_left = size if self.signer is None else 0
        if size == 0:
            self._ended = True
            self._read_trailers()

    def _read_trailers(self) -> None:
        canonical = b""
        unsigned = self.signer is not None and self.has_trailers
        for _ in range(MAX_TRAILERS):
            line = self._line()
            if not line:
                break
            match = _TRAILER.fullmatch(line)
            # SECURITY: a trailer after the signature was not written by the signer.
            if match is None or not self.has_trailers or (self.signer is not None and not unsigned):
                raise _incomplete("a trailer is malformed")
            name, value = match[1].lower(), match[2].strip()
            if name == b"x-amz-trailer-signature" and self.signer is not None:
                self.signer.check_trailers(canonical, value.decode())
                unsigned = False
                continue
            canonical += name + b":" + value + b"\n"
            self.trailers[name.decode()] = value.decode()
        if unsigned:
            raise refusal(Problem.BAD_SIGNATURE, Protocol.S3)

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            block = self.source.read(MAX_LINE_BYTES) if len(self._buffer) < MAX_LINE_BYTES else b""
            if not block:
                if self._ended and not self._buffer:
                    return b""
                raise _incomplete("the body ended inside a line")
            self._buffer += block
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _take(self, size: int) -> bytes:
        if self._buffer:
            block, self._buffer = self._buffer[:size], self._buffer[size:]
        else:
            block = self.source.read(size)
        if not block:
            raise _incomplete("the body ended inside a chunk")
        return block

    def _take_all(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            parts.append(self._take(size))
            size -= len(parts[-1])
        return b"".join(parts)

    def _expect_line_end(self) -> None:
        if self._take_all(2) != b"\r\n":
            raise _incomplete("a chunk is longer than its size")


def _incomplete(message: str) -> AwsError:
    return AwsError("IncompleteBody", f"The request body terminated unexpectedly: {message}")
