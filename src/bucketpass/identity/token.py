"""What a token says before anybody has verified it, and whether it is worth sending.

Nothing here verifies a signature: that is for STS, which holds the issuer's keys. The checks spare a round trip that must
fail, and refuse nothing that AWS was seen to take: numbers as text, a subject that is a number or empty, times within 300 s.

See: RFC 7519 (claims), RFC 7515 (compact serialisation).
"""

from __future__ import annotations

import json
from binascii import Error as Base64Error
from binascii import a2b_base64
from typing import TYPE_CHECKING, NamedTuple

from bucketpass.digits import MOST_DIGITS, whole_number
from bucketpass.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bucketpass.errors import Diagnostic

__all__ = ["UNUSABLE", "TokenFault", "UnverifiedToken", "members", "read_token", "token_fault"]

UNUSABLE = "token-unusable"  # the code of the finding
# AssumeRoleWithWebIdentity takes 4 to 20,000 characters, and these algorithms [A].
MAX_TOKEN_CHARACTERS = 20_000
MAX_DEPTH = 32
LAST_SECOND = 10**MOST_DIGITS
LEEWAY_SECONDS = 300.0  # AWS takes a token so long after its `exp` and before its `nbf` [L]
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"})


class UnverifiedToken(NamedTuple):
    """A token's text and the claims that the exchange looks at. Times are seconds since 1970; None where the claim is absent."""

    text: Secret
    algorithm: str
    issuer: str
    subject: str
    audience: tuple[str, ...]
    authorized_party: str | None
    expires: float | None
    not_before: float | None
    claims: Mapping[str, object]

    @property
    def aws_audience(self) -> str:
        """What AWS compares as `aud`: the token's azp where it has one, else its aud."""
        return self.authorized_party or " ".join(self.audience)


class TokenFault(NamedTuple):
    """Why a token is not worth sending. `clock` says that another reading of the clock could change the answer."""

    message: str
    remedy: str
    clock: bool = False

    def diagnostic(self, source: str = "") -> Diagnostic:
        """Return the finding, of a token from `source`."""
        from bucketpass.errors import Diagnostic

        return Diagnostic(UNUSABLE, f"{source}: {self.message}" if source else self.message, self.remedy)


def read_token(text: str) -> UnverifiedToken | TokenFault:
    """The token's claims, unverified, or why AWS would not take it."""
    text = text.strip()  # a line break at the end of a token file makes clients fail, and some crash
    if not text:
        return TokenFault("the token is empty", "see that the identity provider's agent has written it")
    if len(text) > MAX_TOKEN_CHARACTERS:
        return TokenFault(f"the token has {len(text):,} characters, AWS takes {MAX_TOKEN_CHARACTERS:,}", "ask for fewer claims")
    if len(text.split()) > 1:
        return TokenFault("the token has white space within it", "write one token and nothing else, on one line")
    parts = text.split(".")
    if len(parts) != 3:
        kind = "an encrypted token (JWE)" if len(parts) == 5 else "an opaque token"
        return TokenFault(
            f"the token is {kind}, expected a signed JWT of three parts",
            "ask the issuer for a JWT: an id_token, or an access token for an API",
        )
    header, claims = decoded(parts[0]), decoded(parts[1])
    if claims is not None and not is_plain(claims):
        return TokenFault(
            f"the token's claims are nested deeper than {MAX_DEPTH}, or not Unicode text", "ask the issuer for a token without those claims"
        )
    if header is None or claims is None:
        return TokenFault("the token's header or claims are not a JSON object", "look at the token's source: this text was never a JWT")
    algorithm = str(header.get("alg"))
    if algorithm not in ALGORITHMS:
        return TokenFault(
            f"the token is signed with `{algorithm}`, AWS takes RS256 to RS512 and ES256 to ES512",
            "choose such a signing key at the issuer",
        )
    subject = claims.get("sub")
    for name, is_there in (("iss", bool(claims.get("iss")) and isinstance(claims["iss"], str)), ("sub", is_text_or_number(subject))):
        if not is_there:
            return TokenFault(f"the token has no `{name}`", "ask the issuer for another kind of token: AWS knows a caller by it")
    for name in ("iat", "nbf"):
        if name in claims and seconds(claims[name]) is None:
            return TokenFault(
                f"the token's `{name}` is not a number of whole seconds", "ask for another kind of token: AWS refuses this one"
            )
    audience = claims.get("aud")
    party = claims.get("azp")
    return UnverifiedToken(
        text=Secret(text),
        algorithm=algorithm,
        issuer=str(claims["iss"]),
        subject=str(subject),
        audience=tuple(str(each) for each in audience) if isinstance(audience, list) else (str(audience),) if audience else (),
        authorized_party=party if isinstance(party, str) and party else None,
        expires=seconds(claims.get("exp")),
        not_before=seconds(claims.get("nbf")),
        claims=claims,
    )


