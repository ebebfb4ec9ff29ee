"""HTTP/1.1 as this package speaks it: one request, one answer, one connection, one deadline.

`http.client` costs 34 ms to import (it brings `email` and `ssl`), which is more than a whole exchange may take; a
client that asks small questions of STS and of metadata services needs none of what it adds. `encode` and `decode` do no
I/O; `send` is their driver over a socket. Redirects are not followed: a token must not go where nobody configured.

See: RFC 9112 (message syntax), RFC 9110 section 9.3.6 (CONNECT).
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    import ssl

__all__ = ["HttpRequest", "HttpResponse", "Network", "Send", "decode", "encode"]

MAX_RESPONSE_BYTES = 1 << 20  # an answer of STS or of a token endpoint has a few KiB; more is somebody else
READ_BYTES = 1 << 16
DEFAULT_PORTS = {"http": 80, "https": 443}
NEVER_PROXIED = frozenset({"localhost", "::1", "metadata.google.internal"})


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
    """The request as it goes over the wire; through a proxy, with the whole URL as its target."""
    url = urlsplit(request.url)
    target = f"{url.path or '/'}{'?' + url.query if url.query else ''}"
    lines = [
        f"{request.method} {f'{url.scheme}://{url.netloc}{target}' if through_proxy else target} HTTP/1.1",
        f"Host: {url.netloc.rpartition('@')[2]}",
        "Connection: close",
        "Accept-Encoding: identity",
        *(f"{name}: {value}" for name, value in request.headers),
    ]
    if request.body or request.method == "POST":
        lines.append(f"Content-Length: {len(request.body)}")
    if any("\r" in line or "\n" in line for line in lines):
        # SECURITY: a line break in an audience or a token would start a header, or a request, of its own.
        raise ConnectionError("a request line or header holds a line break")
    try:
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body
    except UnicodeEncodeError:
        raise ConnectionError("a request line or header holds characters that HTTP has not") from None


def decode(data: bytes, *, at_end: bool) -> HttpResponse | None:
    """The answer in `data`, or None where more must come. Raises ConnectionError where it is no HTTP or ends too soon."""
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        if at_end or len(data) > READ_BYTES:
            raise ConnectionError("the answer is no HTTP, or ended within its headers")
        return None
    status_line, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = status_line.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise ConnectionError("the answer is no HTTP/1.1")
    status = int(rest[:3])
    if 100 <= status < 200:
        return decode(body, at_end=at_end)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    whole = body_of(headers, body, at_end=at_end) if status not in {204, 304} else b""
    return None if whole is None else HttpResponse(status, headers, whole)


def body_of(headers: Mapping[str, str], data: bytes, *, at_end: bool) -> bytes | None:
    """The whole body, or None where more must come."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        whole = unchunked(data)
    elif (length := headers.get("content-length")) is not None:
        if not length.isdigit():
            raise ConnectionError("the answer's Content-Length is no number")
        whole = data[: int(length)] if len(data) >= int(length) else None
    else:
        return data if at_end else None
    if whole is None and at_end:
        raise ConnectionError("the answer ended too soon")
    return whole


def unchunked(data: bytes) -> bytes | None:
    """The content of a chunked body, or None where more must come."""
    content = bytearray()
    while True:
        line, found, data = data.partition(b"\r\n")
        if not found:
            return None
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise ConnectionError("the answer's chunks cannot be read") from None
        if size == 0:
            return bytes(content)
        if len(data) < size + 2:
            return None
        content += data[:size]
        data = data[size + 2 :]


