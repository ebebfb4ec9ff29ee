"""Vercel: one issuer per team; the subject names team, project and environment."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="vercel",
    title="Vercel",
    subjects=(
        SubjectFormat(("team", "project", "environment"), ("owner:{team}:project:{project}:environment:{environment}",)),
        SubjectFormat(("subject",), ("{subject}",)),
    ),
    fields={
        "team": "the team's slug",
        "project": "the project's name",
        "environment": "`production`, `preview` or `development`",
        "subject": "the token's `sub`, exactly",
    },
    evidence=Evidence.SEEN,
    urls=("https://oidc.vercel.com/{team}", "https://oidc.vercel.com"),
    audience="https://vercel.com/{team}",
)
