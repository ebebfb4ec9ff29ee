"""HTTP/1.1 as the sandbox speaks it: one request in, one response out, nothing rewritten.

Signatures are made over the target and the header names as they were sent, so both are kept as they came. The reader is
strict: whatever two programs could read in two ways (request smuggling) is refused before anything looks at it.

Source: RFC 9112 (messages), RFC 9110 section 10.1.1 (Expect).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from io import BytesIO
from typing import BinaryIO, Protocol
from urllib.parse import unquote, unquote_plus

__all__ = [
    "MAX_BODY_BYTES",
    "Body",
    "HttpError",
    "HttpRequest",
    "HttpResponse",
    "Readable",
    "parse_query",
    "read_request",
    "response_head",
]

MAX_LINE_BYTES = 16 * 1024
MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 200
MAX_BODY_BYTES = 5 * 1024**4  # the largest object that S3 takes in one piece or many
BLOCK_BYTES = 256 * 1024

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TARGET = re.compile(r"/[\x21-\x7e]*")
_DIGITS = re.compile(r"[0-9]{1,15}")
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class HttpError(Exception):
    """What was sent is no HTTP request that can be answered; the connection is closed after the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Readable(Protocol):
    """Bytes that are read once, from the front."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all that is left where it is negative; nothing at the end."""
        ...


class Body:
    """The bytes of one request's body, read once. `length` is what the client announced, None where it sends chunks."""

    def __init__(self, stream: BinaryIO, length: int | None, before_reading: Callable[[], None] = lambda: None) -> None:
        self.length = length
        self._stream = stream
        self._left = length
        self._chunk_left = 0
        self._before_reading: Callable[[], None] | None = before_reading

    @property
    def at_end(self) -> bool:
        """Nothing is left to read."""
        return self._left == 0

    @property
    def untouched(self) -> bool:
        """Nobody asked for the body, so a client that waits for `100 Continue` has not sent it."""
        return self._before_reading is not None

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all that is left where it is negative; nothing at the end."""
        if self._before_reading is not None:
            self._before_reading()
            self._before_reading = None
        if size < 0:
            return b"".join(iter(lambda: self.read(BLOCK_BYTES), b""))
        return self._read_chunk(size) if self._left is None else self._read_counted(size, self._left)

    def _read_counted(self, size: int, left: int) -> bytes:
        block = self._stream.read(min(size, left))
        if not block and left and size:
            raise HttpError(400, "the body ended before its announced length")
        self._left = left - len(block)
        return block

    def _read_chunk(self, size: int) -> bytes:
        if self._chunk_left == 0:
            self._chunk_left = self._next_chunk()
            if self._chunk_left == 0:
                self._left = 0
                return b""
        block = self._stream.read(min(size, self._chunk_left))
        if not block:
            raise HttpError(400, "the body ended inside a chunk")
        self._chunk_left -= len(block)
        if self._chunk_left == 0 and _line(self._stream):
            raise HttpError(400, "a chunk is longer than its size")
        return block

    def _next_chunk(self) -> int:
        size = (_line(self._stream) or "").split(";", 1)[0].strip()
        if not re.fullmatch(r"[0-9A-Fa-f]{1,12}", size):
            raise HttpError(400, "a chunk has no size")
        if int(size, 16) == 0:
            while _line(self._stream):
                pass
        return int(size, 16)


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of the connection. `tls_version` is what s3:TlsVersion says, such as `1.3`; None over plain http."""

    address: str = "127.0.0.1"
    tls_version: str | None = None


@dataclass(frozen=True)
class HttpRequest:
    """One request as it was sent. `headers` keep their spelling and order; `header()` looks one up without regard to case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Readable = field(default_factory=lambda: Body(BytesIO(), 0))
    peer: Peer = field(default_factory=Peer)

    @cached_property
    def fields(self) -> dict[str, str]:
        """Each header's value under its lower-case name; several of one name joined with commas, as RFC 9110 does."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            lower = name.lower()
            found[lower] = f"{found[lower]},{value}" if lower in found else value
        return found

    def header(self, name: str, default: str = "") -> str:
        """The value of the header, `default` where it was not sent."""
        return self.fields.get(name, default)

    @property
    def raw_path(self) -> str:
        """The path as it was sent, percent signs and all."""
        return self.target.partition("?")[0]

    @property
    def raw_query(self) -> str:
        """The query as it was sent, without the question mark."""
        return self.target.partition("?")[2]

    @cached_property
    def path(self) -> str:
        """The path with its percent signs resolved."""
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's names and values in order."""
        return parse_query(self.raw_query)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query as a mapping; of several of one name the first counts."""
        return dict(reversed(self.query))

    @property
    def secure(self) -> bool:
        """The request came over TLS."""
        return self.peer.tls_version is not None


@dataclass(slots=True)
class HttpResponse:
    """An answer. A `body` of several blocks needs a Content-Length among the headers, or the connection ends with it."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""

    def blocks(self) -> Iterator[bytes]:
        """The body's bytes, piece by piece."""
        return iter((self.body,)) if isinstance(self.body, bytes) else iter(self.body)


