"""AssumeRoleWithWebIdentity on the wire."""

from email.utils import formatdate
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.integration.fake_sts import ROLE, granted, refused
from tests.tokens import unsigned_token

from bucketpass.credentials.sts import clock_skew, instant, is_session_of, read_answer, server_time, web_identity_request
from bucketpass.credentials.values import Credentials, Outcome, Refusal, RoleToAssume
from bucketpass.identity.token import UnverifiedToken, read_token
from bucketpass.wire.client import HttpResponse

NOW = 1_800_000_000.0
DATE = {"date": "Fri, 15 Jan 2027 08:00:00 GMT"}
TOKEN = read_token(unsigned_token())
assert isinstance(TOKEN, UnverifiedToken)


def answer(body: str, status: int = 200, headers: dict[str, str] | None = None, now: float = NOW) -> Outcome:
    assert isinstance(TOKEN, UnverifiedToken)
    return read_answer(HttpResponse(status, DATE if headers is None else headers, body.encode()), RoleToAssume(ROLE), TOKEN, now)


def test_the_request_carries_the_token_in_its_body_and_nothing_in_its_address() -> None:
    assert isinstance(TOKEN, UnverifiedToken)
    role = RoleToAssume(ROLE, seconds=900, policy='{"a": 1}', policy_arns=("arn:1", "arn:2"), endpoint_url="https://sts.test")
    request = web_identity_request(role, TOKEN, "session")
    assert (request.method, request.url) == ("POST", "https://sts.test/")
    assert b"+" not in request.body
    assert parse_qs(request.body.decode()) == {
        "Action": ["AssumeRoleWithWebIdentity"],
        "Version": ["2011-06-15"],
        "RoleArn": [ROLE],
        "RoleSessionName": ["session"],
        "WebIdentityToken": [TOKEN.text.reveal()],
        "DurationSeconds": ["900"],
        "Policy": ['{"a": 1}'],
        "PolicyArns.member.1.arn": ["arn:1"],
        "PolicyArns.member.2.arn": ["arn:2"],
    }


def test_a_session_is_read() -> None:
    credentials = answer(granted(7, NOW + 3600))
    assert isinstance(credentials, Credentials)
    assert (credentials.access_key_id, credentials.secret_access_key.reveal()) == ("ASIATEST00000007", "secret/7")
    assert credentials.session_token.reveal() == "session+7=="
    assert (credentials.issued, credentials.expires, credentials.skew) == (NOW, NOW + 3600, 0.0)
    assert credentials.identity[:2] == ("https://issuer.test", "trainer")


@pytest.mark.parametrize("ahead", [-600.0, 600.0])
def test_times_are_by_this_machines_clock_however_wrong_that_is(ahead: float) -> None:
    credentials = answer(granted(1, NOW + 3600), now=NOW + ahead)
    assert isinstance(credentials, Credentials)
    assert credentials.skew == ahead
    assert credentials.expires - credentials.issued == 3600


def test_a_refusal_that_quotes_the_token_is_repeated_without_it() -> None:
    assert isinstance(TOKEN, UnverifiedToken)
    refusal = answer(refused("ValidationError", f"Value '{TOKEN.text.reveal()}' at 'webIdentityToken' failed"), 400)
    assert isinstance(refusal, Refusal)
    assert refusal.message == "Value '***' at 'webIdentityToken' failed"


def test_a_session_that_has_ended_by_this_machines_clock_is_not_taken_and_asked_for_again_slowly() -> None:
    refusal = answer(granted(1, NOW + 3600), headers={}, now=NOW + 7200)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.passes) == ("ended-session", True)
    assert "ended 3,600 s ago" in refusal.message


def test_an_end_beyond_every_calendar_is_the_longest_that_aws_gives() -> None:
    credentials = answer(granted(1, NOW + 3600).replace(">2027-", ">9999-"), headers={"date": "Fri, 15 Jan 1999 08:00:00 GMT"})
    assert isinstance(credentials, Credentials)
    assert credentials.expires == NOW + 43_200
    assert credentials.expiration.year == 2027


