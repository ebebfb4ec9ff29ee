"""The token that an attempt sends: made by the issuer, or changed as an attacker would."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from bucketpass.demo.story import Attempt, Proof
from bucketpass.issuers import sample_claims
from bucketpass.model import Access
from bucketpass.secret import Secret

__all__ = ["Mint", "token_for"]

LIFETIME_SECONDS = 600
# Longer ago than the grace that AWS gives after `exp`, about five minutes [A].
EXPIRED_SECONDS = -3600

# Issuer URL, claims, lifetime in seconds -> a signed token.
Mint = Callable[[str, dict[str, object], int], Secret]


def token_for(attempt: Attempt, access: Access, mint: Mint) -> Secret:
    """The token of the attempt."""
    service = attempt.service
    if attempt.proof is Proof.OTHER_SERVICE:
        service = next(name for name in access.services if name != attempt.service)
    identity = access.services[service].identity[0]
    claims: dict[str, object] = dict(sample_claims(access.issuers[identity.issuer], identity))
    changes: dict[Proof, dict[str, object]] = {
        Proof.OTHER_AUDIENCE: {"aud": "another-api"},
        Proof.UNDECLARED_SUBJECT: {"sub": f"not-{claims['sub']}"},
    }
    claims |= changes.get(attempt.proof, {})
    lifetime = EXPIRED_SECONDS if attempt.proof is Proof.EXPIRED else LIFETIME_SECONDS
    token = mint(str(claims["iss"]), claims, lifetime)
    spoil = {Proof.FORGED: _signed_by_another_key, Proof.UNSIGNED: _unsigned}.get(attempt.proof)
    return spoil(token) if spoil else token


def _signed_by_another_key(token: Secret) -> Secret:
    """The same header and claims, signed with a key that the issuer never published."""
    from joserfc import jws
    from joserfc.jwk import RSAKey

    signed = jws.extract_compact(token.reveal().encode())
    header = dict(signed.headers())
    return Secret(jws.serialize_compact(header, signed.payload, RSAKey.generate_key(2048), algorithms=["RS256"]))


def _unsigned(token: Secret) -> Secret:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return Secret(f"{header}.{token.reveal().split('.')[1]}.")
