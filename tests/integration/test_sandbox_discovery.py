"""Keys of an issuer that is not mocked, fetched over real TLS from a provider that may behave badly."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from bucketpass.clock import SystemClock
from bucketpass.sandbox.discovery import MAX_DOCUMENT_BYTES, HttpsFetch, IssuerKeys, UnreachableIssuer

pytestmark = pytest.mark.slow


class Provider:
    """An identity provider on loopback: `pages` are what it answers; what is missing is 404."""

    def __init__(self, folder: Path) -> None:
        self.pages: dict[str, bytes | str | int] = {}
        self.as_key_set: set[str] = set()
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(tls)
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = provider.pages.get(self.path, 404)
                if self.path in provider.as_key_set and "application/jwk-set+json" not in self.headers.get("Accept", ""):
                    page = 406
                if page == "drip":
                    self.send_response(200)
                    self.end_headers()
                    for _ in range(100):
                        self.wfile.write(b" ")
                        time.sleep(0.1)
                    return
                self.send_response(page if isinstance(page, int) else 302 if isinstance(page, str) else 200)
                if isinstance(page, str):
                    self.send_header("Location", page)
                self.end_headers()
                if isinstance(page, bytes):
                    self.wfile.write(page)

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # clients that go away are what the tests are about

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server.server_address[1]}"

    def publish(self, *kids: str, jwks: str = "/keys") -> None:
        self.pages["/.well-known/openid-configuration"] = json.dumps({"issuer": self.url, "jwks_uri": self.url + jwks}).encode()
        self.pages["/keys"] = json.dumps({"keys": [{"kid": kid} for kid in kids]}).encode()

    def keys(self, seconds: float = 8) -> list[object]:
        fetch = HttpsFetch(SystemClock(), str(self.ca_file), max_seconds=seconds)
        return [key["kid"] for key in IssuerKeys(fetch, lambda url: None, SystemClock()).keys(self.url, wanted=None)]


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with _running(Provider(tmp_path)) as provider:
        yield provider


@contextmanager
def _running(provider: Provider) -> Iterator[Provider]:
    thread = threading.Thread(target=provider.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()
    thread.join()


def test_a_key_set_is_asked_for_as_one(provider: Provider) -> None:
    # A kube-apiserver answers it as application/jwk-set+json, and as nothing else.
    provider.as_key_set.add("/keys")
    provider.publish("one")
    assert provider.keys() == ["one"]


def test_keys_are_fetched_over_tls(provider: Provider) -> None:
    provider.publish("one", "two")
    assert provider.keys() == ["one", "two"]


def test_a_page_that_moved_is_found(provider: Provider) -> None:
    provider.publish("one", jwks="/moved")
    provider.pages["/moved"] = "/keys"
    assert provider.keys() == ["one"]


@pytest.mark.parametrize(
    "location", ["/loop", "http://localhost/keys", "file:///etc/passwd", "https://10.0.0.1/keys", "https://example.invalid/"]
)
def test_a_way_that_leads_elsewhere_is_not_gone(provider: Provider, location: str) -> None:
    provider.publish("one", jwks="/loop")
    provider.pages["/loop"] = location
    with pytest.raises(UnreachableIssuer):
        provider.keys()


@pytest.mark.parametrize("page", [404, 500, b"x" * (MAX_DOCUMENT_BYTES + 1), b"not json"])
def test_an_answer_that_is_none_is_told(provider: Provider, page: bytes | int) -> None:
    provider.publish("one")
    provider.pages["/keys"] = page
    with pytest.raises(UnreachableIssuer):
        provider.keys()


def test_a_provider_that_drips_is_given_up(provider: Provider) -> None:
    provider.publish("one", jwks="/slow")
    provider.pages["/slow"] = "drip"
    start = time.monotonic()
    with pytest.raises(UnreachableIssuer):
        provider.keys(seconds=0.5)
    assert time.monotonic() - start < 5


def test_a_certificate_of_nobody_is_refused(provider: Provider, tmp_path: Path) -> None:
    provider.publish("one")
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with pytest.raises(UnreachableIssuer, match="SSLCertVerificationError"):
        IssuerKeys(HttpsFetch(SystemClock(), str(other)), lambda url: None, SystemClock()).keys(provider.url, wanted=None)


def test_nobody_there_is_told(provider: Provider) -> None:
    with pytest.raises(UnreachableIssuer):
        IssuerKeys(HttpsFetch(SystemClock(), str(provider.ca_file)), lambda url: None, SystemClock()).keys(
            "https://localhost:1", wanted=None
        )
