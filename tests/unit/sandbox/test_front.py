"""Whoever cannot prove who they are gets no further than the front, whatever the service."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.unit.sandbox.inside import ACCOUNT, HOST, Inside, inside, keys_of, outcome, request, signed, text_of

from bucketpass.requests.callers import role_session
from bucketpass.sandbox.credentials import IssuedSession, Requester
from bucketpass.wire.syntax import HttpError

CALLS = {
    "s3": ("GET", "/", {}, b""),
    "sts": ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=GetCallerIdentity"),
    "iam": ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=ListRoles"),
    "kms": ("POST", "/", {"X-Amz-Target": "TrentService.ListKeys"}, b"{}"),
}
STRANGER = Credentials("AKIAEXAMPLEEXAMPLE12", "secret")
CODES = {
    "s3": ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"),
    "sts": ("InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidClientTokenId"),
    "iam": ("InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidClientTokenId"),
    "kms": ("UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException", "UnrecognizedClientException"),
}


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        yield world


def ask(world: Inside, service: str, keys: Credentials, **changes: object) -> str:
    method, target, headers, body = CALLS[service]
    answer = world.front(replace(signed(keys, method, target, headers, body, service=service), **changes))  # type: ignore[arg-type]
    return code(answer.status, text_of(answer))


def code(status: int, text: str) -> str:
    if status < 400:
        return ""
    return str(json.loads(text)["__type"]) if text.startswith("{") else text.partition("<Code>")[2].partition("<")[0]


def session(world: Inside, seconds: int = 900) -> Credentials:
    caller = role_session(f"arn:aws:iam::{ACCOUNT}:role/r", "s", role_id="AROA")
    now = world.clock.now()
    requester = Requester(caller, IssuedSession("r", "AROA", now + timedelta(seconds=seconds)))
    return keys_of(world.credentials.open_session(requester, now))


@pytest.mark.parametrize("service", CALLS)
def test_the_administrator_is_let_in(world: Inside, service: str) -> None:
    assert ask(world, service, world.admin) == ""


@pytest.mark.parametrize("service", CALLS)
def test_every_answer_has_the_time_by_which_clients_correct_their_clocks(world: Inside, service: str) -> None:
    method, target, headers, body = CALLS[service]
    for keys in (world.admin, STRANGER):
        answer = world.front(signed(keys, method, target, headers, body, service=service))
        assert dict(answer.headers)["Date"] == format_datetime(world.clock.now(), usegmt=True)


@pytest.mark.parametrize("service", CALLS)
def test_a_key_that_nobody_has_is_refused(world: Inside, service: str) -> None:
    assert ask(world, service, STRANGER) == CODES[service][0]


@pytest.mark.parametrize("service", CALLS)
def test_a_key_without_its_secret_is_refused(world: Inside, service: str) -> None:
    assert ask(world, service, Credentials(world.admin.access_key, "guess")) == CODES[service][1]


@pytest.mark.parametrize("service", CALLS)
def test_a_session_is_refused_once_it_ended(world: Inside, service: str) -> None:
    keys = session(world, seconds=60)
    assert ask(world, service, keys) in ("", "AccessDenied", "AccessDeniedException")
    world.clock.advance(60)
    assert ask(world, service, keys) == CODES[service][2]


@pytest.mark.parametrize("service", CALLS)
def test_a_sessions_key_without_its_own_token_is_refused(world: Inside, service: str) -> None:
    keys, other = session(world), session(world)
    for token in (None, "guess", other.token):
        assert ask(world, service, Credentials(keys.access_key, keys.secret_key, token)) == CODES[service][3]
    assert ask(world, service, Credentials(world.admin.access_key, world.admin.secret_key, other.token)) == CODES[service][3]


def test_a_body_that_was_changed_on_the_way_is_refused(world: Inside) -> None:
    for service, changed in (("sts", b"Action=GetSessionToken1"), ("iam", b"Action=ListUsers"), ("kms", b'{"a":1}')):
        method, target, headers, body = CALLS[service]
        made = signed(world.admin, method, target, headers, body, service=service)
        answer = world.front(request(method, target, made.headers, changed))
        assert code(answer.status, text_of(answer)) == CODES[service][1]


@pytest.mark.parametrize(
    ("service", "region", "expected"),
    [
        ("s3", "cn-north-1", "AuthorizationHeaderMalformed"),
        ("iam", "cn-north-1", "IncompleteSignature"),
        ("sts", "eu-west-99", "IncompleteSignature"),
        ("kms", "nowhere", "IncompleteSignatureException"),
        ("lambda", "us-east-1", "InvalidRequest"),
    ],
)
def test_a_signature_for_a_region_or_service_that_there_is_not_is_refused(world: Inside, service: str, region: str, expected: str) -> None:
    method, target, headers, body = CALLS.get(service, CALLS["s3"])
    answer = world.front(signed(world.admin, method, target, headers, body, service=service, region=region))
    assert code(answer.status, text_of(answer)) == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("s3", "AuthorizationHeaderMalformed"),
        ("iam", "IncompleteSignature"),
        ("sts", "IncompleteSignature"),
        ("kms", "IncompleteSignatureException"),
    ],
)
def test_a_signature_that_cannot_be_read_is_refused_in_the_services_own_form(world: Inside, service: str, expected: str) -> None:
    method, target, headers, body = CALLS[service]
    answer = world.front(request(method, target, {**headers, "Host": HOST, "Authorization": "AWS4-HMAC-SHA256 nonsense"}, body))
    assert code(answer.status, text_of(answer)) == expected


def test_kms_needs_a_signature(world: Inside) -> None:
    method, target, headers, body = CALLS["kms"]
    answer = world.front(request(method, target, {**headers, "Host": HOST}, body))
    assert code(answer.status, text_of(answer)) == "MissingAuthenticationTokenException"


def test_only_the_exchange_of_a_token_needs_no_signature(world: Inside) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Host": HOST}
    for action, expected in (("AssumeRole", "MissingAuthenticationToken"), ("GetCallerIdentity", "MissingAuthenticationToken")):
        answer = world.front(request("POST", "/", form, f"Action={action}".encode()))
        assert outcome(answer) == (403, expected)
    assert outcome(world.front(request("POST", "/", form, b"Action=AssumeRoleWithWebIdentity"))) == (400, "ValidationError")
    assert outcome(world.front(request("GET", "/?Action=AssumeRoleWithWebIdentity", {"Host": HOST}))) == (400, "ValidationError")
    assert outcome(world.front(request("POST", "/?Action=AssumeRoleWithWebIdentity", {"Host": HOST}))) == (400, "ValidationError")
    assert outcome(world.front(request("GET", "/?Action=ListRoles", {"Host": HOST}))) == (403, "AccessDenied")


def test_an_anonymous_upload_in_chunks_is_taken_apart(world: Inside) -> None:
    block = b"<PublicAccessBlockConfiguration><BlockPublicPolicy>false</BlockPublicPolicy></PublicAccessBlockConfiguration>"
    world.s3("PUT", "/open-bucket")
    world.s3("PUT", "/open-bucket?publicAccessBlock", {}, block)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::open-bucket/*"}
    world.s3("PUT", "/open-bucket?policy", {}, json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode())
    headers = {"Host": HOST, "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x-amz-decoded-content-length": "4"}
    assert outcome(world.front(request("PUT", "/open-bucket/k", headers, b"4\r\nbody\r\n0\r\n\r\n"))) == (200, "")
    assert text_of(world.s3("GET", "/open-bucket/k")) == "body"
    signed_chunks = {**headers, "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    assert outcome(world.front(request("PUT", "/open-bucket/k", signed_chunks, b""))) == (400, "InvalidRequest")


def test_a_presigned_form_is_checked_as_well(world: Inside) -> None:
    url = f"https://{HOST}/?{urlencode({'Action': 'GetCallerIdentity', 'Version': '2011-06-15'})}"
    made = AWSRequest("GET", url, headers={"Host": HOST})
    SigV4QueryAuth(world.admin, "sts", "us-east-1", expires=60).add_auth(made)
    target = str(made.url).removeprefix(f"https://{HOST}")
    assert outcome(world.front(request("GET", target, {"Host": HOST}))) == (200, "")
    assert outcome(world.front(request("GET", target.replace("GetCallerIdentity", "AssumeRole"), {"Host": HOST}))) == (
        403,
        "SignatureDoesNotMatch",
    )


@pytest.mark.parametrize("path", ["/moto-api/reset", "/latest/meta-data/iam", "/moto-api/data.json"])
def test_motos_own_doors_are_not_there(world: Inside, path: str) -> None:
    world.s3("PUT", "/kept-bucket")
    for method in ("GET", "POST"):
        assert world.front(request(method, path, {"Host": HOST})).status in (404, 405, 403)
    assert world.state.bucket("kept-bucket") is not None


def test_a_parameter_that_is_given_twice_is_refused(world: Inside) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for target, body in (("/", b"Action=ListRoles&Action=CreateUser&UserName=x"), ("/?Action=ListRoles", b"Action=CreateUser&UserName=x")):
        assert outcome(world.front(signed(world.admin, "POST", target, headers, body, service="iam"))) == (400, "ValidationError")


def test_a_form_is_not_endless(world: Inside) -> None:
    body = b"Action=ListRoles&x=" + b"y" * (1024 * 1024)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert outcome(world.front(signed(world.admin, "POST", "/", headers, body, service="iam")))[0] == 413


def test_what_breaks_is_an_internal_error_that_tells_nothing(world: Inside, caplog: pytest.LogCaptureFixture) -> None:
    world.objects.close()
    answer = world.s3("GET", "/")
    assert answer.status == 200
    world.s3("PUT", "/bucket")
    answer = world.s3("PUT", "/bucket/k", {}, b"x")
    assert outcome(answer) == (500, "InternalError")
    assert "closed database" not in text_of(answer)
    assert "closed database" in caplog.text


def test_every_request_is_an_event_without_secrets(world: Inside) -> None:
    world.s3("PUT", "/bucket")
    ask(world, "s3", STRANGER)
    url = "/bucket/k?X-Amz-Security-Token=secret-token"
    world.front(request("GET", url, {"Host": HOST}))
    made, refused, anonymous = world.events.since()
    assert (made.operation, made.service, made.status, made.allowed) == ("CreateBucket", "s3", 200, True)
    assert made.authorizations[0].action == "s3:CreateBucket"
    assert (refused.error, refused.principal, refused.access_key_id) == ("InvalidAccessKeyId", "", STRANGER.access_key)
    assert (anonymous.path, anonymous.error) == ("/bucket/k", "AccessDenied")
    assert "secret-token" not in repr(world.events.since())


def test_a_broken_transfer_ends_the_connection(world: Inside) -> None:
    world.s3("PUT", "/bucket")
    made = signed(world.admin, "PUT", "/bucket/k", {}, b"whole body")
    short = request("PUT", "/bucket/k", made.headers, b"whole")
    short.body.length = 10  # type: ignore[attr-defined]
    short.body._left = 10  # type: ignore[attr-defined]
    with pytest.raises(HttpError):
        world.front(short)
    assert world.objects.find("bucket", "k") is None


def test_the_clock_decides_what_now_is(world: Inside) -> None:
    made = signed(world.admin, "GET", "/")
    world.clock.instant = datetime(2020, 1, 1, tzinfo=UTC)
    assert outcome(world.front(made)) == (403, "RequestTimeTooSkewed")


@pytest.mark.parametrize("service", list(CALLS))
def test_a_hash_or_a_signature_in_letters_that_no_hash_has_is_refused(world: Inside, service: str) -> None:
    method, target, headers, body = CALLS[service]
    made = signed(world.admin, method, target, headers, body, service=service)
    odd_hash = replace(made, headers=tuple((name, value) for name, value in made.headers if name.lower() != "x-amz-content-sha256"))
    odd_hash = replace(odd_hash, headers=(*odd_hash.headers, ("x-amz-content-sha256", "\u00e9")))
    odd_signature = replace(made, target="/?X-Amz-Signature=%C3%A9&" + presigned_query(world.admin))
    for each in (odd_hash, odd_signature):
        assert 400 <= world.front(each).status < 500


def presigned_query(keys: Credentials) -> str:
    """The query of a request that is signed in it, without the signature."""
    made = AWSRequest("GET", f"http://{HOST}/")
    SigV4QueryAuth(keys, "s3", "us-east-1").add_auth(made)
    return "&".join(part for part in str(made.url).partition("?")[2].split("&") if not part.startswith("X-Amz-Signature"))