def test_a_refusal_is_read_with_its_code_and_rule() -> None:
    refusal = answer(refused("AccessDenied", "Not\n authorized"), 403)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.message, refusal.status, refusal.rule.retry) == ("AccessDenied", "Not authorized", 403, False)


@pytest.mark.parametrize(
    ("body", "status", "code", "retry"),
    [
        ("<html>", 502, "http-502", True),
        ("", 503, "http-503", True),
        ("<html>portal</html>", 200, "unreadable-answer", True),
        ("garbage", 200, "unreadable-answer", True),
        (granted(1, NOW + 3600).replace("Z</Expiration>", "</Expiration>"), 200, "unreadable-answer", True),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + granted(1, NOW + 3600), 200, "unreadable-answer", True),
    ],
)
def test_what_is_no_answer_of_sts_is_no_session(body: str, status: int, code: str, retry: bool) -> None:
    refusal = answer(body, status)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.rule.retry) == (code, retry)


@pytest.mark.parametrize("changes", [{"role": "bucketpass-admin"}, {"account": "999999999999"}, {"role": "x/bucketpass-trainer-2"}])
def test_a_session_of_another_role_is_never_taken(changes: dict[str, str]) -> None:
    refusal = answer(granted(1, NOW + 3600, **changes))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "wrong-role"
    assert not refusal.rule.retry


def test_a_session_for_another_subject_is_never_taken() -> None:
    body = granted(1, NOW + 3600).replace(
        "<AssumedRoleUser>", "<SubjectFromWebIdentityToken>other</SubjectFromWebIdentityToken><AssumedRoleUser>"
    )
    refusal = answer(body)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "wrong-subject"


@pytest.mark.parametrize(
    ("assumed", "role", "same"),
    [
        ("arn:aws:sts::1:assumed-role/R/s", "arn:aws:iam::1:role/R", True),
        ("arn:aws:sts::1:assumed-role/R/s", "arn:aws:iam::1:role/path/R", True),
        ("arn:aws:sts:::assumed-role/R/s", "arn:aws:iam:::role/R", True),
        ("arn:aws-cn:sts::1:assumed-role/R/s", "arn:aws:iam::1:role/R", False),
        ("arn:aws:sts::1:assumed-role/R/", "arn:aws:iam::1:role/R", False),
        ("arn:aws:sts::1:federated-user/R/s", "arn:aws:iam::1:role/R", False),
        ("", "arn:aws:iam::1:role/R", False),
    ],
)
def test_a_session_belongs_to_its_role(assumed: str, role: str, same: bool) -> None:
    assert is_session_of(assumed, role) is same


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Fri, 15 Foo 2027 08:00:00 GMT", "Fri, 99 Jan 2027 08:00:00 GMT", "Fri, 15 Jan 2027 08:00:00 CET"]
)
def test_a_date_that_cannot_be_read_is_none(date: str) -> None:
    assert server_time({"date": date}, -1.0) == -1.0
    assert server_time(DATE, -1.0) == NOW


def test_an_instant_needs_a_zone() -> None:
    assert instant("2027-01-15T08:00:00Z") == instant("2027-01-15T09:00:00+01:00") == NOW
    assert instant("2027-01-15T08:00:00") is None
    assert instant("soon") is None


@given(st.binary(max_size=300), st.sampled_from([200, 400, 403, 500]))
def test_any_answer_is_a_refusal(body: bytes, status: int) -> None:
    assert isinstance(TOKEN, UnverifiedToken)
    assert isinstance(read_answer(HttpResponse(status, {}, body), RoleToAssume(ROLE), TOKEN, NOW), Refusal)


@pytest.mark.parametrize(("now", "skew"), [(NOW + 0.9, 0.0), (NOW + 600.9, 600.0), (NOW - 599.5, -600.0)])
def test_the_rounding_of_a_date_is_no_skew(now: float, skew: float) -> None:
    assert clock_skew({"date": formatdate(NOW, usegmt=True)}, now) == skew
    assert clock_skew({}, now) == 0.0
