"""A token for a service that proves itself to an OAuth server with a private key (private_key_jwt), so that no secret is shared.

The key stays in its file; what is sent is an assertion that it signed, good for a minute and for this server alone.

See: RFC 7523 sections 2.2 and 3, OpenID Connect Core section 9 (private_key_jwt), RFC 7518 section 3 (algorithms).
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from typing import NamedTuple

from bucketpass.errors import IdentityError, MissingExtra
from bucketpass.identity.ask import ask_json, form, token_field
from bucketpass.identity.azure import ASSERTION
from bucketpass.identity.interface import Machine, NotHere, TokenSource
from bucketpass.identity.oauth import FORM, PREFIX, SERVER, discover, refuse_clear_text, secret_from_file
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest

__all__ = ["PrivateKeySource", "detect", "signed"]

ASSERTION_SECONDS = 60
# Curve -> the algorithm and the bytes of each half of its signature.
CURVES = {"secp256r1": ("ES256", 32), "secp384r1": ("ES384", 48), "secp521r1": ("ES512", 66)}
MIN_RSA_BITS = 2048


class PrivateKeySource(NamedTuple):
    """A token by the client credentials grant, with an assertion in the place of a secret. One of `issuer` and `token_url` is needed.

    key_id: the `kid` under which the server knows the key; None where it has but one. assertion_audience: what the server wants to
    be called in the assertion, where that is not its issuer.
    """

    machine: Machine
    client_id: str
    key_file: str
    issuer: str | None = None
    token_url: str | None = None
    scope: str | None = None
    audience: str | None = None
    key_id: str | None = None
    assertion_audience: str | None = None
    name: str = "private-key-jwt"

    def describe(self) -> str:
        """The client, its key's file and its server."""
        return f"client {self.client_id} with the key in `{self.key_file}` at {self.token_url or self.issuer}"

    def fetch(self) -> Secret:
        """A new access token."""
        url = self.token_url or discover(self.machine, self.issuer or "", "token_endpoint")
        refuse_clear_text(self.machine, url)
        key = Secret(secret_from_file(self.machine, self.key_file) or "")
        now = int(self.machine.clock.now().timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            # SECURITY: one audience, the server's own: no other server takes the assertion as its own.
            "aud": self.assertion_audience or self.issuer or url,
            "jti": secrets.token_hex(16),
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        fields = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION,
            "client_assertion": signed(claims, key, self.key_file, self.key_id),
            "scope": self.scope,
            "audience": self.audience,
        }
        body = form({name: value for name, value in fields.items() if value})
        remedy = "check that the server has this client's public key (and `kid`), the scope and the audience"
        answer = ask_json(self.machine.send, HttpRequest("POST", url, (FORM, ("Accept", "application/json")), body), SERVER, remedy=remedy)
        return token_field(answer, "access_token", SERVER)


def signed(claims: dict[str, object], key: Secret, file: str, key_id: str | None) -> str:
    """Return the claims as a JWT that the private key signed. Raises IdentityError; its message never has a part of the key."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
        from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise MissingExtra("private-key-jwt", "cryptography") from None
    try:
        private = load_pem_private_key(key.reveal().encode(), None)
    except TypeError:
        raise _unfit(file, "is encrypted", "a PEM file without a passphrase, readable by the service alone") from None
    except (ValueError, UnsupportedAlgorithm):
        raise _unfit(file, "is not a private key", "a PEM file (BEGIN PRIVATE KEY)") from None
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= MIN_RSA_BITS:
        algorithm = "RS256"
    elif isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in CURVES:
        algorithm = CURVES[private.curve.name][0]
    else:
        raise _unfit(
            file, "is of a kind that these assertions are not signed with", f"RSA of {MIN_RSA_BITS} bits or more, or P-256 to P-521"
        )
    header = {"alg": algorithm, "typ": "JWT", **({"kid": key_id} if key_id else {})}
    text = f"{_part(json.dumps(header).encode())}.{_part(json.dumps(claims).encode())}"
    if isinstance(private, rsa.RSAPrivateKey):
        signature = private.sign(text.encode(), padding.PKCS1v15(), SHA256())
    else:
        size = CURVES[private.curve.name][1]
        digests = {"ES256": SHA256(), "ES384": SHA384(), "ES512": SHA512()}
        halves = decode_dss_signature(private.sign(text.encode(), ec.ECDSA(digests[algorithm])))
        signature = b"".join(half.to_bytes(size, "big") for half in halves)
    return f"{text}.{_part(signature)}"


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The client of the BUCKETPASS_OAUTH_* variables with its private key; `argument` is the issuer."""

    def value(name: str) -> str | None:
        return machine.value(PREFIX + name)

    key_file, client_id = value("PRIVATE_KEY_FILE"), value("CLIENT_ID")
    if key_file is None:
        return NotHere(f"`{PREFIX}PRIVATE_KEY_FILE` is not set")
    issuer, token_url = argument or value("ISSUER"), value("TOKEN_URL")
    if client_id is None:
        raise IdentityError(f"`{PREFIX}PRIVATE_KEY_FILE` is set, but no client", remedy=f"set {PREFIX}CLIENT_ID to the client's ID")
    if not (issuer or token_url):
        raise IdentityError(f"`{PREFIX}PRIVATE_KEY_FILE` is set, but no server", remedy=f"set {PREFIX}ISSUER to the issuer's URL")
    if value("CLIENT_SECRET") or value("CLIENT_SECRET_FILE"):
        raise IdentityError(
            f"both a secret and `{PREFIX}PRIVATE_KEY_FILE` are set", remedy="unset the one that the server does not know the client by"
        )
    return PrivateKeySource(
        machine,
        client_id,
        key_file,
        issuer,
        token_url,
        value("SCOPE"),
        value("AUDIENCE"),
        value("KEY_ID"),
        value("ASSERTION_AUDIENCE"),
    )


def _part(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _unfit(file: str, seen: str, expected: str) -> IdentityError:
    return IdentityError(f"the private key in `{file}` {seen}, expected {expected}", remedy="correct the file, or name another one")
