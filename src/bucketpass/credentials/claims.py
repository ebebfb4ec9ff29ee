"""What tells two tokens' sessions apart: every claim, but those that say when a token was made and which copy it is.

STS can answer differently to any claim: a trust policy tests some, others become session tags, and AWS adds keys for an
issuer's claims when it likes. So a claim that this module does not know counts, and only those in `NOT_IDENTITY` do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bucketpass.identity.token import UnverifiedToken

__all__ = ["NOT_IDENTITY", "NOT_IDENTITY_MEMBERS", "TokenIdentity", "differing_claims", "identity_claims", "identity_of"]

# Claim -> why two tokens that differ in it alone are the same identity. No condition key of AWS reads any of them [A].
NOT_IDENTITY: dict[str, str] = {
    "exp": "when the token ends",
    "iat": "when the token was made",
    "nbf": "from when the token holds",
    "auth_time": "when the person logged in",
    "jti": "the copy's number (RFC 7519)",
    "uti": "Entra ID's `jti`",
    "aio": "Entra ID's own note for reusing tokens, new in each",
    "rh": "Entra ID's own note for checking tokens again, new in each",
    "nonce": "the client's mark on one request for a token",
    "sid": "the issuer's login session (OIDC), which a new login replaces",
    "session_state": "Keycloak's `sid`",
    "at_hash": "the hash of the access token that was made with it",
    "c_hash": "the hash of the code that it was made for",
    "clientAddress": "Keycloak: the address that the token was asked from, which changes with the network",
    "clientHost": "Keycloak: the same as a host name",
    "ipaddr": "Entra ID: the same",
}
# (claim, member of its object) -> why, where only a part of a claim changes from copy to copy.
NOT_IDENTITY_MEMBERS: dict[tuple[str, str], str] = {
    ("kubernetes.io", "warnafter"): "Kubernetes: when the kubelet should have replaced the token",
}


class TokenIdentity(NamedTuple):
    """Whose token it is, by all that could change STS's answer. `claims` are as `identity_claims` returns them."""

    issuer: str
    subject: str
    claims: str = ""


def identity_of(token: UnverifiedToken) -> TokenIdentity:
    """The identity that the token claims; nobody has verified it here."""
    return TokenIdentity(token.issuer, token.subject, identity_claims(token.claims))


def identity_claims(claims: Mapping[str, object]) -> str:
    """The claims that make the identity, one per line, the same text for the same identity in whatever order they stand.

    A line holds the claim's name and value as Python writes them, with a tab between, so neither can be taken for the other.
    """
    return "\n".join(
        f"{name!r}\t{canonical(without_members(name, value))}" for name, value in sorted(claims.items()) if name not in NOT_IDENTITY
    )


def differing_claims(first: str, second: str) -> tuple[str, ...]:
    """The names of the claims in which two identities differ, in order. Never their values, which may be personal data."""
    lines = set(first.split("\n")) ^ set(second.split("\n"))
    return tuple(sorted({line.partition("\t")[0].strip("'\"") for line in lines if line}))


def without_members(name: str, value: object) -> object:
    """The claim's value without the members that change from copy to copy."""
    if not isinstance(value, dict):
        return value
    return {member: part for member, part in value.items() if (name, member) not in NOT_IDENTITY_MEMBERS}


def canonical(value: object) -> str:
    """The value as text: members by name, elements in order of their text, because to AWS several values are a set."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {canonical(part)}' for name, part in sorted(value.items()))}}}"
    if isinstance(value, list):
        return f"[{', '.join(sorted(map(canonical, value)))}]"
    return repr(value)
