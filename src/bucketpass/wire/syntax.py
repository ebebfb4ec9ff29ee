"""HTTP/1.1 messages as bytes: heads, where a body ends, and the sizes of its chunks. No I/O.

The reader is strict: what two programs could read in two ways (request smuggling) is refused, and nothing is corrected. It
serves the client, the credential endpoint and the sandbox. `tests/unit/wire/test_syntax.py` holds it to h11: what it accepts h11
accepts too, with the same result. It is not h11 itself because of what that costs, in CPU time on the machine that has the
project's other figures (CPython 3.11): `import h11` takes 52 ms, and a credential process without a cache has 45 ms for
everything; a request of the sandbox takes 46 us to parse with a connection of h11 (26 us with its reader alone) and 11 us here, one of
the credential endpoint 32 us and 6 us.

See: RFC 9112 (HTTP/1.1), RFC 9110 (HTTP semantics).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bucketpass.digits import whole_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "HttpError",
    "RequestHead",
    "ResponseHead",
    "body_length",
    "chunk_size",
    "keeps_open",
    "parse_headers",
    "parse_request_head",
    "parse_response_head",
    "render_head",
    "split_lines",
]

MAX_LINE_BYTES = 16 * 1024
MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 200
MAX_BODY_BYTES = 5 * 1024**4  # the largest object that S3 takes
MAX_CHUNK_DIGITS = 12

TOKEN = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TEXT = b"\t\r\n" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))
TARGET = bytes(range(0x21, 0x7F))
PROTOCOLS = frozenset({"HTTP/1.1", "HTTP/1.0"})
METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})  # looked up sooner than their letters are checked
HEX = frozenset("0123456789ABCDEFabcdef")
# SECURITY: of two values of one of these, one reader takes the first and another the last.
SINGLE = frozenset({"host", "content-length", "transfer-encoding", "authorization"})
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class HttpError(Exception):
    """A message that is not HTTP/1.1, or not in a form that is read in one way only. `status` is what a server answers."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class RequestHead(NamedTuple):
    """The head of a request as it was sent, decoded as Latin-1, which keeps every byte.

    `target` is as it was sent; `path` is its path and query, also where it is in absolute form. `fields` has the headers by name in
    lower case; several of one name are joined with commas (RFC 9110 section 5.3).
    """

    method: str
    target: str
    path: str
    version: str
    headers: tuple[tuple[str, str], ...]
    fields: dict[str, str]

    @property
    def keep_alive(self) -> bool:
        """Whether the client may send another request on this connection."""
        return self.version == "1.1" and keeps_open(self.fields)


class ResponseHead(NamedTuple):
    """The head of a response; `fields` as in `RequestHead`."""

    status: int
    version: str
    fields: dict[str, str]


def parse_request_head(head: bytes) -> RequestHead:
    """The request whose head, without its empty line, is `head`. Raises HttpError."""
    start, *lines = split_lines(head)
    words = start.split(" ")
    if len(words) != 3 or (words[0] not in METHODS and (not words[0] or words[0].encode("latin-1").translate(None, TOKEN))):
        raise HttpError(400, "the request line is malformed")
    method, target, protocol = words
    if protocol not in PROTOCOLS:
        raise HttpError(505, "expected HTTP/1.1")
    if not target or target.encode("latin-1").translate(None, TARGET):
        raise HttpError(400, "the request's target is malformed")
    headers, fields = parse_headers(lines)
    version = protocol[5:]
    if version == "1.1" and "host" not in fields:
        raise HttpError(400, "the request has no Host header")
    return RequestHead(method, target, target if target[0] == "/" else path_of(target, fields), version, headers, fields)


def path_of(target: str, fields: dict[str, str]) -> str:
    """The path and query of a target in absolute form, which every server accepts (RFC 9112 section 3.2.2). Raises HttpError."""
    scheme, found, rest = target.partition("://")
    port = DEFAULT_PORTS.get(scheme.lower())
    if not found or port is None:
        raise HttpError(400, "the request's target is not a path or an http or https URL")
    authority = rest.partition("?")[0].partition("/")[0]
    # SECURITY: RFC 9112 lets the target win over Host. A signature covers Host alone, so they must name the same server.
    if not authority or authority.lower().removesuffix(port) != fields.get("host", "").lower().removesuffix(port):
        raise HttpError(400, "the request's target and its Host header name two servers")
    path = rest[len(authority) :]
    return path if path.startswith("/") else f"/{path}"


