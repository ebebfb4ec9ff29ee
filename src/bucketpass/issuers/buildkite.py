"""Buildkite: the usual subject names the commit; `--subject-claim pipeline_id` makes it the pipeline's ID."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="buildkite",
    title="Buildkite",
    subjects=(
        SubjectFormat(("pipeline_id",), ("{pipeline_id}",)),
        SubjectFormat(
            ("organization", "pipeline", "ref", "commit", "step"),
            ("organization:{organization}:pipeline:{pipeline}:ref:{ref}:commit:{commit}:step:{step}",),
        ),
        SubjectFormat(("subject",), ("{subject}",)),
    ),
    fields={
        "pipeline_id": "the pipeline's UUID, for tokens asked for with `--subject-claim pipeline_id`",
        "organization": "the organization's slug",
        "pipeline": "the pipeline's slug",
        "ref": "the ref, such as `refs/heads/main`",
        "commit": "the commit",
        "step": "the step's key",
        "subject": "the token's `sub`, exactly",
    },
    evidence=Evidence.SEEN,
    urls=("https://agent.buildkite.com",),
    url="https://agent.buildkite.com",
    audience="sts.amazonaws.com",
)
