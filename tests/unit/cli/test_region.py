import pytest

from bucketpass.cli.region import region_named
from bucketpass.errors import InvalidInput


def test_the_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert (region_named("sa-east-1"), region_named(None)) == ("sa-east-1", "eu-west-1")
    monkeypatch.delenv("AWS_REGION")
    assert region_named("") == "eu-central-1"
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert region_named(None) is None


def test_a_name_that_no_region_has_is_refused() -> None:
    with pytest.raises(InvalidInput, match="expected a name such as `us-east-1`"):
        region_named("mars-1")
