"""Web identity tokens, checked as AWS's STS checks them before it looks at any trust policy.

`verify_token` answers with the claims of a token that a registered provider really signed, for an audience that is
registered with it, at a time when it is valid; anything else is one of AWS's errors.

Source: STS API reference, AssumeRoleWithWebIdentity (errors; RS/ES 256, 384, 512; 4 to 20,000 characters) [A]; five minutes of
grace, times as text of digits, a claim twice with one value, which key of a set counts [L]; the wording of the errors [K]. What
the claims mean is read by `bucketpass.decide.web_identity`.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from bucketpass.aws.quotas import TOKEN_CHARACTERS, TOKEN_GRACE_SECONDS
from bucketpass.decide.web_identity import TokenRefused, token_keys, token_time
from bucketpass.identity.token import members
from bucketpass.policy.document import PolicyDocument
from bucketpass.sandbox.discovery import KeySource, UnreachableIssuer
from bucketpass.sandbox.state import StoredProvider
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.secret import Secret

__all__ = ["VerifiedClaims", "compared", "verify_token"]

MIN_RSA_BITS = 2048
# Of the token's own type; there may be any number of the other [L].
MAX_KEYS = 100

# SECURITY: neither `none` nor an HMAC, which would take a public key for a shared secret.
KEY_TYPES: Mapping[str, tuple[str, str | None]] = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
}
HEADER_MEMBERS = frozenset({"alg", "kid", "typ", "cty", "x5t", "x5t#S256", "x5c", "x5u", "jku", "jwk"})

_BASE64_URL = re.compile(r"[A-Za-z0-9_-]+")
_NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


@dataclass(frozen=True, slots=True)
class VerifiedClaims:
    """The claims of a token whose signature, issuer, audience and times were checked. `audience` is what AWS's key `aud` reads."""

    issuer: str
    subject: str
    audience: str
    claims: Mapping[str, object]
    provider: StoredProvider


def verify_token(token: Secret, *, provider_of: Callable[[str], StoredProvider | None], keys: KeySource, now: datetime) -> VerifiedClaims:
    """The claims of `token`, checked against the registered provider of its issuer. Raises AwsError."""
    text = token.reveal()
    shortest, longest = TOKEN_CHARACTERS
    if not shortest <= len(text) <= longest:
        bound = f"greater than or equal to {shortest}" if len(text) < shortest else f"less than or equal to {longest}"
        message = f"1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have length {bound}"
        raise AwsError("ValidationError", message)
    header, unverified_claims = _parse(text)
    issuer = unverified_claims.get("iss")
    provider = provider_of(issuer) if isinstance(issuer, str) else None
    if provider is None or not isinstance(issuer, str):
        _refuse(f"No OpenIDConnect provider found in your account for {issuer if isinstance(issuer, str) else 'a token without iss'}")
    _check_signature(text, header, issuer, keys)
    # From here on the claims are those that were signed: the payload is the same text.
    claims = unverified_claims
    try:
        _check_times(claims, now)
        read = token_keys(issuer, claims)
    except TokenRefused as refused:
        raise AwsError(refused.code, refused.message, 500 if refused.code == "InternalFailure" else 400) from None
    if provider.client_ids is not None and read.audience not in provider.client_ids:
        allowed = ", ".join(f"`{client}`" for client in provider.client_ids) or "none"
        note = f"the token's audience is `{read.audience}`, the provider allows {allowed}"
        raise AwsError("InvalidIdentityToken", "Incorrect token audience", note=note)
    return VerifiedClaims(issuer, str(read.claims["sub"]), read.audience, claims, provider)


def compared(verified: VerifiedClaims, trust: PolicyDocument) -> str:
    """What the token has, and what the role's trust policy asks for, in words."""
    asked = (
        f"{condition.key.rpartition(':')[2]} {' or '.join(f'`{value}`' for value in condition.values)}"
        for statement in trust.statements
        for condition in statement.conditions
    )
    wanted = ", ".join(dict.fromkeys(asked)) or "nothing of a token"
    return f"the token's sub is `{verified.subject}` and its aud `{verified.audience}`, the trust policy asks for {wanted}"


def _decoded(part: str) -> str:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()


