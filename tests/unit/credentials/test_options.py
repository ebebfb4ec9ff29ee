"""Options of the command line and the environment."""

import pytest

from bucketpass.credentials.options import OPTIONS, option_values, token_path


def test_an_option_comes_before_its_variables_and_they_in_their_order() -> None:
    variables = {"AWS_ROLE_ARN": "aws", "BUCKETPASS_ROLE_ARN": "ours", "AWS_DEFAULT_REGION": "eu-west-1"}
    assert option_values([], variables) == {"role-arn": "ours", "region": "eu-west-1"}
    assert option_values(["--role-arn", "given", "--region=us-east-1"], variables) == {"role-arn": "given", "region": "us-east-1"}


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--rolearn", "x"], "`--rolearn` is not an option"), (["x"], "`x` is not an option"), (["--region"], "--region has no value")],
)
def test_a_wrong_word_is_named(words: list[str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        option_values(words, {})


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"token-file": "/a"}, "/a"),
        ({"source": "file:/b", "token-file": "/a"}, "/b"),
        ({"source": "github", "token-file": "/a"}, None),
        ({}, None),
    ],
)
def test_a_source_that_was_named_decides_whether_there_is_a_file(values: dict[str, str], path: str | None) -> None:
    assert token_path(values) == path


def test_every_option_can_be_set_in_the_environment() -> None:
    assert all(variables for variables, _ in OPTIONS.values())


def test_addresses_of_the_environment_are_ignored_where_it_says_so() -> None:
    variables = {
        "AWS_ENDPOINT_URL": "https://a.test",
        "AWS_ENDPOINT_URL_STS": "https://b.test",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    }
    assert option_values([], variables) == {}
    assert option_values(["--endpoint-url=https://c.test"], variables) == {"endpoint-url": "https://c.test"}


@pytest.mark.parametrize(("value", "is_set"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_an_option_without_a_value_is_set_or_not(value: str, is_set: bool) -> None:
    assert ("allow-http" in option_values([], {"BUCKETPASS_ALLOW_HTTP": value})) is is_set
    assert option_values(["--allow-http", "--region", "r"], {}) == {"allow-http": "true", "region": "r"}
