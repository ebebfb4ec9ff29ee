"""What listens, attacked on the wire: smuggled, slow, oversized and half-made requests. The next honest request is answered."""

import contextlib
import os
import random
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.sandboxes import SandboxWorld, sandbox_world

from bucketpass.sandbox.certificates import make_certificates
from bucketpass.sandbox.listener import Listener
from bucketpass.wire.server import ServerRequest, ServerResponse

pytestmark = pytest.mark.slow

# How long many clients are at it at once; `make fuzz` says a minute.
SOAK_SECONDS = float(os.environ.get("BUCKETPASS_SOAK_SECONDS", "1"))


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(None) as world:
        world.s3().create_bucket(Bucket="target")
        yield world


@pytest.fixture(autouse=True)
def still_there(world: SandboxWorld) -> Iterator[None]:
    yield
    assert world.s3().list_buckets()["Buckets"][0]["Name"] == "target"


def talk(world: SandboxWorld, data: bytes, *, wait: float = 5.0) -> bytes:
    """Everything that is answered until the connection is closed or nothing comes for a while."""
    with socket.create_connection(("127.0.0.1", world.sandbox.port)) as connection:
        connection.settimeout(wait)
        received = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError, BrokenPipeError):
            connection.sendall(data)
            while block := connection.recv(65536):
                received += block
        return received


GET = b"GET /target/k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5, 6\r\n",
        b"Content-Length : 5\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_a_request_cannot_hide_another(world: SandboxWorld, head: bytes) -> None:
    smuggled = b"0\r\n\r\nGET /target/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    before = len(world.sandbox.events.since())
    answer = talk(world, b"POST /target/k HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n" + smuggled)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))
    assert answer.count(b"HTTP/1.1 ") == 1
    assert len(world.sandbox.events.since()) == before


def test_the_rest_of_a_refused_body_is_not_the_next_request(world: SandboxWorld) -> None:
    inner = b"GET /target/inner HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = b"PUT /target/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(inner)
    answer = talk(world, head + inner + GET)
    assert answer.count(b"HTTP/1.1 403") == 2
    assert "/target/inner" not in [event.path for event in world.sandbox.events.since()]


def test_a_refused_upload_that_waits_to_be_told_is_not_read(world: SandboxWorld) -> None:
    head = b"PUT /target/k HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1000000000\r\n\r\n"
    answer = talk(world, head)
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"100 Continue" not in answer


def test_a_client_that_sends_on_although_it_was_refused_hears_why(world: SandboxWorld) -> None:
    size = 30_000_000
    head = b"PUT /target/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size
    assert talk(world, head + b"x" * size).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 100,
        b"\x16\x03\x01\x00\x05nonsense",
        b"GET " + b"/" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 10_000,
        b"GET / HTTP/1.1\r\nx: " + b"y" * 1_000_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT localhost:22 HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n",
    ],
)
def test_nonsense_is_answered_with_an_error_or_not_at_all(world: SandboxWorld, data: bytes) -> None:
    answer = talk(world, data, wait=1.0)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")) or answer[0] == 0x15
    assert not answer.startswith(b"HTTP") or b"<Error><Code>" in answer


