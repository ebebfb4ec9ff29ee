"""What the endpoint answers, and to whom."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.endpoint import (
    EndpointAuthorizer,
    EndpointRefusal,
    EndpointRequest,
    authorize_operations,
    body_of,
    refusal,
    response,
    unavailable,
)
from bucketpass.credentials.failures import error_of
from bucketpass.credentials.rules import rule_for
from bucketpass.credentials.values import Credentials, Refusal
from bucketpass.secret import Secret

AUTHORIZER = EndpointAuthorizer(frozenset({"127.0.0.1:8080", "localhost:8080"}), {"": Secret("right"), "agent": Secret("other")})


def head(*more: str, line: str = "GET /credentials HTTP/1.1", host: str = "127.0.0.1:8080", token: str | None = "right") -> bytes:
    lines = [line, f"Host: {host}"]
    if token is not None:
        lines.append(f"Authorization: {token}")
    return "\r\n".join([*lines, *more]).encode("latin-1")


def status(answer: EndpointRequest | EndpointRefusal) -> int:
    return 200 if isinstance(answer, EndpointRequest) else answer.status


def test_the_sdks_request_is_let_in() -> None:
    assert AUTHORIZER.authorize(head("Accept: application/json", "User-Agent: Boto3/1.44")) == EndpointRequest(
        "/credentials", keep_alive=True
    )


@pytest.mark.parametrize(("line", "more"), [("GET /credentials HTTP/1.0", ()), ("GET /credentials HTTP/1.1", ("Connection: close",))])
def test_a_connection_is_closed_where_the_caller_wants_it(line: str, more: tuple[str, ...]) -> None:
    assert AUTHORIZER.authorize(head(*more, line=line)) == EndpointRequest("/credentials", keep_alive=False)


@pytest.mark.parametrize(
    ("request_head", "expected"),
    [
        (head(token=None), 401),
        (head(token=""), 401),
        (head(token="wrong"), 401),
        (head(token="right "), 200),
        (head(token="RIGHT"), 401),
        (head(token="\u00e9"), 401),
        (head("Authorization: right", token="wrong"), 400),
        (head(host="evil.test:8080"), 403),
        (head(host="127.0.0.2"), 403),
        (head(host="127.0.0.1:8081"), 403),
        (head(host=""), 403),
        (head("Host: evil.test"), 400),
        (head("Origin: http://127.0.0.1:8080"), 403),
        (head("Origin: null"), 403),
        (head("X-Forwarded-For: 10.0.0.1"), 403),
        (head("Forwarded: for=10.0.0.1"), 403),
        (head("Via: 1.1 proxy"), 403),
        (head("Sec-Fetch-Site: cross-site"), 403),
        (head("Content-Length: 5"), 400),
        (head("Transfer-Encoding: chunked"), 400),
        (head(" folded"), 400),
        (head("Name : x"), 400),
        (head("no colon"), 400),
        (head(line="POST /credentials HTTP/1.1"), 405),
        (head(line="PUT /credentials HTTP/1.1"), 405),
        (head(line="GET / HTTP/1.1"), 404),
        (head(line="GET /credentials/../health HTTP/1.1"), 404),
        (head(line="GET http://127.0.0.1:8080/credentials HTTP/1.1"), 200),
        (head(line="GET http://evil.test/credentials HTTP/1.1"), 400),
        (head(line="GET http://evil.test/credentials HTTP/1.1", host="evil.test"), 403),
        (head("Content-Length: 0"), 200),
        (head("Content-Length: \xb2"), 400),
        (head("Content-Length: 0", "Content-Length: 0"), 400),
        (head(line="GET /credentials HTTP/2"), 505),
        (head(line="GET  /credentials HTTP/1.1"), 400),
        (head(line="nonsense"), 400),
        (head(f"X: {'x' * 9000}"), 431),
        (head(line="GET /health HTTP/1.1", token=None), 200),
        (head(line="GET /metrics HTTP/1.1", token=None), 200),
        (head(line="GET /metrics HTTP/1.1", token=None, host="evil.test"), 403),
    ],
)
def test_everyone_else_is_refused(request_head: bytes, expected: int) -> None:
    assert status(AUTHORIZER.authorize(request_head)) == expected


@given(st.binary(max_size=500))
def test_no_bytes_but_the_token_get_credentials(data: bytes) -> None:
    asked = AUTHORIZER.authorize(data)
    assert isinstance(asked, EndpointRefusal) or asked.path != "/credentials"


def test_a_refusal_never_repeats_what_was_sent() -> None:
    answer = AUTHORIZER.authorize(head(token="s3cr3t-attempt"))
    assert isinstance(answer, EndpointRefusal)
    assert b"s3cr3t" not in answer.data


def test_a_client_that_knows_no_token_file_is_told_so() -> None:
    answer = AUTHORIZER.authorize(head(token=None))
    assert isinstance(answer, EndpointRefusal)
    assert b"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" in answer.data


def test_the_body_is_what_the_sdks_read() -> None:
    credentials = Credentials("ASIA1", Secret("s"), Secret("t"), 0.0, 3600.0, "arn:role", TokenIdentity("i", "s"))
    assert json.loads(body_of(credentials)) == {
        "AccessKeyId": "ASIA1",
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": "1970-01-01T01:00:00Z",
        "RoleArn": "arn:role",
    }


def test_an_answer_is_whole_and_never_stored() -> None:
    assert response(200, b"{}") == (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    )
    assert b"Connection" not in response(200, b"{}", keep_alive=True)


def test_a_refusal_has_a_code_and_a_message() -> None:
    assert json.loads(refusal(403, "no").data.partition(b"\r\n\r\n")[2]) == {"code": "Forbidden", "message": "no"}


def test_missing_credentials_are_explained() -> None:
    answer = unavailable(error_of(Refusal("AccessDenied", "no", rule_for("AccessDenied", 403), 403)))
    assert answer.status == 503
    fields = json.loads(answer.data.partition(b"\r\n\r\n")[2])
    assert fields["code"] == "AccessDenied"
    assert "trust policy" in fields["message"]


def test_a_client_is_known_by_its_token() -> None:
    assert AUTHORIZER.authorize(head(token="other")) == EndpointRequest("/credentials", keep_alive=True, client="agent")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /metrics HTTP/1.1", 200),
        ("GET /health HTTP/1.1", 200),
        ("GET /ready HTTP/1.1", 200),
        ("GET /credentials HTTP/1.1", 404),
        ("POST /metrics HTTP/1.1", 405),
    ],
)
def test_operations_are_answered_by_any_name_and_never_with_credentials(line: str, expected: int) -> None:
    assert status(authorize_operations(head("X-Forwarded-For: 10.0.0.1", line=line, host="10.1.2.3:9464"))) == expected


USERS = EndpointAuthorizer(frozenset({"localhost"}), {"trainer": Secret("right"), "other": Secret("own")}, {1001: "trainer"})


@pytest.mark.parametrize(
    ("user", "token", "expected"),
    [
        (1001, None, "trainer"),
        (1001, "own", "other"),  # who shows a token is that token's client
        (1001, "wrong", None),
        (1002, None, None),
        (0, None, None),
        (None, None, None),
    ],
)
def test_a_process_of_a_clients_user_needs_no_token_and_any_other_does(user: int | None, token: str | None, expected: str | None) -> None:
    answer = USERS.authorize(head(host="localhost", token=token), user)
    assert (answer.client if isinstance(answer, EndpointRequest) else None) == expected
