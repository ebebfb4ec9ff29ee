"""The HTTP driver over real sockets: TLS, proxies, deadlines, and servers that misbehave."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

from bucketpass.credentials.exchange import answered, unanswered
from bucketpass.wire.client import HttpRequest
from bucketpass.wire.network import MAX_RESPONSE_BYTES, Network, UnreadableAuthorities, addresses_of
from bucketpass.wire.url import Url

pytestmark = pytest.mark.slow

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@contextmanager
def server(handle: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that hands each caller to `handle`."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), tls.wrap_socket(peer, server_side=True) if tls else peer as caller:
                handle(caller)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def answering(answer: bytes, seen: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    def handle(caller: socket.socket) -> None:
        data = caller.recv(65_536)
        if seen is not None:
            seen.append(data)
        caller.sendall(answer)

    return handle


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, str]:
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return authority, str(path)


def tls_of(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_an_answer_in_clear_text() -> None:
    with server(answering(ANSWER)) as port:
        response = Network().send(HttpRequest("GET", f"http://127.0.0.1:{port}/"), timeout=5)
    assert (response.status, response.body) == (200, b"hello")


def test_an_answer_over_tls_of_a_private_authority(authority: tuple[trustme.CA, str]) -> None:
    with server(answering(ANSWER), tls_of(authority[0])) as port:
        response = Network().send(HttpRequest("GET", f"https://localhost:{port}/"), timeout=5, ca_file=authority[1])
    assert response.body == b"hello"


@pytest.mark.parametrize(("name", "trusted"), [("localhost", False), ("other.test", True)])
def test_a_server_that_is_not_proved_is_not_spoken_to(authority: tuple[trustme.CA, str], name: str, trusted: bool) -> None:
    seen: list[bytes] = []
    with server(answering(ANSWER, seen), tls_of(authority[0], name)) as port, pytest.raises(ssl.SSLCertVerificationError):
        Network().send(HttpRequest("GET", f"https://localhost:{port}/"), timeout=5, ca_file=authority[1] if trusted else None)
    assert seen == []


def through_a_tunnel(authority: tuple[trustme.CA, str], user: str = "") -> list[bytes]:
    """What a proxy hears, and then the server behind it, of one request over https."""
    heard: list[bytes] = []
    tls = tls_of(authority[0], "sts.test")

    def proxy(caller: socket.socket) -> None:
        heard.append(caller.recv(65_536))
        caller.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with tls.wrap_socket(caller, server_side=True) as inside:
            answering(ANSWER, heard)(inside)

    with server(proxy) as port:
        network = Network(https_proxy=f"http://{user}127.0.0.1:{port}")
        assert network.send(HttpRequest("GET", "https://sts.test/"), timeout=5, ca_file=authority[1]).body == b"hello"
    return heard


def test_https_goes_through_a_tunnel_of_the_proxy(authority: tuple[trustme.CA, str]) -> None:
    assert through_a_tunnel(authority)[0] == b"CONNECT sts.test:443 HTTP/1.1\r\nHost: sts.test:443\r\n\r\n"


def test_a_proxy_is_shown_its_password_and_the_server_behind_it_is_not(authority: tuple[trustme.CA, str]) -> None:
    asked, behind = through_a_tunnel(authority, "user:secret@")
    assert b"\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n" in asked
    assert b"uthorization" not in behind


@pytest.mark.parametrize(
    ("answer", "said"), [(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "the tunnel: HTTP/1.1 407"), (b"", "the proxy closed")]
)
def test_a_proxy_that_refuses_is_an_error_that_says_how(answer: bytes, said: str) -> None:
    with server(answering(answer)) as port, pytest.raises(ConnectionError, match=said):
        Network(https_proxy=f"http://127.0.0.1:{port}").send(HttpRequest("GET", "https://sts.test/"), timeout=5)


def test_http_goes_to_the_proxy_with_its_whole_address() -> None:
    seen: list[bytes] = []
    with server(answering(ANSWER, seen)) as port:
        Network(http_proxy=f"127.0.0.1:{port}").send(HttpRequest("GET", "http://sts.test/x"), timeout=5)
    assert seen[0].startswith(b"GET http://sts.test/x HTTP/1.1\r\nHost: sts.test\r\n")


def test_a_name_whose_first_address_does_not_answer_is_reached_by_another() -> None:
    # `localhost` is ::1 and 127.0.0.1; only the second listens.
    with server(answering(ANSWER)) as port:
        assert Network().send(HttpRequest("GET", f"http://localhost:{port}/"), timeout=5).body == b"hello"


def test_a_unix_socket_can_be_asked(socket_folder: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(socket_folder / "api"))
    listener.listen()

    def serve() -> None:
        caller, _ = listener.accept()
        with caller:
            answering(ANSWER)(caller)

    threading.Thread(target=serve, daemon=True).start()
    assert Network().send(HttpRequest("POST", f"unix:{socket_folder / 'api'}:/v1/tokens"), timeout=5).body == b"hello"
    listener.close()


def drip(caller: socket.socket) -> None:
    caller.recv(65_536)
    for byte in ANSWER:
        caller.sendall(bytes([byte]))
        time.sleep(0.05)


def hang(caller: socket.socket) -> None:
    caller.recv(65_536)
    time.sleep(3)


@pytest.mark.parametrize("handle", [drip, hang])
def test_the_deadline_is_for_the_whole_answer(handle: Callable[[socket.socket], None]) -> None:
    with server(handle) as port:
        before = time.monotonic()
        with pytest.raises(TimeoutError):
            Network().send(HttpRequest("GET", f"http://127.0.0.1:{port}/"), timeout=0.4)
        assert time.monotonic() - before < 1.0


def test_an_answer_without_end_is_cut_off() -> None:
    def flood(caller: socket.socket) -> None:
        caller.recv(65_536)
        caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            caller.sendall(b"x" * 65_536)

    with server(flood) as port, pytest.raises(ConnectionError, match=f"{MAX_RESPONSE_BYTES:,}"):
        Network().send(HttpRequest("GET", f"http://127.0.0.1:{port}/"), timeout=10)


def test_a_redirect_is_not_followed() -> None:
    with server(answering(b"HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n")) as port:
        assert Network().send(HttpRequest("GET", f"http://127.0.0.1:{port}/"), timeout=5).status == 302


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_authorities_that_cannot_be_read_are_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with server(answering(ANSWER)) as port, pytest.raises(UnreadableAuthorities, match=f"authorities in `{file}`"):
        Network().send(HttpRequest("GET", f"https://localhost:{port}/"), timeout=5, ca_file=str(file))


def test_authorities_that_changed_are_read_again(authority: tuple[trustme.CA, str], tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    with server(answering(ANSWER), tls_of(authority[0])) as port:
        request = HttpRequest("GET", f"https://localhost:{port}/")
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            Network().send(request, timeout=5, ca_file=str(file))
        assert f"checked against `{file}`" in refused.value.verify_message
        draft = tmp_path / "new.pem"
        authority[0].cert_pem.write_to_path(str(draft))
        draft.rename(file)
        assert Network().send(request, timeout=5, ca_file=str(file)).body == b"hello"


def test_the_authorities_of_the_environment_are_for_all_that_is_asked(authority: tuple[trustme.CA, str]) -> None:
    with server(answering(ANSWER), tls_of(authority[0])) as port:
        network = Network.from_variables({"AWS_CA_BUNDLE": authority[1]})
        assert network.send(HttpRequest("GET", f"https://localhost:{port}/"), timeout=5).body == b"hello"


def test_a_slow_resolver_takes_none_of_the_servers_time() -> None:
    def slowly(url: Url) -> list[tuple[int, tuple[Any, ...] | str]]:
        time.sleep(0.3)
        return addresses_of(url)

    with server(answering(ANSWER)) as port:
        response = Network(resolve=slowly).send(HttpRequest("GET", f"http://127.0.0.1:{port}/"), timeout=0.2)
    assert response.body == b"hello"


def test_a_connection_goes_only_to_the_addresses_that_were_resolved() -> None:
    with server(answering(ANSWER)) as port:
        pinned = Network(resolve=lambda url: [(socket.AF_INET, ("127.0.0.1", url.port))])
        assert pinned.send(HttpRequest("GET", f"http://elsewhere.test:{port}/"), timeout=5).body == b"hello"
        with pytest.raises(ConnectionError, match="no address"):
            Network(resolve=lambda url: []).send(HttpRequest("GET", f"http://localhost:{port}/"), timeout=5)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: \xb2\r\n\r\nok",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
        b"Transfer-Encoding: chunked\r\n\r\n0x_1\r\nx\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n1_0\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n",
    ],
)
def test_an_answer_of_sts_that_is_read_in_two_ways_is_a_refusal_that_says_so(head: bytes) -> None:
    with server(answering(b"HTTP/1.1 200 OK\r\n" + head)) as port:
        request = HttpRequest("POST", f"http://127.0.0.1:{port}/", body=b"Action=AssumeRoleWithWebIdentity")
        answer = answered(Network().send, request, None)
    assert isinstance(answer, ConnectionError)
    refusal = unanswered(answer)
    assert refusal.code == "no-answer"
    assert "the answer cannot be read" in refusal.message