def parse_response_head(head: bytes) -> ResponseHead:
    """The response whose head, without its empty line, is `head`. Raises HttpError."""
    start, *lines = split_lines(head)
    protocol, _, rest = start.partition(" ")
    code, blank, _ = rest.partition(" ")
    status = whole_number(code)
    if protocol not in PROTOCOLS or len(code) != 3 or status is None or not (blank or rest == code) or status < 100:
        raise HttpError(502, "the answer is not HTTP/1.1")
    return ResponseHead(status, protocol[5:], parse_headers(lines)[1])


def split_lines(head: bytes) -> list[str]:
    """The lines of a head. Raises HttpError."""
    if len(head) > MAX_HEAD_BYTES:
        raise HttpError(431, "the headers are too large")
    if head.translate(None, TEXT):
        raise HttpError(400, "a header holds a control character")
    lines = head.decode("latin-1").split("\r\n")
    # SECURITY: a lone line feed or carriage return ends a line for some readers and not for others (request smuggling).
    if not head.count(b"\n") == head.count(b"\r") == len(lines) - 1:
        raise HttpError(400, "a line does not end with CR LF")
    if len(head) > MAX_LINE_BYTES and any(len(line) > MAX_LINE_BYTES for line in lines):
        raise HttpError(414 if len(lines[0]) > MAX_LINE_BYTES else 431, "a line is too long")
    if len(lines) > MAX_HEADERS:
        raise HttpError(431, "there are too many headers")
    return lines


def parse_headers(lines: list[str]) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """The headers in order, and by name in lower case. Raises HttpError."""
    headers = []
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name:
            raise HttpError(400, "a header is malformed")
        value = value.strip(" \t")
        headers.append((name, value))
        lower = name.lower()
        if lower not in fields:
            fields[lower] = value
        elif lower in SINGLE:
            raise HttpError(400, f"the header {lower} is given twice")
        else:
            fields[lower] = f"{fields[lower]},{value}"
    # SECURITY: a blank before the colon and a folded line are read in two ways (request smuggling).
    if "".join(fields).encode("latin-1").translate(None, TOKEN):
        raise HttpError(400, "a header's name is malformed")
    return tuple(headers), fields


def body_length(fields: Mapping[str, str]) -> int | None:
    """The bytes of the body that these headers announce, 0 where they announce none; None for a chunked body. Raises HttpError."""
    coding, length = fields.get("transfer-encoding"), fields.get("content-length")
    if coding is not None:
        # SECURITY: two answers to where a body ends let one request hide another (request smuggling).
        if length is not None:
            raise HttpError(400, "the body's length is given twice")
        if coding.lower() != "chunked":
            raise HttpError(501, "the transfer encoding is unknown")
        return None
    if length is None:
        return 0
    number = whole_number(length)
    if number is None:
        raise HttpError(400, "the body's length is not a number")
    if number > MAX_BODY_BYTES:
        raise HttpError(413, "the body is too large")
    return number


def keeps_open(fields: Mapping[str, str]) -> bool:
    """Whether these headers let the connection be used again."""
    options = fields.get("connection")
    return options is None or "close" not in options.lower().replace(" ", "").split(",")


def chunk_size(line: bytes) -> int:
    """The size in the line that starts a chunk, without the line's end. Extensions are skipped. Raises HttpError."""
    if line.translate(None, TEXT) or b"\n" in line or b"\r" in line:
        raise HttpError(400, "a chunk's size is malformed")
    digits = line.partition(b";")[0].decode("latin-1")
    if not 0 < len(digits) <= MAX_CHUNK_DIGITS or not HEX.issuperset(digits):
        raise HttpError(400, "a chunk has no size")
    return int(digits, 16)


def render_head(start: str, headers: Iterable[tuple[str, str]], errors: str = "strict") -> bytes:
    """The head with its empty line, ready to send. Raises HttpError where a value cannot be part of a head.

    `errors` is what becomes of characters that HTTP cannot carry, as `str.encode` has it.
    """
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    head = "\r\n".join(lines)
    # SECURITY: a line end inside a value would start a header, or a message, of its own (response splitting).
    if head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1:
        raise HttpError(500, "a line or header holds a line break")
    try:
        return f"{head}\r\n\r\n".encode("latin-1", errors)
    except UnicodeEncodeError:
        raise HttpError(500, "a line or header holds characters that HTTP cannot carry") from None