def _parse(text: str) -> tuple[Mapping[str, object], Mapping[str, object]]:
    parts = text.split(".")
    # SECURITY: padding, blanks and other alphabets would make several texts of one token.
    if len(parts) != 3 or not all(map(_BASE64_URL.fullmatch, parts)):
        _refuse(_NOT_A_JWT)
    try:
        # SECURITY: of two members of one name one reader takes the first and another the last. Bytes are UTF-8, never guessed at.
        header = json.loads(_decoded(parts[0]), object_pairs_hook=_once, parse_constant=_no_constant)
        claims = json.loads(_decoded(parts[1]), object_pairs_hook=members, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        _refuse(_NOT_A_JWT)
    if not isinstance(header, dict) or not isinstance(claims, dict):
        _refuse(_NOT_A_JWT)
    return header, claims


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _check_signature(text: str, header: Mapping[str, object], issuer: str, keys: KeySource) -> None:
    algorithm = header.get("alg")
    # SECURITY: an unknown member may change what is signed (`crit`, `b64`); a key in the header is the attacker's own.
    if not isinstance(algorithm, str) or algorithm not in KEY_TYPES or not set(header) <= HEADER_MEMBERS:
        _refuse("The token's header is not supported: the algorithm must be RS256, RS384, RS512, ES256, ES384 or ES512")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        _refuse("The token's header is not supported: `kid` must be text")
    try:
        jwk = _choose(keys.keys(issuer, wanted=kid), algorithm, kid)
    except UnreachableIssuer as problem:
        raise AwsError("IDPCommunicationError", f"There was an error communicating with the identity provider: {problem}") from problem
    if jwk is None:
        _refuse(
            "Couldn't retrieve verification key from your identity provider,"
            " please reference AssumeRoleWithWebIdentity documentation for requirements"
        )
    # Imported with the first token: a sandbox is ready without it.
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, RSAKey

    registry = jws.JWSRegistry(algorithms=list(KEY_TYPES), strict_check_header=False)
    registry.max_payload_length = registry.max_header_length = TOKEN_CHARACTERS[1]
    try:
        key = RSAKey.import_key(jwk) if KEY_TYPES[algorithm][0] == "RSA" else ECKey.import_key(jwk)
        if isinstance(key, RSAKey) and key.public_key.key_size < MIN_RSA_BITS:
            _refuse("The identity provider's RSA key is shorter than 2048 bits")
        jws.deserialize_compact(text, key, algorithms=[algorithm], registry=registry)
    except (JoseError, ValueError, TypeError, KeyError):
        _refuse("The web identity token's signature is invalid")


def _choose(jwks: tuple[Mapping[str, object], ...], algorithm: str, kid: str | None) -> dict[str, str | list[str]] | None:
    """The key that the token names, the last of its name; where it names none, the only one that fits [L]."""
    key_type, curve = KEY_TYPES[algorithm]
    if sum(jwk.get("kty") == key_type for jwk in jwks) > MAX_KEYS:
        return None
    by_kid = {name: jwk for jwk in jwks if isinstance(name := jwk.get("kid"), str)}
    named = list(by_kid.values()) if kid is None else [by_kid[kid]] if kid in by_kid else []
    fitting = [
        jwk
        for jwk in named
        if jwk.get("kty") == key_type
        and (curve is None or jwk.get("crv") == curve)
        and jwk.get("use", "sig") == "sig"
        and "key_ops" not in jwk
    ]
    if len(fitting) != 1:
        return None
    public = ("kty", "n", "e") if key_type == "RSA" else ("kty", "crv", "x", "y")
    return {name: str(fitting[0].get(name, "")) for name in public}


def _check_times(claims: Mapping[str, object], now: datetime) -> None:
    seconds = int(now.timestamp())
    expires, issued, starts = (token_time(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None:
        _refuse(f"Missing a required claim: {'exp' if expires is None else 'iat'}")
    if seconds >= expires + TOKEN_GRACE_SECONDS:
        message = f"Token expired: current date/time {seconds} must be before the expiration date/time {expires}"
        raise AwsError("ExpiredTokenException", message)
    if issued > seconds + TOKEN_GRACE_SECONDS:
        _refuse(f"Token issued in the future: {issued} is after the current date/time {seconds}")
    if starts is not None and starts > seconds + TOKEN_GRACE_SECONDS:
        _refuse(f"Token is not valid yet: {starts} is after the current date/time {seconds}")


def _refuse(message: str) -> NoReturn:
    raise AwsError("InvalidIdentityToken", message)
