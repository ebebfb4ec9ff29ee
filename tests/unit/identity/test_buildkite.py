"""Buildkite."""

from tests.fake_machine import fake_machine

from bucketpass.identity.buildkite import detect
from bucketpass.identity.command import CommandSource
from bucketpass.identity.interface import NotHere


def test_the_agent_is_asked_for_the_audience_and_subject_claim() -> None:
    found = detect(fake_machine({"BUILDKITE_AGENT_ACCESS_TOKEN": "x"}), "pipeline_id", "s3-data")
    assert isinstance(found, CommandSource)
    assert found.words == ("buildkite-agent", "oidc", "request-token", "--audience", "s3-data", "--subject-claim", "pipeline_id")
    assert found.name == "buildkite"


def test_elsewhere_there_is_none() -> None:
    assert isinstance(detect(fake_machine(), None, None), NotHere)
