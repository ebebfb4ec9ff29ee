"""What to set at an issuer: its own settings, and the tokens that the declaration accepts from it."""

from __future__ import annotations

import json

from bucketpass.compile.trust import session_tags
from bucketpass.configure.facts import Site
from bucketpass.configure.template import QUOTES, Records, Value, fill, read_template
from bucketpass.errors import InvalidInput
from bucketpass.issuers import Preset, Trusted, audiences, issuer_url, preset, trusted
from bucketpass.model.access import Identity

__all__ = ["issuer_text"]

TAGS_CLAIM = "https://aws.amazon.com/tags"


def issuer_text(name: str, site: Site) -> str:
    """The steps at the issuer's side, for people. Raises `InvalidInput` for an issuer that is not declared."""
    access = site.access
    if name not in access.issuers:
        known = ", ".join(f"`{issuer}`" for issuer in access.issuers)
        raise InvalidInput(f"`{name}` is not an issuer (expected one of {known})", remedy="correct the name")
    issuer = access.issuers[name]
    kind = preset(issuer.preset)
    values: dict[str, Value] = {
        "issuer": name,
        "title": kind.title,
        "url": issuer_url(issuer) or None,
        "audience": next(iter(audiences(issuer)), None),
        "audiences": [{"value": value} for value in audiences(issuer)],
        "accepted": _accepted(name, site),
        "tag": _tags(name, site),
        "note": [{"words": note} for note in kind.notes],
    }
    parts = ("_head", kind.name, "_tail")
    return fill("".join(read_template(f"issuers/{part}.txt") for part in parts), values, QUOTES["text"])


def _accepted(name: str, site: Site) -> Records:
    """One record for each subject that some service is known by."""
    issuer = site.access.issuers[name]
    kind = preset(issuer.preset)
    return [
        {
            "service": service,
            "role_arn": site.role_arn(service, index),
            "subject": subject,
            "claims": "".join(
                f", {claim} {' or '.join(values)}"
                for claim, values in (
                    (_first_claim(identity, kind, seen), seen.aud),
                    ("aud", seen.oaud),
                    *identity.require.items(),
                )
                if values
            ),
        }
        for service, declared in site.access.services.items()
        for index, identity in enumerate(declared.identity)
        if identity.issuer == name
        for seen in (trusted(issuer, identity),)
        for subject in seen.subjects
    ]


def _first_claim(identity: Identity, kind: Preset, seen: Trusted) -> str:
    """The token's claim that AWS's key `aud` reads."""
    party = identity.claims.get(kind.authorized_party or "")
    return "azp" if seen.aud == (party,) else "aud"


def _tags(name: str, site: Site) -> Records:
    """The claim that sets session tags, for services whose grants go by them."""
    return [
        {
            "service": service,
            "claim": f'"{TAGS_CLAIM}": {json.dumps({"principal_tags": {tag: ["..."] for tag in tags}})}',
            "names": " ".join(tags),
        }
        for service, declared in site.access.services.items()
        if any(identity.issuer == name for identity in declared.identity)
        for tags in (session_tags(declared),)
        if tags
    ]
