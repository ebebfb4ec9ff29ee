"""An OpenID Connect issuer whose every token, header and key set a test can choose, good or hostile."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from joserfc import jwt
from tests.identity_providers.keys import SigningKey
from tests.identity_providers.tls import Authority

__all__ = ["Issuer", "issuer"]

PATH = "/tenants/acme"


@cache
def _first_key() -> SigningKey:
    """One key for all issuers of a run: to make an RSA key takes longer than most tests."""
    return SigningKey("first")


@dataclass(slots=True)
class Issuer:
    """A running issuer. `published` are the keys that its JWKS shows, in that order."""

    url: str
    published: list[SigningKey]
    fetches: list[str] = field(default_factory=list)

    def claims(self, changes: Mapping[str, object] | None = None) -> dict[str, object]:
        """The claims of a good token, but for `changes`; a claim given as None is left out."""
        now = int(time.time())
        good: dict[str, object] = {"iss": self.url, "aud": "s3-data", "sub": "trainer", "iat": now, "exp": now + 3600, **(changes or {})}
        return {name: value for name, value in good.items() if value is not None}

    def token(
        self,
        changes: Mapping[str, object] | None = None,
        *,
        by: SigningKey | None = None,
        header: Mapping[str, object] | None = None,
    ) -> str:
        """A good token but for `changes`, signed by `by` or by the first published key; header members too can be changed."""
        return self.signed(self.claims(changes), by=by, header=header)

    def signed(self, claims: Mapping[str, object], *, by: SigningKey | None = None, header: Mapping[str, object] | None = None) -> str:
        """A token with exactly `claims`."""
        key = by or self.published[0]
        head = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT", **(header or {})}
        return jwt.encode({name: value for name, value in head.items() if value is not None}, dict(claims), key.key)


@contextlib.contextmanager
def issuer(authority: Authority | None = None, *, path: str = PATH) -> Iterator[Issuer]:
    """An issuer with one RS256 key, over https where an authority is given, at a path below its host."""
    served: list[Issuer] = []

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            this = served[0]
            this.fetches.append(self.path)
            pages = {
                f"{path}/.well-known/openid-configuration": {
                    "issuer": this.url,
                    "jwks_uri": f"{this.url}/keys",
                    "response_types_supported": ["id_token"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                },
                f"{path}/keys": {"keys": [key.entry for key in this.published]},
            }
            body = json.dumps(pages.get(self.path, {})).encode()
            self.send_response(200 if self.path in pages else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        if authority is not None:
            server.socket = authority.server_context().wrap_socket(server.socket, server_side=True)
        scheme = "https" if authority is not None else "http"
        served.append(Issuer(f"{scheme}://localhost:{server.server_port}{path}", [_first_key()]))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield served[0]
        finally:
            server.shutdown()