def parse_query(text: str) -> tuple[tuple[str, str], ...]:
    """The names and values of a query string or a form, in the order in which they stand."""
    if not text:
        return ()
    pairs = (part.partition("=") for part in text.split("&") if part)
    return tuple((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs)


def read_request(stream: BinaryIO, peer: Peer, send_continue: Callable[[], None]) -> HttpRequest | None:
    """The next request on a connection, or None where the client has closed it. Raises HttpError."""
    start = _line(stream, at_start=True)
    if start is None:
        return None
    parts = start.split(" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]):
        raise HttpError(400, "the request line is malformed")
    method, target, version = parts
    if version != "HTTP/1.1":
        raise HttpError(505, "only HTTP/1.1 is spoken here")
    if not _TARGET.fullmatch(target):
        raise HttpError(400, "the request's target is not a path")
    headers = _read_headers(stream)
    waits = any(name.lower() == "expect" and value.lower() == "100-continue" for name, value in headers)
    body = Body(stream, _body_length(headers), send_continue if waits else lambda: None)
    return HttpRequest(method, target, headers, body, peer)


def _line(stream: BinaryIO, *, at_start: bool = False) -> str | None:
    line = stream.readline(MAX_LINE_BYTES + 1)
    if not line and at_start:
        return None
    if len(line) > MAX_LINE_BYTES:
        raise HttpError(414 if at_start else 431, "a line is too long")
    # SECURITY: a lone line feed ends a line for some readers and not for others (request smuggling).
    if not line.endswith(b"\r\n"):
        raise HttpError(400, "a line does not end with CR LF")
    return line[:-2].decode("latin-1")


def _read_headers(stream: BinaryIO) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    size = 0
    while line := _line(stream):
        size += len(line)
        if size > MAX_HEAD_BYTES or len(headers) >= MAX_HEADERS:
            raise HttpError(431, "the request has too many headers")
        name, colon, value = line.partition(":")
        # SECURITY: a space before the colon and a folded line are read in two ways (request smuggling).
        if not colon or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise HttpError(400, "a header is malformed")
        headers.append((name, value.strip(" \t")))
    return tuple(headers)


def _body_length(headers: tuple[tuple[str, str], ...]) -> int | None:
    lengths = [value for name, value in headers if name.lower() == "content-length"]
    encodings = [value.lower() for name, value in headers if name.lower() == "transfer-encoding"]
    # SECURITY: two answers to where a body ends let one request hide another (request smuggling).
    if len(lengths) > 1 or len(encodings) > 1 or (lengths and encodings):
        raise HttpError(400, "the body's length is given twice")
    if encodings:
        if encodings != ["chunked"]:
            raise HttpError(501, "the transfer encoding is unknown")
        return None
    if not lengths:
        return 0
    if not _DIGITS.fullmatch(lengths[0]):
        raise HttpError(400, "the body's length is no number")
    if int(lengths[0]) > MAX_BODY_BYTES:
        raise HttpError(413, "the body is too large")
    return int(lengths[0])


def response_head(response: HttpResponse, *, keep_alive: bool, length: int | None) -> bytes:
    """The status line and headers of `response`, ready to send."""
    lines = [f"HTTP/1.1 {response.status} {_PHRASES.get(response.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    if not keep_alive:
        lines.append("Connection: close")
    head = "\r\n".join(lines)
    # SECURITY: a line end inside a value would let stored data write headers of its own (response splitting).
    if head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1:
        raise HttpError(500, "a header of the response holds a line end")
    return head.encode("latin-1", "replace") + b"\r\n\r\n"