def token_fault(token: UnverifiedToken, *, now: float, audience: str | None = None) -> TokenFault | None:
    """Why `token` must not be sent at the time `now`, or None."""
    if token.expires is None:
        return TokenFault(
            "the token has no `exp` in whole seconds", "AWS refuses a token that does not expire: ask for another kind of token"
        )
    if token.expires <= now - LEEWAY_SECONDS:
        ago = int(now - token.expires)
        return TokenFault(
            f"the token expired {ago:,} s ago", "see that its source renews it, and that this machine's clock is right", clock=True
        )
    if token.not_before is not None and token.not_before > now + LEEWAY_SECONDS:
        ahead = int(token.not_before - now)
        return TokenFault(
            f"the token is not valid before {ahead:,} s from now", "see that the issuer's clock and this machine's are right", clock=True
        )
    if audience is not None and audience not in (*token.audience, token.authorized_party):
        got = ", ".join(f"`{each}`" for each in token.audience) or "none"
        return TokenFault(f"the token's audience is {got}, expected `{audience}`", "ask the issuer for a token with this audience")
    if not token.audience and token.authorized_party is None:
        return TokenFault("the token has no `aud`", "ask the issuer for a token with an audience: AWS refuses one without")
    if len(token.audience) > 1 and token.authorized_party is None:
        return TokenFault(
            f"the token has {len(token.audience)} audiences and no `azp`: AWS refuses it", "ask for a token with exactly one audience"
        )
    return None


def decoded(part: str) -> dict[str, object] | None:
    """The JSON object in one base64url part of a token."""
    try:
        raw = a2b_base64(part.replace("-", "+").replace("_", "/") + "=" * (-len(part) % 4))
        value = json.loads(raw.decode(), object_pairs_hook=members)
    except (Base64Error, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The members of a JSON object; one may be given twice with one value [L]. Raises ValueError for two."""
    found = dict(pairs)
    # SECURITY: of two values one reader takes the first and another the last, and so another identity.
    if len(found) != len(pairs) and any(json.dumps(value) != json.dumps(found[name]) for name, value in pairs):
        raise ValueError("a member is given twice with two values")
    return found


def is_plain(claims: dict[str, object]) -> bool:
    """True for claims that can be compared and shown: not nested without end, and without halves of characters."""
    level: list[object] = [claims]
    for _ in range(MAX_DEPTH):
        nested = [part for part in level if isinstance(part, dict | list)]
        level = [value for part in nested for value in (part.values() if isinstance(part, dict) else part)]
    try:
        return not level and bool(json.dumps(claims, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return False


def is_text_or_number(value: object) -> bool:
    """True for what AWS takes as a subject: text, also empty, or a whole number, which becomes text [L]."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def seconds(value: object) -> float | None:
    """A NumericDate: a whole number, or its digits as text [L]; None for anything else."""
    if isinstance(value, str):
        return float(number) if (number := whole_number(value)) is not None else None
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LAST_SECOND else None
