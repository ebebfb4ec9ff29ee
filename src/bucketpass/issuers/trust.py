"""A declared issuer and identity as AWS sees them: the provider, the audiences, the subjects, and a token's claims.

`aud` in a trust policy reads the token's `azp` where there is one, and `oaud` then reads the token's `aud`
([A] for Google, [B] for others): so a provider of tokens with `azp` has the clients as its client IDs.
"""

from __future__ import annotations

from dataclasses import dataclass

from bucketpass.aws.provider_claims import STANDARD_CLAIMS, provider_claims
from bucketpass.frozen import quickly_made
from bucketpass.issuers.interface import DeclaredIdentity, DeclaredIssuer, Preset
from bucketpass.issuers.registry import preset
from bucketpass.issuers.url import normalise_url, provider_path

__all__ = ["Trusted", "audiences", "issuer_url", "pinned_audiences", "sample_claims", "trusted"]


@quickly_made
@dataclass(frozen=True, slots=True)
class Trusted:
    """The tokens that an identity carries: `aud` and `oaud` are values of AWS's keys of those names.

    several: `oaud` may have further values. wild: `*` in a subject is a wildcard. require: further claims with the value of each.
    """

    provider_path: str
    subjects: tuple[str, ...]
    aud: tuple[str, ...]
    oaud: tuple[str, ...] = ()
    several: bool = False
    wild: bool = False
    require: tuple[tuple[str, str], ...] = ()


def issuer_url(issuer: DeclaredIssuer) -> str:
    """The issuer URL as it stands in `iss`; empty where neither the declaration nor the preset has one."""
    known = preset(issuer.preset)
    return normalise_url(issuer.url or known.url or "", known.trailing_slash)


def audiences(issuer: DeclaredIssuer) -> tuple[str, ...]:
    """The values that `aud` of its tokens may have: those declared, else the preset's, else none."""
    usual = preset(issuer.preset).audience_of(issuer_url(issuer))
    return issuer.audience or ((usual,) if usual else ())


def pinned_audiences(issuer: DeclaredIssuer, identity: DeclaredIdentity) -> tuple[str, ...]:
    """The values that AWS's key `aud` may have for this identity: its client where tokens have `azp`, else the audiences."""
    party = _authorized_party(issuer, identity, preset(issuer.preset))
    return audiences(issuer) if party is None else (party,)


def trusted(issuer: DeclaredIssuer, identity: DeclaredIdentity) -> Trusted:
    """What a trust policy pins for this identity. Raises `KeyError` where the preset takes no such fields."""
    known = preset(issuer.preset)
    url = issuer_url(issuer)
    kind = known.taken_format(identity.claims)
    values = known.prepare(identity.claims)
    party = _authorized_party(issuer, identity, known)
    return Trusted(
        provider_path(url),
        known.subjects_of_values(kind, values, url),
        aud=audiences(issuer) if party is None else (party,),
        oaud=() if party is None else audiences(issuer),
        several=party is not None and issuer.several_audiences,
        wild=kind.wild,
        require=tuple([(claim, template.format_map(values)) for claim, template in kind.requires]),
    )


def sample_claims(issuer: DeclaredIssuer, identity: DeclaredIdentity) -> dict[str, str]:
    """The claims of a token that this identity would carry, but for its times: `iss`, `sub`, `aud`, `azp`, and those that AWS reads."""
    known = preset(issuer.preset)
    url = issuer_url(issuer)
    readable = {*STANDARD_CLAIMS, *provider_claims(provider_path(url))}
    required = trusted(issuer, identity).require
    given = {name: values[0] for name, values in identity.require.items() if values} | dict(identity.claims) | dict(required)
    claims = {name: value for name, value in given.items() if name in readable}
    claims |= {"iss": url, "sub": known.subjects_of(identity.claims, url)[-1], "aud": audiences(issuer)[0]}
    party = _authorized_party(issuer, identity, known)
    return claims if party is None else {**claims, "azp": party}


def _authorized_party(issuer: DeclaredIssuer, identity: DeclaredIdentity, known: Preset) -> str | None:
    if known.authorized_party is None or issuer.authorized_party is False:
        return None
    return identity.claims.get(known.authorized_party)