class Network(NamedTuple):
    """The machine's network: which proxy an address is reached through. Its `send` is the real `Send`."""

    http_proxy: str = ""
    https_proxy: str = ""
    no_proxy: tuple[str, ...] = ()

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Network:
        """The network that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY (or lower case) speak of."""

        def value(name: str) -> str:
            return variables.get(name.lower()) or variables.get(name) or ""

        # SECURITY: HTTP_PROXY can be set by a caller of a CGI program ("httpoxy"); REQUEST_METHOD is the sign of one.
        http_proxy = variables.get("http_proxy", "") if "REQUEST_METHOD" in variables else value("HTTP_PROXY")
        names = tuple(name.strip().lower().lstrip(".") for name in value("NO_PROXY").split(",") if name.strip())
        return cls(http_proxy or value("ALL_PROXY"), value("HTTPS_PROXY") or value("ALL_PROXY"), names)

    def proxy_for(self, url: SplitResult) -> str:
        """The proxy for `url`, empty for none. Loopback and link-local addresses never go through one."""
        host = (url.hostname or "").lower()
        if host in NEVER_PROXIED or host.startswith(("127.", "169.254.")):
            return ""
        if any(name in {"*", host} or host.endswith("." + name) or in_network(host, name) for name in self.no_proxy):
            return ""
        return self.https_proxy if url.scheme == "https" else self.http_proxy

    def send(self, request: HttpRequest, /, *, timeout: float, ca_file: str | None = None) -> HttpResponse:
        """The server's answer, whole, within `timeout` seconds from now. Raises OSError."""
        deadline = monotonic() + timeout
        if request.url.startswith("unix:"):
            _, path, target = request.url.split(":", 2)
            connection = connect_unix(path, deadline)
            return converse(connection, encode(request._replace(url=f"http://localhost{target}")), deadline)
        url = urlsplit(request.url)
        if url.scheme not in DEFAULT_PORTS or not url.hostname:
            raise ConnectionError(f"`{request.url.partition('?')[0]}` is no http or https address")
        proxy = self.proxy_for(url)
        connection = connect(proxy or request.url, deadline)
        try:
            if url.scheme == "https":
                if proxy:
                    open_tunnel(connection, url, deadline)
                connection.settimeout(remaining(deadline))
                connection = tls_context(ca_file).wrap_socket(connection, server_hostname=url.hostname)
        except BaseException:
            connection.close()
            raise
        return converse(connection, encode(request, through_proxy=bool(proxy) and url.scheme == "http"), deadline)


def in_network(host: str, name: str) -> bool:
    """Whether the address `host` is in the network `name`, such as 10.0.0.0/8."""
    if "/" not in name:
        return False
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False


def remaining(deadline: float) -> float:
    """Seconds to the deadline. Raises TimeoutError once it is over."""
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError("no answer in time")
    return left


def connect(url: str, deadline: float) -> socket.socket:
    """A connection to the host of `url`."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    try:
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 80)
        # As bytes: for text the standard library loads its tables of international names, 1.5 ms.
        host = (parts.hostname or "").encode("ascii")
    except ValueError:
        raise ConnectionError(f"`{parts.netloc}` is no host and port") from None
    address = (host, port)
    connection = socket.create_connection(address, timeout=remaining(deadline))  # type: ignore[arg-type]  # typeshed knows no bytes
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def connect_unix(path: str, deadline: float) -> socket.socket:
    """A connection to the server that listens at `path`."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(remaining(deadline))
    try:
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_tunnel(connection: socket.socket, url: SplitResult, deadline: float) -> None:
    """Make `connection`, which goes to a proxy, reach the server of `url`."""
    authority = f"{url.hostname}:{url.port or DEFAULT_PORTS['https']}"
    connection.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        # One byte at a time: what follows the proxy's answer belongs to TLS.
        connection.settimeout(remaining(deadline))
        byte = connection.recv(1)
        data += byte
        if not byte or len(data) > READ_BYTES:
            raise ConnectionError("the proxy closed the tunnel")
    if data.split(b" ", 2)[1:2] != [b"200"]:
        raise ConnectionError("the proxy refused the tunnel")


@lru_cache(maxsize=8)
def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """How a server is checked: against `ca_file`, or the machine's authorities. Made once: reading them takes 25 ms."""
    import ssl

    context = ssl.create_default_context(cafile=ca_file)
    context.check_hostname = True
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def converse(connection: socket.socket, request: bytes, deadline: float) -> HttpResponse:
    """Send `request` and give the whole answer; the connection is closed."""
    with connection:
        connection.settimeout(remaining(deadline))
        connection.sendall(request)
        data = b""
        while True:
            connection.settimeout(remaining(deadline))
            chunk = connection.recv(READ_BYTES)
            data += chunk
            response = decode(data, at_end=not chunk)
            if response is not None:
                return response
            if len(data) > MAX_RESPONSE_BYTES:
                raise ConnectionError(f"the answer is larger than {MAX_RESPONSE_BYTES:,} bytes")
