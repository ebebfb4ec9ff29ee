"""Buildkite: the agent asks for a token of its job.

See: Buildkite, "OIDC with AWS".
"""

from __future__ import annotations

from bucketpass.identity.command import CommandSource
from bucketpass.identity.interface import Machine, NotHere, TokenSource

__all__ = ["detect"]

DEFAULT_AUDIENCE = "sts.amazonaws.com"


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The agent of this job; `argument` names the claim to use as the subject, such as `pipeline_id`."""
    if not machine.value("BUILDKITE_AGENT_ACCESS_TOKEN"):
        return NotHere("`BUILDKITE_AGENT_ACCESS_TOKEN` is not set")
    words = ("buildkite-agent", "oidc", "request-token", "--audience", audience or DEFAULT_AUDIENCE)
    return CommandSource(machine, (*words, "--subject-claim", argument) if argument else words, "buildkite")
