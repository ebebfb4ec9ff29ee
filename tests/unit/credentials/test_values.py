"""Roles, credentials and session names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.integration.fake_sts import ROLE

from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.values import SESSION_NAME_CHARACTERS, Credentials, RoleToAssume, default_session_name, parse_role
from bucketpass.secret import Secret

ARN = "arn:aws:iam::111122223333:role/bucketpass-trainer"


@pytest.mark.parametrize(
    ("role", "endpoint"),
    [
        (RoleToAssume(ARN), "https://sts.us-east-1.amazonaws.com/"),
        (RoleToAssume(ARN, region="eu-west-1"), "https://sts.eu-west-1.amazonaws.com/"),
        (RoleToAssume(ARN.replace("arn:aws:", "arn:aws-cn:")), "https://sts.cn-north-1.amazonaws.com.cn/"),
        (RoleToAssume(ARN, region="us-gov-west-1"), "https://sts.us-gov-west-1.amazonaws.com/"),
        (RoleToAssume(ARN, endpoint_url="http://127.0.0.1:1/sts"), "http://127.0.0.1:1/sts/"),
    ],
)
def test_the_endpoint_is_the_regions_unless_one_is_given(role: RoleToAssume, endpoint: str) -> None:
    assert role.endpoint() == endpoint


@given(st.text(max_size=300), st.text(max_size=80))
def test_any_subject_and_host_make_a_session_name_that_aws_takes(subject: str, host: str) -> None:
    name = default_session_name(subject, host)
    assert 2 <= len(name) <= 64
    assert SESSION_NAME_CHARACTERS.issuperset(name)


def test_the_session_name_tells_who_and_where() -> None:
    assert (
        default_session_name("repo:acme/eval:environment:production", "runner-7.corp") == "repo-acme-eval-environment-production@runner-7"
    )


def test_the_options_make_a_role() -> None:
    values = {"role-arn": ARN, "duration": "900", "session-name": "me", "audience": "s3-data", "ca-bundle": "/ca.pem"}
    assert parse_role(values, "{}") == RoleToAssume(ARN, "me", 900, "{}", ca_file="/ca.pem", audience="s3-data")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "no role"),
        ({"role-arn": "trainer"}, "`trainer` is not a role ARN"),
        ({"role-arn": ARN, "duration": "an hour"}, "got the duration `an hour`"),
        ({"role-arn": ARN, "session-name": "a b"}, "`a b` is not valid"),
    ],
)
def test_wrong_options_are_named(values: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_role(values, None)


def test_credentials_show_no_secret_and_know_when_they_end() -> None:
    credentials = Credentials("ASIA1", Secret("hunter2"), Secret("hunter3"), 0.0, 3600.0, ARN, TokenIdentity("i", "s"))
    assert "hunter" not in repr(credentials)
    assert credentials.good_until == 3570.0
    assert credentials.expiration.isoformat() == "1970-01-01T01:00:00+00:00"


@pytest.mark.parametrize("address", ["localhost:8080", "ftp://sts.test", "https://", "sts.us-east-1.amazonaws.com"])
def test_an_address_of_sts_that_is_none_is_refused_before_it_is_asked(address: str) -> None:
    with pytest.raises(ValueError, match="is not an address of STS, expected https://HOST"):
        parse_role({"role-arn": ROLE, "endpoint-url": address}, None)


@pytest.mark.parametrize("address", ["http://sts.internal", "http://10.0.0.5:8080", "http://127.evil.test.internal"])
def test_no_token_goes_to_another_machine_in_clear_text_unless_that_was_allowed(address: str) -> None:
    values = {"role-arn": ARN, "endpoint-url": address}
    with pytest.raises(ValueError, match="in clear text"):
        parse_role(values, None)
    assert parse_role({**values, "allow-http": "true"}, None).endpoint_url == address


@pytest.mark.parametrize("address", ["http://localhost:4566", "http://127.0.0.1:1", "http://[::1]:1", "https://sts.internal"])
def test_loopback_and_https_need_no_leave(address: str) -> None:
    assert parse_role({"role-arn": ARN, "endpoint-url": address}, None).endpoint_url == address


@pytest.mark.parametrize("duration", ["\xb2", "\u0663600", "1_000", "-900", "0", "9" * 5000])
def test_a_duration_is_in_ascii_digits(duration: str) -> None:
    with pytest.raises(ValueError, match="expected 900 to 43200 seconds"):
        parse_role({"role-arn": "arn:aws:iam::111122223333:role/r", "duration": duration}, None)


@pytest.mark.parametrize(
    ("duration", "endpoint", "seconds"),
    [("2h", None, 7200), ("900", None, 900), ("5", None, None), ("13h", None, None), ("60", "http://localhost:1", 60)],
)
def test_a_duration_is_one_that_sts_takes(duration: str, endpoint: str | None, seconds: int | None) -> None:
    values = {"role-arn": ARN, "duration": duration, **({"endpoint-url": endpoint} if endpoint else {})}
    if seconds is None:
        with pytest.raises(ValueError, match="such as `3600` or `1h`"):
            parse_role(values, None)
    else:
        assert parse_role(values, None).seconds == seconds
