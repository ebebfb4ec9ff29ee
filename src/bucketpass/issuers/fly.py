"""Fly.io: one issuer per organization; the subject names app and machine."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="fly",
    title="Fly.io",
    subjects=(SubjectFormat(("app", "machine"), ("{org}:{app}:{machine}",)), SubjectFormat(("subject",), ("{subject}",))),
    fields={"app": "the app's name", "machine": "the machine's name", "subject": "the token's `sub`, exactly"},
    evidence=Evidence.PARTLY,
    urls=("https://oidc.fly.io/{org}",),
    audience="sts.amazonaws.com",
    notes=(
        "not confirmed by Fly.io's own text in full: the form of the subject",
        "AWS does not demand a subject of this shared issuer; bucketpass does",
    ),
)
