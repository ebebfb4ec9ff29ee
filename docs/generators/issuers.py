"""Every preset as text. `python -m docs.generators.issuers` prints it for the documentation."""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS, provider_claims
from bucketpass.issuers.interface import Preset
from bucketpass.issuers.registry import PRESETS
from bucketpass.issuers.url import provider_path

__all__ = ["listing"]


def listing() -> str:
    """Issuer, audience, fields, subjects and notes of each preset."""
    return "\n\n".join("\n".join(_lines(preset)) for preset in PRESETS.values())


def _lines(preset: Preset) -> Iterator[str]:
    yield f"{preset.name}: {preset.title} ({preset.evidence.value})"
    for url in preset.urls or ("any https URL",):
        yield f"  issuer    {url}{' (usual)' if url == preset.url and len(preset.urls) > 1 else ''}"
    yield f"  audience  {preset.audience or 'must be declared'}"
    if preset.authorized_party is not None:
        yield f"  azp       is `{preset.authorized_party}`, which AWS reads as `aud`; the audience is then `oaud`"
    for known in preset.subjects:
        yield f"  {' + '.join(known.fields)}"
        yield from (f"      sub = {template}" for template in known.templates)
    if preset.url is not None and provider_path(preset.url) in BUILT_IN_PROVIDERS:
        yield "  built into AWS: no provider is made"
    claims = provider_claims(provider_path(preset.url)) if preset.url else ()
    if claims:
        yield f"  require   {', '.join(claims)}"
    yield from (f"  note      {note}" for note in preset.notes)


if __name__ == "__main__":
    print(listing())
