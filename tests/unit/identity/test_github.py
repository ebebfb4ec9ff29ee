"""GitHub Actions."""

import pytest
from tests.fake_machine import Server, fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.github import GitHubSource, detect
from bucketpass.identity.interface import NotHere

URL = "https://pipelines.test/token"
VARIABLES = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{URL}?api-version=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "bearer"}


def test_the_token_is_asked_anew_for_the_audience() -> None:
    server = Server({URL: [{"value": "first"}, {"value": "second"}]})
    source = detect(fake_machine(VARIABLES, server=server), None, "s3 data")
    assert isinstance(source, GitHubSource)
    assert [source.fetch().reveal(), source.fetch().reveal()] == ["first", "second"]
    assert server.requests[0].url == f"{URL}?api-version=2&audience=s3%20data"
    assert dict(server.requests[0].headers)["Authorization"] == "Bearer bearer"


def test_the_audience_is_awss_unless_said_otherwise() -> None:
    source = detect(fake_machine(VARIABLES), None, None)
    assert isinstance(source, GitHubSource)
    assert source.audience == "sts.amazonaws.com"


def test_a_job_without_the_permission_is_told_which() -> None:
    with pytest.raises(IdentityError) as caught:
        detect(fake_machine({"GITHUB_ACTIONS": "true"}), None, None)
    assert "id-token: write" in caught.value.diagnostics()[0].remedy


def test_elsewhere_there_is_none() -> None:
    assert isinstance(detect(fake_machine(), None, None), NotHere)
