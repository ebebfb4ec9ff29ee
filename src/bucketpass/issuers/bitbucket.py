"""Bitbucket Pipelines: one issuer per workspace; the subject is the repository and the step, each a UUID in braces."""

from __future__ import annotations

from collections.abc import Mapping

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]


def prepare(claims: Mapping[str, str]) -> Mapping[str, str]:
    """UUIDs with the braces that the subject has, however they were written."""
    return {name: value if name == "subject" else f"{{{value.strip('{}')}}}" for name, value in claims.items()}


PRESET = Preset(
    name="bitbucket",
    title="Bitbucket Pipelines",
    subjects=(
        SubjectFormat(("repository_uuid", "step_uuid"), ("{repository_uuid}:{step_uuid}",)),
        SubjectFormat(("subject",), ("{subject}",)),
    ),
    fields={
        "repository_uuid": "the repository's UUID",
        "step_uuid": "the step's UUID",
        "subject": "the token's `sub`, exactly",
    },
    evidence=Evidence.SEEN,
    urls=("https://api.bitbucket.org/2.0/workspaces/{workspace}/pipelines-config/identity/oidc",),
    prepare=prepare,
    notes=("the audience is `ari:cloud:bitbucket::workspace/<uuid>`, its UUID without braces",),
)
