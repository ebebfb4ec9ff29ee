"""A declared issuer and identity as AWS sees them: the provider, the audiences, the subjects, and a token's claims.

`aud` in a trust policy reads the token's `azp` where there is one, and `oaud` then reads the token's `aud`
([A] for Google, [B] for others): so a provider of tokens with `azp` has the clients as its client IDs.
"""

from __future__ import annotations

from dataclasses import dataclass

from bucketpass.issuers.interface import DeclaredIdentity, DeclaredIssuer, Preset
from bucketpass.issuers.registry import preset
from bucketpass.issuers.url import normalise_url, provider_path

__all__ = ["Trusted", "issuer_url", "sample_claims", "trusted"]


@dataclass(frozen=True, slots=True)
class Trusted:
    """The tokens that an identity carries: `aud` and `oaud` are values of AWS's keys of those names."""

    provider_path: str
    subjects: tuple[str, ...]
    aud: tuple[str, ...]
    oaud: tuple[str, ...] = ()


def issuer_url(issuer: DeclaredIssuer) -> str:
    """The issuer URL as it stands in `iss`; empty where neither the declaration nor the preset has one."""
    known = preset(issuer.preset)
    return normalise_url(known, issuer.url or known.url or "")


def trusted(issuer: DeclaredIssuer, identity: DeclaredIdentity) -> Trusted:
    """What a trust policy pins for this identity. Raises `KeyError` where the preset takes no such fields."""
    known = preset(issuer.preset)
    path = provider_path(issuer_url(issuer))
    subjects = known.subjects_of(identity.claims)
    audience = _audience(issuer, known)
    party = _authorized_party(issuer, identity, known)
    if party is None:
        return Trusted(path, subjects, aud=audience)
    return Trusted(path, subjects, aud=(party,), oaud=audience)


def sample_claims(issuer: DeclaredIssuer, identity: DeclaredIdentity) -> dict[str, str]:
    """The claims of a token that this identity would carry, without its times: `iss`, `sub`, `aud`, `azp` where the issuer sends it."""
    known = preset(issuer.preset)
    claims = {"iss": issuer_url(issuer), "sub": known.subjects_of(identity.claims)[-1]}
    claims |= {name: value for name, value in identity.claims.items() if name in known.claim_keys}
    party = _authorized_party(issuer, identity, known)
    audience = _audience(issuer, known) or ((party,) if party else ())
    claims["aud"] = audience[0]
    if party is not None:
        claims["azp"] = party
    return claims


def _audience(issuer: DeclaredIssuer, known: Preset) -> tuple[str, ...]:
    return issuer.audience or ((known.audience,) if known.audience else ())


def _authorized_party(issuer: DeclaredIssuer, identity: DeclaredIdentity, known: Preset) -> str | None:
    if known.authorized_party is None or issuer.authorized_party is False:
        return None
    return identity.claims.get(known.authorized_party)
