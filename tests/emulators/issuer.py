"""An OIDC issuer of the tests' own on loopback: its keys are to be fetched over TLS, and its tokens can be wrong."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from joserfc import jws
from joserfc.jwk import RSAKey


class TestIssuer:
    """An issuer at `url`, whose certificate `ca_file` vouches for."""

    __test__ = False  # not a test, whatever its name

    def __init__(self, folder: Path) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "one"})
        self.other_key = RSAKey.generate_key(2048, parameters={"kid": "one"})
        self.fetched = 0
        authority = trustme.CA()
        self.ca_file = folder / "issuer-ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(tls)
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.fetched += 1
                page = issuer.pages().get(self.path)
                self.send_response(200 if page else 404)
                self.end_headers()
                self.wfile.write(json.dumps(page).encode())

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server.server_address[1]}"

    def pages(self) -> dict[str, object]:
        """What the issuer serves."""
        key = {**self.key.as_dict(private=False), "kid": "one", "use": "sig", "alg": "RS256"}
        configuration = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {"/.well-known/openid-configuration": configuration, "/keys": {"keys": [key]}}

    def token(self, *, key: RSAKey | None = None, **claims: object) -> str:
        """A token for the audience `case` and the subject `service`, with these claims in place of its own."""
        now = int(time.time())
        whole = {"iss": self.url, "aud": "case", "sub": "service", "iat": now, "exp": now + 600, **claims}
        return jws.serialize_compact({"alg": "RS256", "kid": "one"}, json.dumps(whole).encode(), key or self.key)


@contextmanager
def running_issuer(folder: Path) -> Iterator[TestIssuer]:
    """The issuer, for as long as the block."""
    issuer = TestIssuer(folder)
    thread = threading.Thread(target=issuer.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        issuer.server.shutdown()
        issuer.server.server_close()
        thread.join()
