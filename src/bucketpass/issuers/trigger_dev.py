"""Trigger.dev: one issuer per organization; the subject has no parts."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="trigger",
    title="Trigger.dev",
    subjects=(SubjectFormat(("subject",), ("{subject}",)),),
    fields={"subject": "the token's `sub`, exactly"},
    evidence=Evidence.SEEN,
    urls=("https://oidc.trigger.dev/{org}",),
    audience="sts.amazonaws.com",
)
