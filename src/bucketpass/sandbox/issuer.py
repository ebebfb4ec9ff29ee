"""Mock issuers: an OIDC issuer in place of each identity provider of a declaration.

Its pages are on the sandbox's own port, below `/_oidc/<name>`; the documents there, and the tokens, say that they are of
the declared issuer (`https://acme.okta.com/oauth2/default`). The sandbox's STS reads exactly those issuers' documents from
here, so a declaration works unchanged on a laptop. Tokens are given to whoever shows a client's secret, and to the
sandbox's administrator for any claims at all.

Source: OpenID Connect Discovery 1.0; RFC 7517 (JWK); RFC 6749 section 4.4 (client credentials).
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bucketpass.clock import Clock
from bucketpass.errors import RequestError
from bucketpass.sandbox.certificates import self_signed
from bucketpass.sandbox.tokens import KEY_TYPES
from bucketpass.secret import Secret
from bucketpass.wire.server import ServerRequest, ServerResponse, parse_query

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, RSAKey

__all__ = ["PATH_PREFIX", "Client", "MockIssuer", "MockIssuers"]

PATH_PREFIX = "/_oidc/"  # no bucket's name can start with an underscore
CONFIGURATION = "/.well-known/openid-configuration"
ALGORITHMS = tuple(KEY_TYPES)
# The algorithms that an issuer has keys for from the start; it has others once they are asked for.
USUAL_ALGORITHMS = ("RS256", "ES256")
DEFAULT_LIFETIME_SECONDS = 3600
MAX_FORM_BYTES = 64 * 1024

Claims = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Client:
    """Who may ask the token endpoint: a declared service, and the claims that its tokens carry."""

    id: str
    secret: Secret
    claims: Claims


@dataclass(slots=True)
class MockIssuer:
    """One issuer that the sandbox mocks. `keys` are its signing keys by algorithm, the current one first."""

    name: str
    url: str
    keys: dict[str, list[RSAKey | ECKey]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where its pages are on the sandbox's port."""
        return f"{PATH_PREFIX}{self.name}"


