"""HTTP/1.1 as this package speaks it: one request, one answer, one connection, one deadline.

`http.client` costs 34 ms to import (it brings `email` and `ssl`), which is more than a whole exchange may take; a
client that asks small questions of STS and of metadata services needs none of what it adds. `encode` and `decode` do no
I/O; `send` is their driver over a socket. Redirects are not followed: a token must not go where nobody configured.

See: RFC 9112 (message syntax), RFC 9110 section 9.3.6 (CONNECT).
"""

from __future__ import annotations

import _socket  # what `socket` is made of, and 9 ms sooner: of the rest of it only TLS needs some, and imports it
from time import monotonic

from bucketpass.identity.url import parse_url
from bucketpass.lean import NamedTuple, Protocol, cast

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from bucketpass.identity.url import Url

    Connection = _socket.socket | ssl.SSLSocket

__all__ = ["HttpRequest", "HttpResponse", "Network", "Send", "UnreadableAuthorities", "decode", "encode"]

MAX_RESPONSE_BYTES = 1 << 20  # an answer of STS or of a token endpoint has a few KiB; more is somebody else
READ_BYTES = 1 << 16
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


class UnreadableAuthorities(OSError):
    """The file of certificate authorities is not there, or holds none."""


class Send(Protocol):
    """What carries a request to its server. Raises OSError where no whole answer came in time."""

    def __call__(self, request: HttpRequest, /, *, timeout: float, ca_file: str | None = None) -> HttpResponse:
        """The server's answer."""
        ...


def encode(request: HttpRequest, *, through_proxy: bool = False) -> bytes:
    """The request as it goes over the wire; through a proxy, with the whole URL as its target."""
    url = parse_url(request.url)
    lines = [
        f"{request.method} {f'{url.scheme}://{url.authority}' if through_proxy else ''}{url.target} HTTP/1.1",
        f"Host: {url.authority}",
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

    def proxy_for(self, url: Url) -> str:
        """The proxy for `url`, empty for none. Loopback and link-local addresses never go through one."""
        host = url.host
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
            return converse(connect_unix(path, deadline), encode(request._replace(url=f"http://localhost{target}")), deadline)
        url = parse_url(request.url)
        proxy = parsed_proxy(self.proxy_for(url))
        connection: Connection = connect(proxy or url, deadline)
        if url.scheme == "https":
            try:
                if proxy:
                    open_tunnel(connection, url, proxy_authorization(proxy), deadline)
                connection = secured(connection, url, ca_file, deadline)
            except BaseException:
                connection.close()
                raise
        elif proxy:
            request = request._replace(headers=(*request.headers, *proxy_authorization(proxy)))
        return converse(connection, encode(request, through_proxy=proxy is not None and url.scheme == "http"), deadline)


def parsed_proxy(proxy: str) -> Url | None:
    """The proxy's address, None for no proxy. Raises ConnectionError where it is none that we can go through."""
    if not proxy:
        return None
    url = parse_url(proxy if "://" in proxy else f"http://{proxy}")
    if url.scheme != "http":
        raise ConnectionError(f"the proxy `{url.authority}` is reached by https, expected http: what goes through it is encrypted anyway")
    return url


def proxy_authorization(proxy: Url) -> tuple[tuple[str, str], ...]:
    """The header for a proxy whose address has a user and a password.

    See: RFC 7617 (Basic).
    """
    if not proxy.user:
        return ()
    from base64 import b64encode
    from urllib.parse import unquote

    return (("Proxy-Authorization", f"Basic {b64encode(unquote(proxy.user).encode()).decode()}"),)


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


def connect(url: Url, deadline: float) -> _socket.socket:
    """A connection to the host of `url`, by the first of its addresses that answers. Raises OSError."""
    # As bytes: for text Python loads its tables of international names, 1.5 ms.
    addresses = _socket.getaddrinfo(url.host.encode(), url.port, 0, _socket.SOCK_STREAM)
    failed: OSError = ConnectionError(f"`{url.host}` has no address")
    for left, (family, _, _, _, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:
            # An address that does not answer, as IPv6 where it leads nowhere, leaves time for the others.
            return connected(family, address, remaining(deadline) / left)
        except OSError as error:
            failed = error
    raise failed


def connect_unix(path: str, deadline: float) -> _socket.socket:
    """A connection to the server that listens at `path`. Raises OSError."""
    return connected(_socket.AF_UNIX, path, remaining(deadline))


def connected(family: int, address: object, seconds: float) -> _socket.socket:
    """A stream to `address`, within so many seconds. Raises OSError."""
    connection = _socket.socket(family, _socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(cast("str", address))
        if family != _socket.AF_UNIX:
            connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection


def open_tunnel(connection: Connection, url: Url, headers: tuple[tuple[str, str], ...], deadline: float) -> None:
    """Make `connection`, which goes to a proxy, reach the server of `url`."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    authority = f"{host}:{url.port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *(f"{name}: {value}" for name, value in headers), "", ""]
    connection.sendall("\r\n".join(lines).encode())
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        # One byte at a time: what follows the proxy's answer belongs to TLS.
        connection.settimeout(remaining(deadline))
        byte = connection.recv(1)
        data += byte
        if not byte or len(data) > READ_BYTES:
            raise ConnectionError("the proxy closed the tunnel")
    status = data.partition(b"\r\n")[0][:80]
    if status.split(b" ")[1:2] != [b"200"]:
        raise ConnectionError(f"the proxy refused the tunnel: {status.decode('latin-1')}")


def secured(connection: Connection, url: Url, ca_file: str | None, deadline: float) -> ssl.SSLSocket:
    """The connection, encrypted, to a server that has shown itself to be the one of `url`. Raises OSError."""
    import socket

    plain = socket.socket(fileno=connection.detach())
    try:
        plain.settimeout(remaining(deadline))
        return tls_context(ca_file).wrap_socket(plain, server_hostname=url.host)
    except BaseException:
        plain.close()
        raise


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """How a server is checked: against `ca_file`, or the machine's authorities. Made once: reading them takes 25 ms.

    Raises UnreadableAuthorities.
    """
    if ca_file not in CONTEXTS:
        import ssl

        try:
            context = ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise UnreadableAuthorities(f"cannot read the authorities in `{ca_file}`: {error.strerror or error}") from None
        context.check_hostname = True
        context.verify_mode = ssl.CERT_REQUIRED
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        CONTEXTS[ca_file] = context
    return CONTEXTS[ca_file]


CONTEXTS: dict[str | None, ssl.SSLContext] = {}


def converse(connection: Connection, request: bytes, deadline: float) -> HttpResponse:
    """Send `request` and give the whole answer; the connection is closed."""
    try:
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
    finally:
        connection.close()