def test_random_bytes_do_not_stop_it(world: SandboxWorld) -> None:
    dice = random.Random(7)
    for _ in range(60):
        data = bytearray(GET)
        for _ in range(dice.randint(1, 8)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        answer = talk(world, bytes(data), wait=0.3)
        assert b" 200 " not in answer[:20]


def test_a_hundred_open_connections_do_not_keep_others_out(world: SandboxWorld) -> None:
    opened = [socket.create_connection(("127.0.0.1", world.sandbox.port)) for _ in range(100)]
    for connection in opened[:50]:
        connection.sendall(b"GET / HT")
    assert talk(world, GET).startswith(b"HTTP/1.1 403")
    for connection in opened:
        connection.close()


def hello(request: ServerRequest) -> ServerResponse:
    return ServerResponse(200, [], b"hello")


def test_a_client_that_sends_a_byte_now_and_then_is_cut_off() -> None:
    listener = Listener(hello, make_certificates().tls, idle_seconds=0.3)
    listener.start()
    try:
        with socket.create_connection(("127.0.0.1", listener.port)) as connection:
            connection.settimeout(5)
            connection.sendall(b"GET / HTTP/1.1\r\n")
            start = time.monotonic()
            assert connection.recv(100) == b""
            assert time.monotonic() - start < 3
        with socket.create_connection(("127.0.0.1", listener.port)) as slow:
            slow.settimeout(5)
            with pytest.raises((ConnectionError, TimeoutError)):
                for letter in b"GET /" + b"a" * 400:
                    slow.sendall(bytes([letter]))
                    time.sleep(0.02)
    finally:
        listener.stop()


def test_nothing_is_left_once_it_stopped() -> None:
    before = threading.active_count()
    listener = Listener(hello, make_certificates().tls)
    listener.start()
    held = [socket.create_connection(("127.0.0.1", listener.port)) for _ in range(5)]
    port = listener.port
    listener.stop()
    for connection in held:
        connection.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_it_listens_on_loopback_alone(world: SandboxWorld) -> None:
    try:
        addresses = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    except socket.gaierror:
        pytest.skip("this machine's name has no address")
    for address in addresses - {"127.0.0.1"}:
        if address.startswith("127."):
            continue
        with pytest.raises(OSError):
            socket.create_connection((address, world.sandbox.port), timeout=1)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_version_of_tls_is_what_the_client_chose(world: SandboxWorld, version: ssl.TLSVersion) -> None:
    trusted = ssl.create_default_context(cafile=str(world.sandbox.ca_file))
    trusted.minimum_version = trusted.maximum_version = version
    with socket.create_connection(("127.0.0.1", world.sandbox.port)) as raw, trusted.wrap_socket(raw, server_hostname="localhost") as tls:
        tls.sendall(GET)
        assert tls.recv(100).startswith(b"HTTP/1.1 403")


def test_another_pages_name_for_loopback_is_not_answered(world: SandboxWorld) -> None:
    answer = talk(world, GET.replace(b"localhost", b"attacker.example.com"))
    assert answer.startswith(b"HTTP/1.1 400")


def test_many_clients_at_once_get_their_own_bytes(world: SandboxWorld) -> None:
    s3 = world.s3(url=world.sandbox.http_url, max_pool_connections=8)

    def work(number: int) -> None:
        rounds, until = 0, time.monotonic() + SOAK_SECONDS
        while rounds < 3 or time.monotonic() < until:
            body = sha256(f"{number} {rounds}".encode()).digest() * (100 + number * 700)
            s3.put_object(Bucket="target", Key=f"own/{number}", Body=body)
            assert s3.get_object(Bucket="target", Key=f"own/{number}")["Body"].read() == body
            rounds += 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))


def test_a_request_in_absolute_form_is_the_same_request_with_an_event_of_its_own(world: SandboxWorld) -> None:
    host = f"localhost:{world.sandbox.port}".encode()
    before = len(world.sandbox.events.since())
    for target in (b"/target/absolute", b"http://" + host + b"/target/absolute"):
        answer = talk(world, b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 403")
        assert b"<Code>AccessDenied</Code>" in answer
    assert [event.path for event in world.sandbox.events.since()[before:]] == ["/target/absolute"] * 2


def test_a_signed_request_in_absolute_form_gets_its_object(world: SandboxWorld) -> None:
    world.s3().put_object(Bucket="target", Key="absolute", Body=b"found")
    host = f"localhost:{world.sandbox.port}"
    made = AWSRequest("GET", f"http://{host}/target/absolute", headers={"Host": host})
    admin = world.sandbox.admin
    S3SigV4Auth(Credentials(admin.access_key_id, admin.secret.reveal()), "s3", world.sandbox.options.region).add_auth(made)
    lines = "".join(f"{name}: {value}\r\n" for name, value in made.headers.items())
    answer = talk(world, f"GET http://{host}/target/absolute HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\nfound")


def test_a_target_of_another_server_is_refused_whatever_the_host_header_says(world: SandboxWorld) -> None:
    answer = talk(world, b"GET http://attacker.example/target/k HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
