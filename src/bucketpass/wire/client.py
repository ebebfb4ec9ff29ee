"""A request and its whole answer, as a client has them. No I/O: `network` carries them.

Redirects are not followed: a token must not go where nobody configured.

See: RFC 9112 (HTTP/1.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from bucketpass.wire.stream import Body, Stream
from bucketpass.wire.syntax import HttpError, body_length, parse_response_head, render_head
from bucketpass.wire.url import parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HttpRequest", "HttpResponse", "Send", "encode", "read_response"]

READ_BYTES = 64 * 1024
WITHOUT_BODY = frozenset({204, 304})


class HttpRequest(NamedTuple):
    """A request. `url` is http, https, or `unix:/path/of/socket:/target`."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __repr__(self) -> str:
        # SECURITY: headers and bodies hold tokens; a traceback or log line must not.
        return f"HttpRequest({self.method} {self.url.partition('?')[0]})"


class HttpResponse(NamedTuple):
    """An answer. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        # SECURITY: an answer's body holds credentials.
        return f"HttpResponse({self.status}, {len(self.body)} bytes)"


class Send(Protocol):
    """What carries a request to its server. Raises OSError where no whole answer came in time."""

    def __call__(self, request: HttpRequest, /, *, timeout: float, ca_file: str | None = None) -> HttpResponse:
        """The server's answer."""
        ...


def encode(request: HttpRequest, *, through_proxy: bool = False) -> bytes:
    """The request as it goes over the wire; through a proxy, with the whole URL as its target. Raises ConnectionError."""
    url = parse_url(request.url)
    headers = [("Host", url.authority), ("Connection", "close"), ("Accept-Encoding", "identity"), *request.headers]
    if request.body or request.method == "POST":
        headers.append(("Content-Length", str(len(request.body))))
    target = f"{url.scheme}://{url.authority}{url.target}" if through_proxy else url.target
    try:
        return render_head(f"{request.method} {target} HTTP/1.1", headers) + request.body
    except HttpError as error:
        raise ConnectionError(f"the request cannot be sent: {error}") from None


def read_response(stream: Stream) -> HttpResponse:
    """The next answer, whole; interim answers are passed over. Raises ConnectionError, and what the stream raises."""
    try:
        head = parse_response_head(stream.head() or b"")
        while head.status < 200:
            head = parse_response_head(stream.head() or b"")
        return HttpResponse(head.status, head.fields, response_body(stream, head.status, head.fields))
    except HttpError as error:
        raise ConnectionError(f"the answer cannot be read: {error}") from None


def response_body(stream: Stream, status: int, fields: Mapping[str, str]) -> bytes:
    """The body of an answer with these headers; without a length it goes to the end of the stream (RFC 9112 section 6.3)."""
    length = body_length(fields)
    if status in WITHOUT_BODY:
        return b""
    if "content-length" in fields or "transfer-encoding" in fields:
        return Body(stream, length).read()
    return b"".join(iter(lambda: stream.read(READ_BYTES), b""))
