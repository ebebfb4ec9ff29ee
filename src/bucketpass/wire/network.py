"""How a request reaches its server: addresses, proxies, TLS, and one deadline for all of it.

See: RFC 9110 section 9.3.6 (CONNECT), RFC 7617 (Basic).
"""

from __future__ import annotations

import os
import socket
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from bucketpass.digits import DIGITS
from bucketpass.wire.client import HttpResponse, encode, read_response
from bucketpass.wire.stream import Stream
from bucketpass.wire.syntax import MAX_HEAD_BYTES, HttpError, parse_response_head, render_head
from bucketpass.wire.url import parse_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from bucketpass.wire.client import HttpRequest
    from bucketpass.wire.url import Url


__all__ = ["Address", "Network", "UnreadableAuthorities", "addresses_of", "tls_context"]

MAX_RESPONSE_BYTES = 1 << 20  # an answer of STS or of a token endpoint has a few KiB; more is somebody else
Address = tuple[int, tuple[Any, ...] | str]
NEVER_PROXIED = frozenset({"localhost", "::1", "metadata.google.internal"})


class UnreadableAuthorities(OSError):
    """The file of certificate authorities does not exist, or holds none."""


def addresses_of(url: Url) -> list[Address]:
    """The family and address of each way to the host of `url`. Raises OSError."""
    # As bytes: for text Python loads its tables of international names, 1.5 ms.
    found = socket.getaddrinfo(url.host.encode(), url.port, 0, socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


class Network(NamedTuple):
    """The machine's network: which proxy a URL is reached through. Its `send` is the real `Send`.

    `ca_file` has authorities that are trusted beside the machine's own, where a request does not name the only ones. `resolve` says
    which addresses a server has; one that refuses some pins the connection to those that it gave.
    """

    http_proxy: str = ""
    https_proxy: str = ""
    no_proxy: tuple[str, ...] = ()
    resolve: Callable[[Url], list[Address]] = addresses_of
    ca_file: str | None = None

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Network:
        """The network of these variables: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY (or lower case), and AWS_CA_BUNDLE."""

        def value(name: str) -> str:
            return variables.get(name.lower()) or variables.get(name) or ""

        # SECURITY: HTTP_PROXY can be set by a caller of a CGI program ("httpoxy"); REQUEST_METHOD is the sign of one.
        http_proxy = variables.get("http_proxy", "") if "REQUEST_METHOD" in variables else value("HTTP_PROXY")
        names = tuple(name.strip().lower().lstrip(".") for name in value("NO_PROXY").split(",") if name.strip())
        authorities = variables.get("BUCKETPASS_CA_BUNDLE") or variables.get("AWS_CA_BUNDLE") or None
        return cls(http_proxy or value("ALL_PROXY"), value("HTTPS_PROXY") or value("ALL_PROXY"), names, ca_file=authorities)

    def proxy_for(self, url: Url) -> str:
        """The proxy for `url`, empty for none. Loopback and link-local addresses never go through one."""
        host = url.host
        # SECURITY: only addresses; a name such as 127.example.com is somebody's host.
        is_address = DIGITS.issuperset(host.replace(".", ""))
        if host in NEVER_PROXIED or (is_address and host.startswith(("127.", "169.254."))):
            return ""
        if any(name in {"*", host} or host.endswith("." + name) or in_network(host, name) for name in self.no_proxy):
            return ""
        return self.https_proxy if url.scheme == "https" else self.http_proxy

    def send(self, request: HttpRequest, /, *, timeout: float, ca_file: str | None = None) -> HttpResponse:
        """The server's answer, whole, within `timeout` seconds from when its address is known. Raises OSError."""
        if request.url.startswith("unix:"):
            deadline = monotonic() + timeout
            _, path, target = request.url.split(":", 2)
            return converse(connect_unix(path, deadline), encode(request._replace(url=f"http://localhost{target}")), deadline)
        url = parse_url(request.url)
        proxy = parsed_proxy(self.proxy_for(url))
        if proxy and url.scheme == "http":
            request = request._replace(headers=(*request.headers, *proxy_authorization(proxy)))
        data = encode(request, through_proxy=proxy is not None and url.scheme == "http")
        addresses = self.resolve(proxy or url)
        # Resolvers wait 5 s for a server that is down before they ask the next: the server is not charged with that time.
        deadline = monotonic() + timeout
        connection = connect(addresses, proxy or url, deadline)
        if url.scheme == "https":
            try:
                if proxy:
                    open_tunnel(connection, url, proxy_authorization(proxy), deadline)
                connection.settimeout(remaining(deadline))
                connection = secured(connection, url.host, ca_file, self.ca_file)
            except BaseException:
                connection.close()
                raise
        return converse(connection, data, deadline)


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


def connect(addresses: list[Address], url: Url, deadline: float) -> socket.socket:
    """A connection to the host of `url`, by the first of its addresses that answers. Raises OSError."""
    failed: OSError = ConnectionError(f"`{url.host}` has no address")
    for left, (family, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:
            # An address that does not answer, as IPv6 where it leads nowhere, leaves time for the others.
            return connected(family, address, remaining(deadline) / left)
        except OSError as error:
            failed = error
    raise failed


def connect_unix(path: str, deadline: float) -> socket.socket:
    """A connection to the server that listens at `path`. Raises OSError."""
    return connected(socket.AF_UNIX, path, remaining(deadline))


def connected(family: int, address: tuple[Any, ...] | str, seconds: float) -> socket.socket:
    """A stream to `address`, within so many seconds. Raises OSError."""
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(address)
        if family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection


def receiver(connection: socket.socket, deadline: float, most: int) -> Callable[[int], bytes]:
    """What receives from `connection` until the deadline. Raises TimeoutError, and ConnectionError after `most` bytes."""
    received = 0

    def receive(size: int) -> bytes:
        nonlocal received
        connection.settimeout(remaining(deadline))
        block = connection.recv(size)
        received += len(block)
        if received > most:
            raise ConnectionError(f"the answer is larger than {most:,} bytes")
        return block

    return receive


def open_tunnel(connection: socket.socket, url: Url, headers: tuple[tuple[str, str], ...], deadline: float) -> None:
    """Make `connection`, which goes to a proxy, reach the server of `url`."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    authority = f"{host}:{url.port}"
    connection.sendall(render_head(f"CONNECT {authority} HTTP/1.1", (("Host", authority), *headers)))
    one_byte = receiver(connection, deadline, MAX_HEAD_BYTES)
    # One byte at a time: what follows the proxy's answer belongs to TLS.
    head = Stream(lambda size: one_byte(1)).head()
    if head is None:
        raise ConnectionError("the proxy closed the tunnel")
    line = head.partition(b"\r\n")[0][:80].decode("latin-1")
    try:
        status = parse_response_head(head).status
    except HttpError as error:
        raise ConnectionError(f"the proxy's answer cannot be read: {error}") from None
    if status != 200:
        raise ConnectionError(f"the proxy refused the tunnel: {line}")


def secured(connection: socket.socket, host: str, ca_file: str | None, more: str | None) -> ssl.SSLSocket:
    """The connection over TLS, to a server that has proved to be `host`. Raises OSError, which names the file of authorities."""
    import ssl

    try:
        return tls_context(ca_file, more).wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        machine = f"the authorities of this machine{f' and `{more}`' if more else ''}"
        error.verify_message = f"{error.verify_message} (checked against {f'`{ca_file}`' if ca_file else machine})"
        raise


def tls_context(ca_file: str | None, more: str | None = None) -> ssl.SSLContext:
    """How a server is checked: against `ca_file` alone, or the machine's authorities and those in `more`.

    The files are read again when they have changed; not at each request, because that takes 25 ms. Raises UnreadableAuthorities.
    """
    import ssl

    files = (ca_file or ssl.get_default_verify_paths().cafile, None if ca_file else more)
    version = tuple(version_of(file) for file in files)
    made = CONTEXTS.get(files)
    if made is None or made[0] != version:
        try:
            context = ssl.create_default_context(cafile=ca_file)
            if files[1]:
                ca_file = files[1]
                context.load_verify_locations(ca_file)
        except OSError as error:
            raise UnreadableAuthorities(f"cannot read the authorities in `{ca_file}`: {error.strerror or error}") from None
        context.check_hostname = True
        context.verify_mode = ssl.CERT_REQUIRED
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        made = CONTEXTS[files] = (version, context)
    return made[1]


Version = tuple[int, int, int] | None
CONTEXTS: dict[tuple[str | None, str | None], tuple[tuple[Version, ...], ssl.SSLContext]] = {}


def version_of(path: str | None) -> Version:
    """What changes with the file's content: its inode, size and time. None where there is no file."""
    try:
        status = os.stat(path or "")  # noqa: PTH116 - at each request, on the way of a credential process
    except OSError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def converse(connection: socket.socket, request: bytes, deadline: float) -> HttpResponse:
    """Send `request` and return the whole answer; the connection is closed."""
    try:
        connection.settimeout(remaining(deadline))
        connection.sendall(request)
        return read_response(Stream(receiver(connection, deadline, MAX_RESPONSE_BYTES)))
    finally:
        connection.close()
