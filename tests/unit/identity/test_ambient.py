"""What the package `id` finds, where it is installed."""

from importlib.util import find_spec

import pytest
from tests.fake_machine import fake_machine

from bucketpass.identity.ambient import AmbientSource, detect
from bucketpass.identity.interface import NotHere


@pytest.mark.skipif(find_spec("id") is not None, reason="the package id is installed")
def test_without_the_package_there_is_none() -> None:
    assert detect(fake_machine(), None, None) == NotHere("the package `id` is not installed")


@pytest.mark.skipif(find_spec("id") is None, reason="the package id is not installed")
def test_outside_of_any_platform_it_finds_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for sign in ("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI"):
        monkeypatch.delenv(sign, raising=False)
    assert isinstance(detect(fake_machine(), None, None), NotHere)


@pytest.mark.skipif(find_spec("id") is None, reason="the package id is not installed")
def test_inside_a_platform_its_token_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.tokens import unsigned_token

    token = unsigned_token(aud="s3-data")
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("S3_DATA_ID_TOKEN", token)
    found = detect(fake_machine(), None, "s3-data")
    assert found == AmbientSource("s3-data")
    assert isinstance(found, AmbientSource)
    assert found.fetch().reveal() == token


@pytest.mark.skipif(find_spec("id") is None, reason="the package id is not installed")
def test_a_platform_that_gives_no_token_does_not_hide_what_else_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.delenv("S3_DATA_ID_TOKEN", raising=False)
    found = detect(fake_machine(), None, "s3-data")
    assert isinstance(found, NotHere)
    assert "S3_DATA_ID_TOKEN not found" in found.reason