class MockIssuers:
    """All mock issuers, their keys and their clients."""

    def __init__(self, clock: Clock, administrator: Client) -> None:
        self._clock = clock
        self._administrator = administrator
        self._lock = threading.RLock()
        self._mock_issuers: dict[str, MockIssuer] = {}
        self._clients: dict[tuple[str, str], Client] = {}
        self.base_url = "https://localhost"

    def add(self, name: str, url: str) -> MockIssuer:
        """Return the mock of the issuer `url`, made under `name` where there is none of this URL. Raises RequestError."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
            raise RequestError(f"got the issuer URL `{url}`, expected https with no query", remedy="IAM takes only such issuers")
        with self._lock:
            if any(known.url == url and known.name != name for known in self._mock_issuers.values()):
                raise RequestError(f"the issuer `{url}` is mocked twice", remedy="give it one name")
            known = self._mock_issuers.get(name)
            if known is None or known.url != url:
                known = self._mock_issuers[name] = MockIssuer(name, url)
            return known

    def add_client(self, mock: str, client: Client) -> None:
        """`client` gets tokens at the token endpoint of that mock issuer; one that is known already keeps its secret."""
        with self._lock:
            known = self._clients.get((mock, client.id))
            self._clients[mock, client.id] = client if known is None else replace(client, secret=known.secret)

    def keep_clients(self, declared: Collection[tuple[str, str]]) -> None:
        """Only these pairs of issuer and client get tokens from now on."""
        with self._lock:
            self._clients = {pair: client for pair, client in self._clients.items() if pair in declared}

    def clients(self) -> tuple[tuple[MockIssuer, Client], ...]:
        """Who may ask for tokens, and where."""
        with self._lock:
            return tuple((self._mock_issuers[name], client) for (name, _), client in self._clients.items())

    @property
    def all(self) -> tuple[MockIssuer, ...]:
        """Every mock issuer."""
        with self._lock:
            return tuple(self._mock_issuers.values())

    def find(self, name_or_url: str) -> MockIssuer:
        """Return the mock issuer of this name or issuer URL. Raises RequestError."""
        for known in self.all:
            if name_or_url in (known.name, known.url):
                return known
        names = ", ".join(known.name for known in self.all) or "none"
        raise RequestError(f"no issuer `{name_or_url}` is mocked", remedy=f"the sandbox mocks: {names}")

    # ---- tokens

    def mint(self, issuer: str, claims: Claims, *, lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS, algorithm: str = "RS256") -> Secret:
        """A signed token with these claims. `iss`, `iat`, `exp` and `jti` are put in where they are not given. Raises RequestError."""
        if algorithm not in ALGORITHMS:
            raise RequestError(f"got the algorithm `{algorithm}`, expected one of {', '.join(ALGORITHMS)}")
        mock = self.find(issuer)
        now = int(self._clock.now().timestamp())
        whole = {"iss": mock.url, "iat": now, "exp": now + lifetime_seconds, "jti": secrets.token_hex(16), **claims}
        key = self._keys(mock, algorithm)[0]
        header = {"alg": algorithm, "kid": key.kid, "typ": "JWT"}
        from joserfc import jws

        return Secret(jws.serialize_compact(header, json.dumps(whole), key, algorithms=[algorithm]))

    def rotate(self, issuer: str, *, forget: bool = False) -> None:
        """New tokens are signed with new keys; tokens of the old ones stay good unless `forget` is given."""
        mock = self.find(issuer)
        with self._lock:
            for algorithm in self._algorithms(mock):
                old = [] if forget else mock.keys.get(algorithm, [])
                mock.keys[algorithm] = [_new_key(algorithm), *old]

    def _keys(self, mock: MockIssuer, algorithm: str) -> list[RSAKey | ECKey]:
        with self._lock:
            if algorithm not in mock.keys:
                mock.keys[algorithm] = [_new_key(algorithm)]
            return mock.keys[algorithm]

    @staticmethod
    def _algorithms(mock: MockIssuer) -> tuple[str, ...]:
        return tuple(algorithm for algorithm in ALGORITHMS if algorithm in mock.keys or algorithm in USUAL_ALGORITHMS)

    # ---- pages

    def page(self, url: str) -> bytes | None:
        """The document at `url` of a declared issuer; None where the sandbox does not mock it."""
        for known in self.all:
            own = f"{self.base_url}{known.path}"
            if url == f"{known.url.rstrip('/')}{CONFIGURATION}":
                return json.dumps(self._configuration(known)).encode()
            if url == f"{own}/jwks":
                return json.dumps(self._jwks(known)).encode()
        return None

    def answer(self, request: ServerRequest) -> ServerResponse:
        """The issuer's answer to a request for one of its pages; at the prefix itself, which issuers are mocked, and where."""
        if request.method == "GET" and request.path == PATH_PREFIX:
            return _json(200, {"issuers": {known.url: known.path for known in self.all}})
        for known in self.all:
            if request.method == "GET" and request.path == known.path + CONFIGURATION:
                return _json(200, self._configuration(known))
            if request.method == "GET" and request.path == f"{known.path}/jwks":
                return _json(200, self._jwks(known))
            if request.method == "POST" and request.path == f"{known.path}/token":
                return self._token(known, dict(parse_query(request.body.read(MAX_FORM_BYTES).decode("utf-8", "replace"))))
        return _json(404, {"error": "not_found"})

    def _configuration(self, mock: MockIssuer) -> dict[str, object]:
        own = f"{self.base_url}{mock.path}"
        return {
            "issuer": mock.url,
            "jwks_uri": f"{own}/jwks",
            "token_endpoint": f"{own}/token",
            "authorization_endpoint": f"{own}/authorize",
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": list(self._algorithms(mock)),
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "jti", "azp"],
        }

    def _jwks(self, mock: MockIssuer) -> dict[str, object]:
        keys = [(algorithm, key) for algorithm in self._algorithms(mock) for key in self._keys(mock, algorithm)]
        return {"keys": [_published(algorithm, key) for algorithm, key in keys]}

    def _token(self, mock: MockIssuer, form: Mapping[str, str]) -> ServerResponse:
        if form.get("grant_type") != "client_credentials":
            return _json(400, {"error": "unsupported_grant_type"})
        client = self._administrator if form.get("client_id") == self._administrator.id else None
        client = client or self._clients.get((mock.name, form.get("client_id", "")))
        # SECURITY: a Secret compares in constant time.
        if client is None or client.secret != Secret(form.get("client_secret", "")):
            return _json(401, {"error": "invalid_client"})
        claims = dict(client.claims)
        if client is self._administrator:
            service = self._clients.get((mock.name, form.get("service", "")))
            claims |= service.claims if service is not None else {}
            try:
                given = json.loads(form.get("claims", "{}"))
            except (ValueError, RecursionError):
                given = None
            if not isinstance(given, dict):
                return _json(400, {"error": "invalid_request", "error_description": "`claims` must be a JSON object"})
            claims |= given
        if form.get("audience"):
            claims["aud"] = form["audience"]
        algorithm = form.get("algorithm", "RS256")
        if algorithm not in ALGORITHMS:
            return _json(400, {"error": "invalid_request", "error_description": f"`algorithm` must be one of {', '.join(ALGORITHMS)}"})
        token = self.mint(mock.name, claims, algorithm=algorithm)
        answer = {"access_token": token.reveal(), "token_type": "Bearer", "expires_in": DEFAULT_LIFETIME_SECONDS}
        return _json(200, answer)


def _new_key(algorithm: str) -> RSAKey | ECKey:
    from joserfc.jwk import ECKey, RSAKey

    curve = KEY_TYPES[algorithm][1]
    key = RSAKey.generate_key(2048) if curve is None else ECKey.generate_key(curve)
    key.ensure_kid()
    return key


def _published(algorithm: str, key: RSAKey | ECKey) -> dict[str, object]:
    public = key.as_dict(private=False)
    return {**public, "use": "sig", "alg": algorithm, "kid": key.kid, "x5c": [self_signed(key.as_pem(private=True))]}


def _json(status: int, value: Mapping[str, object]) -> ServerResponse:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return ServerResponse(status, headers, json.dumps(value).encode())
