"""The local endpoint under hostile callers of the same machine."""

import contextlib
import json
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.fake_sts import ROLE

from bucketpass.credentials.adapters.container import CredentialEndpoint, container_environment, start_endpoint
from bucketpass.credentials.budgets import ENDPOINT_CONNECTIONS
from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.host import Held
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.rules import rule_for
from bucketpass.credentials.server import listen
from bucketpass.credentials.values import Credentials, Refusal
from bucketpass.errors import InvalidInput
from bucketpass.secret import Secret

pytestmark = pytest.mark.slow


class Sts:
    """An exchange that can hang or fail."""

    def __init__(self) -> None:
        self.hold = threading.Event()
        self.hold.set()
        self.refusal: Refusal | None = None

    def __call__(self, **asked: object) -> Held | Refusal:
        self.hold.wait(30)
        if self.refusal is not None:
            return self.refusal
        now = time.time()
        return Held(Credentials("ASIA1", Secret("the-secret-key"), Secret("t"), now, now + 3600, ROLE, TokenIdentity("i", "s")), now + 1800)


@pytest.fixture
def sts() -> Sts:
    return Sts()


@pytest.fixture
def endpoint(sts: Sts) -> Iterator[CredentialEndpoint]:
    endpoint = start_endpoint(Provider(sts))
    yield endpoint
    endpoint.stop()


def port_of(endpoint: CredentialEndpoint) -> int:
    return int(endpoint.url.split(":")[2].partition("/")[0])


def request(endpoint: CredentialEndpoint, *more: str, token: str | None = None, host: str | None = None) -> bytes:
    shown = endpoint.token_file.read_text() if token is None else token
    lines = ["GET /credentials HTTP/1.1", f"Host: {host or f'127.0.0.1:{port_of(endpoint)}'}", f"Authorization: {shown}", *more, "", ""]
    return "\r\n".join(lines).encode()


def ask(endpoint: CredentialEndpoint, data: bytes, timeout: float = 10.0) -> bytes:
    with socket.create_connection(("127.0.0.1", port_of(endpoint)), timeout=timeout) as caller:
        caller.sendall(data)
        return received(caller)


def received(caller: socket.socket) -> bytes:
    """What comes until the endpoint closes the connection, or has answered once and waits for more."""
    data = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        while chunk := caller.recv(65_536):
            data += chunk
            caller.settimeout(0.3)
    return data


def test_the_owner_of_the_token_gets_credentials(endpoint: CredentialEndpoint) -> None:
    answer = ask(endpoint, request(endpoint))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["SecretAccessKey"] == "the-secret-key"


@pytest.mark.parametrize(
    ("more", "token", "host"),
    [
        ((), "", None),
        ((), "guess", None),
        ((), None, "evil.test"),
        (("Origin: http://evil.test",), None, None),
        (("X-Forwarded-For: 10.0.0.1",), None, None),
        (("Content-Length: 100000",), None, None),
        ((f"Cookie: {'x' * 20_000}",), None, None),
    ],
)
def test_nobody_else_does(endpoint: CredentialEndpoint, more: tuple[str, ...], token: str | None, host: str | None) -> None:
    answer = ask(endpoint, request(endpoint, *more, token=token, host=host))
    assert not answer.startswith(b"HTTP/1.1 200")
    assert b"the-secret-key" not in answer


def test_the_token_is_for_this_user_only_and_leaves_with_the_endpoint(endpoint: CredentialEndpoint) -> None:
    status = endpoint.token_file.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o600, os.geteuid())
    assert stat.S_IMODE(endpoint.token_file.parent.stat().st_mode) == 0o700
    text = endpoint.token_file.read_text()
    assert len(text) >= 40
    assert text == text.strip()


def test_a_stopped_endpoint_leaves_nothing(sts: Sts) -> None:
    endpoint = start_endpoint(Provider(sts))
    port = port_of(endpoint)
    endpoint.stop()
    assert not endpoint.token_file.parent.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_token_file_is_not_written_through_a_link(tmp_path: Path, sts: Sts) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    link = tmp_path / "token"
    link.symlink_to(victim)
    endpoint = start_endpoint(Provider(sts), token_file=link)
    endpoint.stop()
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0:0",
        "10.0.0.1:80",
        "[::]:0",
        "example.test:80",
        ":0",
        "127.0.0.1",
        "127.0.0.1:x",
        "127.0.0.1:99999",
        "127.0.0.1:\xb2",
        "127.0.0.1:1_0",
    ],
)
def test_it_listens_on_loopback_only(address: str) -> None:
    with pytest.raises(InvalidInput, match="cannot listen"):
        listen(address)


def test_slow_callers_hold_up_nobody_and_lose_their_place(endpoint: CredentialEndpoint) -> None:
    slow = [socket.create_connection(("127.0.0.1", port_of(endpoint))) for _ in range(100)]
    for caller in slow:
        caller.sendall(b"GET /credentials HTTP/1.1\r\nHost: ")
    before = time.perf_counter()
    assert ask(endpoint, request(endpoint)).startswith(b"HTTP/1.1 200")
    assert time.perf_counter() - before < 0.5
    deadline = time.monotonic() + 8
    for caller in slow:
        caller.settimeout(max(deadline - time.monotonic(), 0.1))
        assert received(caller) == b""
        assert time.monotonic() < deadline
        caller.close()


