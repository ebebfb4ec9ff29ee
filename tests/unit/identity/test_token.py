"""What a token says, and whether it is worth sending."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.identity.token import TokenFault, UnverifiedToken, read_token, token_fault

NOW = 1_800_000_000.0
CLAIMS: dict[str, object] = {"iss": "https://issuer.test", "sub": "trainer", "aud": "s3-data", "exp": int(NOW) + 300}


def jwt(claims: object, algorithm: object = "RS256") -> str:
    return signed(json.dumps(claims), algorithm)


def signed(claims: str, algorithm: object = "RS256") -> str:
    parts = [json.dumps({"alg": algorithm}), claims, "signature"]
    return ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def nested(depth: int) -> object:
    return {"a": nested(depth - 1)} if depth else 1


def token(**changes: object) -> UnverifiedToken:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    read = read_token(jwt(claims))
    assert isinstance(read, UnverifiedToken)
    return read


def test_the_claims_are_read_and_the_text_is_masked() -> None:
    read = token(azp="client", nbf=1)
    assert (read.issuer, read.subject, read.audience, read.authorized_party) == ("https://issuer.test", "trainer", ("s3-data",), "client")
    assert (read.expires, read.not_before, read.algorithm) == (NOW + 300, 1.0, "RS256")
    assert "eyJ" not in repr(read)


def test_a_line_break_at_the_end_is_no_part_of_the_token() -> None:
    text = jwt(CLAIMS)
    read = read_token(f"{text}\r\n")
    assert isinstance(read, UnverifiedToken)
    assert read.text.reveal() == text


def test_aws_compares_the_authorized_party_where_there_is_one() -> None:
    assert token().aws_audience == "s3-data"
    assert token(azp="client").aws_audience == "client"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("opaque", "opaque"),
        ("a.b.c.d.e", "encrypted"),
        ("a.b.c", "not a JSON object"),
        (jwt([1]), "not a JSON object"),
        (jwt(CLAIMS, "none"), "signed with `none`"),
        (jwt(CLAIMS, "HS256"), "signed with `HS256`"),
        (jwt({**CLAIMS, "sub": True}), "no `sub`"),
        (jwt({**CLAIMS, "sub": ["x"]}), "no `sub`"),
        (jwt({**CLAIMS, "iss": ""}), "no `iss`"),
        (jwt({**CLAIMS, "sub": None}), "no `sub`"),
        (jwt({"sub": "x"}), "no `iss`"),
        ("a" * 20_001, "20,001 characters"),
        (signed('{"iss": "https://issuer.test", "sub": "a", "sub": "b"}'), "not a JSON object"),
        (signed('{"iss": "https://issuer.test", "sub": "a", "t": {"x": ["1"], "x": ["2"]}}'), "not a JSON object"),
        (jwt({**CLAIMS, "sub": "\ud800"}), "not Unicode text"),
        (jwt({**CLAIMS, "groups": ["\udc80"]}), "not Unicode text"),
        (jwt({**CLAIMS, "t": nested(40)}), "nested deeper"),
        (jwt({**CLAIMS, "nbf": None}), "`nbf` is not a number of whole seconds"),
        (jwt({**CLAIMS, "iat": "soon"}), "`iat` is not a number of whole seconds"),
        (signed(json.dumps(CLAIMS)[:-1] + ', "t": ' + "[" * 500 + "]" * 500 + "}"), "nested deeper"),
    ],
)
def test_what_aws_would_not_take_is_named(text: str, says: str) -> None:
    fault = read_token(text)
    assert isinstance(fault, TokenFault)
    assert says in fault.message
    assert fault.remedy


def test_a_good_token_has_no_fault() -> None:
    assert token_fault(token(), now=NOW, audience="s3-data") is None


@pytest.mark.parametrize(
    ("changes", "says", "clock"),
    [
        ({"exp": int(NOW) - 300}, "expired 300 s ago", True),
        ({"exp": "soon"}, "no `exp`", False),
        ({"exp": "-1"}, "no `exp`", False),
        ({"exp": 10**400}, "no `exp`", False),
        ({"exp": None}, "no `exp`", False),
        ({"exp": NOW + 0.5}, "no `exp` in whole seconds", False),
        ({"exp": True}, "no `exp`", False),
        ({"nbf": int(NOW) + 301}, "not valid before 301 s from now", True),
        ({"aud": "other"}, "audience is `other`, expected `s3-data`", False),
        ({"aud": ["s3-data", "other"]}, "2 audiences and no `azp`", False),
        ({"aud": None}, "audience is none", False),
    ],
)
def test_a_token_that_must_fail_is_not_sent(changes: dict[str, object], says: str, clock: bool) -> None:
    fault = token_fault(token(**changes), now=NOW, audience="s3-data")
    assert fault is not None
    assert says in fault.message
    assert fault.clock is clock


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": str(int(NOW) + 300), "iat": "1"},
        {"exp": int(NOW) - 299},
        {"nbf": int(NOW) + 300},
        {"nbf": str(int(NOW) + 300)},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_a_token_that_aws_takes_is_sent(changes: dict[str, object]) -> None:
    assert token_fault(token(**changes), now=NOW, audience="s3-data") is None


def test_a_claim_may_be_given_twice_with_one_value() -> None:
    read = read_token(signed('{"iss": "https://issuer.test", "sub": "a", "sub": "a"}'))
    assert isinstance(read, UnverifiedToken)
    assert read.subject == "a"


def test_a_subject_that_is_a_number_becomes_text() -> None:
    assert (token(sub=7).subject, token(sub="").subject) == ("7", "")


def test_several_audiences_are_fine_beside_an_authorized_party() -> None:
    assert token_fault(token(aud=["a", "b"], azp="client"), now=NOW, audience="client") is None


@given(st.text(max_size=300))
def test_any_text_is_read_or_named_as_a_fault(text: str) -> None:
    assert isinstance(read_token(text), UnverifiedToken | TokenFault)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.dictionaries(st.text(max_size=5), inner))
)
def test_any_claims_are_read_or_named_as_a_fault(value: object) -> None:
    assert isinstance(read_token(jwt(value)), UnverifiedToken | TokenFault)
