"""Pulumi Cloud: one issuer for all organizations."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="pulumi",
    title="Pulumi Cloud",
    subjects=(SubjectFormat(("subject",), ("{subject}",)),),
    fields={"subject": "the token's `sub`, exactly"},
    evidence=Evidence.PARTLY,
    urls=("https://api.pulumi.com/oidc",),
    url="https://api.pulumi.com/oidc",
    notes=(
        "not confirmed: the audience is the organization's name",
        "not confirmed: the form of the subject; copy it from a token",
    ),
)
