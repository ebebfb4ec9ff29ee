"""Requests as a server gets them, and its answers. Signatures cover the target and the headers as they were sent: both are kept.

Source: RFC 9112 (messages), RFC 9110 section 10.1.1 (Expect).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote, unquote_plus

from bucketpass.memo import once
from bucketpass.wire.stream import Body, Stream
from bucketpass.wire.syntax import HttpError, body_length, parse_request_head, render_head

__all__ = [
    "Peer",
    "Readable",
    "ServerRequest",
    "ServerResponse",
    "body_of",
    "http_date",
    "parse_query",
    "read_request",
    "reason",
    "response_head",
]

REASONS = {status.value: status.phrase for status in HTTPStatus}


class Readable(Protocol):
    """Bytes that are read once, from the front."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all that is left where it is negative; nothing at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of the connection. `tls_version` is the value of s3:TlsVersion, such as `1.3`; None over plain http."""

    address: str = "127.0.0.1"
    tls_version: str | None = None


def body_of(data: bytes) -> Body:
    """A body of these bytes, announced with their length."""
    pieces = [data]
    return Body(Stream(lambda size: pieces.pop() if pieces else b""), len(data))


@dataclass(frozen=True)
class ServerRequest:
    """One request. `headers` keep their spelling and order; `target` is its path and query, also where it came in absolute form."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Readable = field(default_factory=lambda: body_of(b""))
    peer: Peer = field(default_factory=Peer)

    @once
    def fields(self) -> dict[str, str]:
        """Each header's value under its lower-case name; several of one name joined with commas, as RFC 9110 does."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            lower = name.lower()
            found[lower] = f"{found[lower]},{value}" if lower in found else value
        return found

    def header(self, name: str, default: str = "") -> str:
        """The value of the header `name` (in lower case), `default` where it was not sent."""
        return self.fields.get(name, default)

    @once
    def raw_path(self) -> str:
        """The path as it was sent, percent signs and all."""
        return self.target.partition("?")[0]

    @property
    def raw_query(self) -> str:
        """The query as it was sent, without the question mark."""
        return self.target.partition("?")[2]

    @once
    def path(self) -> str:
        """The path with its percent signs resolved."""
        return unquote(self.raw_path)

    @once
    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's names and values in order."""
        return parse_query(self.raw_query)

    @once
    def parameters(self) -> dict[str, str]:
        """The query as a mapping; of several of one name the first counts."""
        return dict(reversed(self.query))

    @property
    def secure(self) -> bool:
        """Whether the request came over TLS."""
        return self.peer.tls_version is not None


@dataclass(slots=True)
class ServerResponse:
    """An answer. A `body` of several blocks needs a Content-Length among the headers, or the connection ends with it."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | Iterable[bytes] = b""

    def blocks(self) -> Iterator[bytes]:
        """The body's bytes, piece by piece."""
        return iter((self.body,)) if isinstance(self.body, bytes) else iter(self.body)


@lru_cache(maxsize=4096)
def http_date(seconds: int) -> str:
    """The second since the epoch as HTTP writes it (RFC 9110 section 5.6.7)."""
    return formatdate(seconds, usegmt=True)


def parse_query(text: str) -> tuple[tuple[str, str], ...]:
    """The names and values of a query string or a form, in the order in which they stand."""
    if not text:
        return ()
    pairs = (part.partition("=") for part in text.split("&") if part)
    return tuple((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs)


def read_request(stream: Stream, peer: Peer, send_continue: Callable[[], None]) -> ServerRequest | None:
    """The next request on a connection, None where the client has closed it. Raises HttpError."""
    data = stream.head()
    if data is None:
        return None
    head = parse_request_head(data)
    if head.version != "1.1":
        raise HttpError(505, "expected HTTP/1.1")
    waits = head.fields.get("expect", "").lower() == "100-continue"
    body = Body(stream, body_length(head.fields), send_continue if waits else None)
    request = ServerRequest(head.method, head.path, head.headers, body, peer)
    request.__dict__["fields"] = head.fields  # what `fields` would find
    return request


def response_head(status: int, headers: Iterable[tuple[str, str]], *, keep_alive: bool, length: int | None) -> bytes:
    """The status line and headers of an answer, ready to send. Raises HttpError."""
    more = [] if length is None else [("Content-Length", str(length))]
    if not keep_alive:
        more.append(("Connection", "close"))
    return render_head(f"HTTP/1.1 {status} {reason(status)}", (*headers, *more), errors="replace")


def reason(status: int) -> str:
    """The phrase that goes with a status code."""
    return REASONS.get(status, "Unknown")
