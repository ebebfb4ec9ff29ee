"""The checker against botocore's own signer: what it signs is accepted, and any change of it refused."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.sandbox.inside import HOST, request, signed

from bucketpass.sandbox.sigv4 import check_signature, parse_signature
from bucketpass.sandbox.wire_errors import AwsError, Protocol
from bucketpass.secret import Secret
from bucketpass.wire.server import ServerRequest
from bucketpass.wire.sigv4 import UNSIGNED_PAYLOAD

KEYS = Credentials("AKIAEXAMPLEEXAMPLE12", "secret/+=key")
SESSION = Credentials("ASIAEXAMPLEEXAMPLE12", "secret/+=key", "token+/==")
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)


def check(made: ServerRequest, *, payload: str | None = None, secret: str = KEYS.secret_key, after: float = 0) -> None:
    parsed = parse_signature(made, Protocol.S3)
    assert parsed is not None
    word = payload or made.header("x-amz-content-sha256") or UNSIGNED_PAYLOAD
    now = parsed.moment + timedelta(seconds=after)
    check_signature(parsed, made, Secret(secret), word, now=now, protocol=Protocol.S3)


def presigned(method: str = "GET", path: str = "/bucket/key", expires: int = 60, keys: Credentials = KEYS) -> ServerRequest:
    made = AWSRequest(method, f"https://{HOST}{path}", headers={"Host": HOST})
    S3SigV4QueryAuth(keys, "s3", "us-east-1", expires=expires).add_auth(made)
    return request(method, str(made.url).removeprefix(f"https://{HOST}"), {"Host": HOST})


@given(
    key=NAMES,
    query=st.dictionaries(NAMES, NAMES, max_size=3),
    metadata=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
)
def test_what_botocore_signs_is_accepted(key: str, query: dict[str, str], metadata: str) -> None:
    names = {name: value for name, value in query.items() if name not in ("AWSAccessKeyId",) and not name.startswith("X-Amz-")}
    target = f"/bucket/{quote(key, safe='/~')}"
    target += f"?{urlencode(names, quote_via=quote)}" if names else ""
    check(signed(KEYS, "PUT", target, {"x-amz-meta-a": metadata, "x-amz-acl": "private"}, b"body"))


@given(key=NAMES)
def test_what_botocore_presigns_is_accepted(key: str) -> None:
    check(presigned(path=f"/bucket/{quote(key, safe='/~')}", keys=SESSION))


def test_a_form_for_another_service_is_checked_alike() -> None:
    made = AWSRequest("POST", f"https://{HOST}/", headers={"Host": HOST, "Content-Type": "x"}, data=b"Action=GetCallerIdentity")
    SigV4Auth(KEYS, "sts", "eu-west-1").add_auth(made)
    check(request("POST", "/", dict(made.headers.items())), payload=sha256(b"Action=GetCallerIdentity").hexdigest())


def refused(made: ServerRequest, **options: float | str) -> str:
    with pytest.raises(AwsError) as error:
        check(made, **options)  # type: ignore[arg-type]
    return error.value.code


def test_any_change_of_a_signed_request_is_refused() -> None:
    made = signed(KEYS, "PUT", "/bucket/key?a=1", {"x-amz-acl": "private"}, b"body")
    changed = {
        "method": replace(made, method="DELETE"),
        "path": replace(made, target="/bucket/other?a=1"),
        "query": replace(made, target="/bucket/key?a=2"),
        "added parameter": replace(made, target="/bucket/key?a=1&acl"),
        "header": replace(made, headers=tuple((name, "public-read" if name == "x-amz-acl" else value) for name, value in made.headers)),
        "host": replace(made, headers=tuple((name, "evil:80" if name == "Host" else value) for name, value in made.headers)),
    }
    assert {name: refused(other) for name, other in changed.items()} == dict.fromkeys(changed, "SignatureDoesNotMatch")
    assert refused(made, payload="0" * 64) == "SignatureDoesNotMatch"
    assert refused(made, secret="other") == "SignatureDoesNotMatch"


def test_a_header_of_awss_that_was_not_signed_is_refused() -> None:
    made = signed(KEYS, "PUT", "/bucket/key", {}, b"body")
    assert refused(replace(made, headers=(*made.headers, ("x-amz-acl", "public-read")))) == "AccessDenied"


def test_a_signature_that_leaves_the_host_out_is_refused() -> None:
    made = signed(KEYS, "GET", "/bucket/key")
    without = tuple((name, re.sub("host;", "", value) if name == "Authorization" else value) for name, value in made.headers)
    assert refused(replace(made, headers=without)) == "AccessDenied"


@pytest.mark.parametrize("after", [-901, 901])
def test_a_request_from_another_quarter_of_an_hour_is_refused(after: int) -> None:
    assert refused(signed(KEYS, "GET", "/bucket/key"), after=after) == "RequestTimeTooSkewed"


@pytest.mark.parametrize(("after", "code"), [(59, None), (61, "AccessDenied"), (-901, "AccessDenied")])
def test_a_presigned_request_is_good_for_its_own_time(after: int, code: str | None) -> None:
    made = presigned(expires=60)
    if code is None:
        check(made, after=after)
    else:
        assert refused(made, after=after) == code


def test_what_a_presigned_url_says_is_what_it_is_good_for() -> None:
    made = presigned()
    assert refused(replace(made, target=made.target.replace("/key", "/other"))) == "SignatureDoesNotMatch"
    assert refused(replace(made, target=made.target.replace("Expires=60", "Expires=61"))) == "SignatureDoesNotMatch"
    assert refused(replace(made, target=made.target + "&acl")) == "SignatureDoesNotMatch"


AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE12/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature="
    + "0" * 64
)


@pytest.mark.parametrize(
    ("target", "headers", "code"),
    [
        ("/", {"Authorization": "AWS AKIA:sig"}, "InvalidRequest"),
        ("/", {"Authorization": "Bearer x"}, "InvalidRequest"),
        ("/?AWSAccessKeyId=A&Signature=s&Expires=1", {}, "InvalidRequest"),
        ("/?X-Amz-Signature=" + "0" * 64, {"Authorization": AUTHORIZATION}, "InvalidArgument"),
        ("/", {"Authorization": "AWS4-HMAC-SHA256 nonsense"}, "AuthorizationHeaderMalformed"),
        ("/", {"Authorization": AUTHORIZATION.replace("aws4_request", "aws4")}, "AuthorizationHeaderMalformed"),
        ("/", {"Authorization": AUTHORIZATION}, "AccessDenied"),
        ("/", {"Authorization": AUTHORIZATION, "x-amz-date": "20260102T000000Z"}, "AuthorizationHeaderMalformed"),
        ("/", {"Authorization": AUTHORIZATION, "x-amz-date": "20260101T996199Z"}, "AuthorizationHeaderMalformed"),
        ("/?X-Amz-Algorithm=AWS4-HMAC-SHA256", {}, "AuthorizationQueryParametersError"),
    ],
)
def test_a_claim_of_a_signature_that_cannot_be_read_is_refused(target: str, headers: dict[str, str], code: str) -> None:
    with pytest.raises(AwsError) as error:
        parse_signature(request("GET", target, headers), Protocol.S3)
    assert error.value.code == code


@pytest.mark.parametrize("change", ["Expires=0", "Expires=604801", "Expires=x"])
def test_a_presigned_request_lives_a_week_at_most(change: str) -> None:
    made = presigned()
    with pytest.raises(AwsError) as error:
        parse_signature(replace(made, target=made.target.replace("Expires=60", change)), Protocol.S3)
    assert error.value.code == "AuthorizationQueryParametersError"


def test_a_parameter_that_is_given_twice_is_refused() -> None:
    made = presigned()
    with pytest.raises(AwsError) as error:
        parse_signature(replace(made, target=made.target + "&X-Amz-Expires=60"), Protocol.S3)
    assert error.value.code == "AuthorizationQueryParametersError"


def test_an_unsigned_request_is_anonymous() -> None:
    assert parse_signature(request("GET", "/bucket/key", {"Host": HOST}), Protocol.S3) is None


def test_what_is_read_of_a_signature_masks_its_token() -> None:
    parsed = parse_signature(signed(SESSION, "GET", "/bucket/key"), Protocol.S3)
    assert parsed is not None
    assert parsed.session_token == Secret("token+/==")
    assert "token+/==" not in repr(parsed)
    assert abs((parsed.moment - datetime.now(UTC)).total_seconds()) < 60