def test_a_drip_of_bytes_does_not_buy_time(endpoint: CredentialEndpoint) -> None:
    with socket.create_connection(("127.0.0.1", port_of(endpoint)), timeout=10) as caller:
        started = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - started < 9:
                caller.sendall(b"x")
                time.sleep(0.2)
        assert time.monotonic() - started < 7


def test_a_flood_of_connections_does_not_lock_the_owner_out(endpoint: CredentialEndpoint) -> None:
    flood = []
    for _ in range(ENDPOINT_CONNECTIONS + 100):
        caller = socket.create_connection(("127.0.0.1", port_of(endpoint)))
        flood.append(caller)
    assert ask(endpoint, request(endpoint)).startswith(b"HTTP/1.1 200")
    for caller in flood:
        caller.close()


def test_headers_without_end_are_cut_off(endpoint: CredentialEndpoint) -> None:
    answer = ask(endpoint, b"GET /credentials HTTP/1.1\r\n" + b"X: y\r\n" * 5000)
    assert answer == b"" or b"431" in answer.partition(b"\r\n")[0]


def test_requests_in_one_packet_are_each_judged(endpoint: CredentialEndpoint) -> None:
    answer = ask(endpoint, request(endpoint) + request(endpoint, token="guess") + request(endpoint))
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 401") == 1


def test_a_hanging_sts_never_holds_a_caller_beyond_800_ms(sts: Sts, endpoint: CredentialEndpoint) -> None:
    sts.hold.clear()
    before = time.perf_counter()
    answer = ask(endpoint, request(endpoint))
    waited = time.perf_counter() - before
    sts.hold.set()
    assert answer.startswith(b"HTTP/1.1 503")
    assert 0.7 < waited < 1.5


def test_a_caller_who_came_too_early_gets_the_credentials_as_they_come(sts: Sts, endpoint: CredentialEndpoint) -> None:
    sts.hold.clear()
    threading.Timer(0.3, sts.hold.set).start()
    assert ask(endpoint, request(endpoint)).startswith(b"HTTP/1.1 200")


def test_a_refusal_of_sts_is_told_without_secrets(sts: Sts, endpoint: CredentialEndpoint) -> None:
    sts.refusal = Refusal("AccessDenied", "not yours", rule_for("AccessDenied", 403), 403)
    before = time.perf_counter()
    answer = ask(endpoint, request(endpoint))
    assert time.perf_counter() - before < 1.0
    assert answer.startswith(b"HTTP/1.1 503")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "AccessDenied"


def test_the_childs_environment_has_no_other_way_to_credentials(endpoint: CredentialEndpoint) -> None:
    environment = {"AWS_ACCESS_KEY_ID": "AKIANODE", "AWS_PROFILE": "admin", "AWS_ROLE_ARN": ROLE, "PATH": "/bin"}
    container_environment(environment, endpoint)
    assert "AWS_ACCESS_KEY_ID" not in environment
    assert "AWS_PROFILE" not in environment
    assert "AWS_ROLE_ARN" not in environment
    assert endpoint.token_file.read_text() not in environment.values()
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}),
        ({"NO_PROXY": "corp.test"}, {"NO_PROXY": "corp.test,127.0.0.1", "no_proxy": "corp.test,127.0.0.1"}),
        ({"NO_PROXY": "a", "no_proxy": "b"}, {"NO_PROXY": "a,127.0.0.1", "no_proxy": "b,127.0.0.1"}),
        ({"no_proxy": "*"}, {"NO_PROXY": "*", "no_proxy": "*"}),
    ],
)
def test_no_proxy_is_shown_the_endpoints_token(endpoint: CredentialEndpoint, before: dict[str, str], after: dict[str, str]) -> None:
    environment = {"HTTP_PROXY": "http://proxy.test:3128", **before}
    container_environment(environment, endpoint)
    assert {name: environment[name] for name in after} == after
    container_environment(environment, endpoint)
    assert {name: environment[name] for name in after} == after


def test_a_unix_socket_is_for_this_user_only(socket_folder: Path, sts: Sts) -> None:
    path = socket_folder / "endpoint.sock"
    endpoint = start_endpoint(Provider(sts), f"unix:{path}")
    try:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
            caller.sendall(
                f"GET /credentials HTTP/1.1\r\nHost: localhost\r\nAuthorization: {endpoint.token_file.read_text()}\r\n\r\n".encode()
            )
            assert caller.recv(65_536).startswith(b"HTTP/1.1 200")
    finally:
        endpoint.stop()
    assert not path.exists()


def test_a_unix_socket_that_is_in_use_is_not_taken_away(socket_folder: Path, sts: Sts) -> None:
    path = socket_folder / "endpoint.sock"
    endpoint = start_endpoint(Provider(sts), f"unix:{path}")
    try:
        with pytest.raises(InvalidInput, match="Address already in use"):
            listen(f"unix:{path}")
    finally:
        endpoint.stop()


def test_a_unix_socket_that_a_killed_endpoint_left_is_taken_over(socket_folder: Path) -> None:
    path = socket_folder / "endpoint.sock"
    listen(f"unix:{path}").close()
    listen(f"unix:{path}").close()


def test_a_unix_socket_never_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("x")
    with pytest.raises(InvalidInput, match="cannot listen"):
        listen(f"unix:{path}")
    assert path.read_text() == "x"
