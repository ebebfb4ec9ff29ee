"""Baseten: the subject names organization, team, model, deployment, environment and what runs."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="baseten",
    title="Baseten",
    subjects=(
        SubjectFormat(
            ("org", "team", "model", "deployment", "environment", "type"),
            ("v=1:org={org}:team={team}:model={model}:deployment={deployment}:environment={environment}:type={type}",),
        ),
        SubjectFormat(("subject",), ("{subject}",)),
    ),
    fields={
        "org": "the organization's ID",
        "team": "the team's ID",
        "model": "the model's ID",
        "deployment": "the deployment's ID",
        "environment": "the environment's name",
        "type": "`model_build` or `model_container`",
        "subject": "the token's `sub`, exactly",
    },
    evidence=Evidence.SEEN,
    urls=("https://oidc.baseten.co",),
    url="https://oidc.baseten.co",
    audience="oidc.baseten.co",
    notes=("AWS does not demand a subject of this shared issuer; bucketpass does",),
)
