"""CORS rules, and what a browser is told."""

import pytest
from tests.unit.sandbox.inside import request

from bucketpass.sandbox.cors import CorsRule, check_cors, cors_headers, preflight
from bucketpass.sandbox.wire_errors import AwsError

RULES = (
    CorsRule(("https://*.example.com",), ("GET", "PUT"), ("x-amz-*",), ("ETag",), 600),
    CorsRule(("*",), ("GET",)),
)


def asked(origin: str, method: str, headers: str = "") -> dict[str, str]:
    fields = {"Origin": origin, "Access-Control-Request-Method": method}
    return fields | ({"Access-Control-Request-Headers": headers} if headers else {})


def test_the_first_rule_that_fits_answers() -> None:
    answer = preflight(RULES, request("OPTIONS", "/b/k", asked("https://a.example.com", "PUT", "X-Amz-Date, x-amz-acl")))
    headers = dict(answer.headers)
    assert (headers["Access-Control-Allow-Origin"], headers["Access-Control-Allow-Methods"]) == ("https://a.example.com", "GET, PUT")
    assert (headers["Access-Control-Allow-Headers"], headers["Access-Control-Max-Age"]) == ("x-amz-date, x-amz-acl", "600")
    assert headers["Access-Control-Expose-Headers"] == "ETag"
    anybody = dict(preflight(RULES, request("OPTIONS", "/b/k", asked("https://other", "GET"))).headers)
    assert (anybody["Access-Control-Allow-Origin"], "Access-Control-Allow-Credentials" in anybody) == ("*", False)


@pytest.mark.parametrize(
    ("rules", "fields", "expected"),
    [
        (RULES, {}, (400, "BadRequest")),
        ((), asked("https://a", "GET"), (403, "AccessForbidden")),
        (RULES, asked("https://other", "PUT"), (403, "AccessForbidden")),
        (RULES, asked("https://a.example.com", "PUT", "authorization"), (403, "AccessForbidden")),
    ],
)
def test_what_no_rule_allows_is_forbidden(rules: tuple[CorsRule, ...], fields: dict[str, str], expected: tuple[int, str]) -> None:
    with pytest.raises(AwsError) as error:
        preflight(rules, request("OPTIONS", "/b/k", fields))
    assert (error.value.status, error.value.code) == expected


def test_an_ordinary_answer_says_who_may_read_it() -> None:
    assert dict(cors_headers(RULES, request("GET", "/b/k", {"Origin": "https://other"})))["Access-Control-Allow-Origin"] == "*"
    assert cors_headers(RULES, request("DELETE", "/b/k", {"Origin": "https://other"})) == []
    assert cors_headers(RULES, request("GET", "/b/k")) == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("<AllowedOrigin></AllowedOrigin><AllowedMethod>GET</AllowedMethod>", "MalformedXML"),
        ("<AllowedMethod>GET</AllowedMethod>", "MalformedXML"),
        ("<AllowedOrigin>*</AllowedOrigin>", "MalformedXML"),
        ("<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod>", "InvalidRequest"),
        ("<AllowedOrigin>*.*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>", "InvalidRequest"),
        ("<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>x</MaxAgeSeconds>", "MalformedXML"),
    ],
)
def test_rules_that_s3_refuses(rule: str, code: str) -> None:
    with pytest.raises(AwsError) as error:
        check_cors(f"<CORSConfiguration><CORSRule>{rule}</CORSRule></CORSConfiguration>".encode())
    assert error.value.code == code
