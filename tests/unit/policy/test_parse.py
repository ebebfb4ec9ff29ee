"""What is accepted, and what is refused with which pointer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.errors import PolicyError
from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.policy.parse import parse_policy

STATEMENT: dict[str, object] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def with_statement(**changed: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [STATEMENT | changed]}


def test_a_whole_document_is_read() -> None:
    source = {
        "Version": "2012-10-17",
        "Id": "doc",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Principal": {"AWS": ["111122223333"], "Federated": "arn:aws:iam::111122223333:oidc-provider/i"},
                "Action": ["s3:Get*", "s3:ListBucket"],
                "NotResource": "arn:aws:s3:::b/*",
                "Condition": {
                    "StringEquals": {"s3:prefix": ["a", "b"]},
                    "Bool": {"aws:SecureTransport": True},
                    "NumericLessThan": {"n": 1.50},
                },
            }
        ],
    }
    expected = PolicyDocument(
        (
            Statement(
                effect=Effect.ALLOW,
                actions=("s3:Get*", "s3:ListBucket"),
                not_resources=("arn:aws:s3:::b/*",),
                principal=PrincipalElement(aws=("111122223333",), federated=("arn:aws:iam::111122223333:oidc-provider/i",)),
                conditions=(
                    Condition("StringEquals", "s3:prefix", ("a", "b")),
                    Condition("Bool", "aws:SecureTransport", ("true",)),
                    Condition("NumericLessThan", "n", ("1.5",)),
                ),
                sid="Read",
            ),
        ),
        id="doc",
    )
    assert parse_policy(source) == expected
    assert parse_policy(json.dumps(source)) == expected
    assert parse_policy(json.dumps(source).encode()) == expected


def test_a_single_statement_needs_no_list() -> None:
    assert len(parse_policy({"Statement": STATEMENT}).statements) == 1
    assert parse_policy({"Statement": STATEMENT}).version is None


def test_a_number_keeps_the_digits_that_were_written() -> None:
    document = parse_policy(
        '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NumericEquals": {"k": 1.50}}}}'
    )
    assert document.statements[0].conditions[0].values == ("1.50",)


@pytest.mark.parametrize(
    ("changed", "pointer", "words"),
    [
        ({"Effect": "allow"}, "/Statement/0/Effect", "expected Allow or Deny"),
        ({"Effect": None}, "/Statement/0/Effect", "null"),
        ({"Action": []}, "/Statement/0/Action", "empty list"),
        ({"Action": "GetObject"}, "/Statement/0/Action", "service:Action"),
        ({"Action": "s3:Get:Object"}, "/Statement/0/Action", "service:Action"),
        ({"Action": "s3:"}, "/Statement/0/Action", "service:Action"),
        ({"Action": "s*:GetObject"}, "/Statement/0/Action", "without wildcards"),
        ({"Action": ["s3:GetObject", 5]}, "/Statement/0/Action/1", "expected a text"),
        ({"NotAction": "s3:PutObject"}, "/Statement/0/NotAction", "both"),
        ({"Resource": "bucket/*"}, "/Statement/0/Resource", "ARN"),
        ({"Resource": "arn:aws:s3"}, "/Statement/0/Resource", "ARN"),
        ({"Resource": []}, "/Statement/0/Resource", "empty list"),
        ({"Principal": "arn:aws:iam::1:root"}, "/Statement/0/Principal", "expected `*`"),
        ({"Principal": {}}, "/Statement/0/Principal", "without a principal"),
        ({"Principal": {"Aws": "*"}}, "/Statement/0/Principal/Aws", "did you mean `AWS`"),
        ({"Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}}, "/Statement/0/Principal/AWS", "wildcard"),
        ({"Condition": []}, "/Statement/0/Condition", "expected an object"),
        ({"Condition": {"StringEqual": {"k": "v"}}}, "/Statement/0/Condition/StringEqual", "did you mean `StringEquals`"),
        ({"Condition": {"NullIfExists": {"k": "true"}}}, "/Statement/0/Condition/NullIfExists", "unknown condition operator"),
        ({"Condition": {"Bool": {"a/b": {"c": "d"}}}}, "/Statement/0/Condition/Bool/a~1b", "an object"),
        ({"Condition": {"Bool": {"k": None}}}, "/Statement/0/Condition/Bool/k", "null"),
        ({"Condition": {"Bool": {"": "true"}}}, "/Statement/0/Condition/Bool", "without a name"),
        ({"Sid": 1}, "/Statement/0/Sid", "a number"),
        ({"Resources": "*"}, "/Statement/0/Resources", "did you mean `Resource`"),
    ],
)
def test_what_aws_refuses_is_refused_with_its_place(changed: dict[str, object], pointer: str, words: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(with_statement(**changed))
    (diagnostic,) = caught.value.diagnostics()
    assert diagnostic.place.path == pointer
    assert words in str(diagnostic)


@pytest.mark.parametrize(
    ("source", "pointer"),
    [
        ("", "/"),
        ("[]", "/"),
        ("{", "/"),
        (b"\xff", "/"),
        ("NaN", "/"),
        ("[" * 100_000, "/"),
        ("{}", "/"),
        ('{"Statement": []}', "/Statement"),
        ('{"Statement": 1}', "/Statement"),
        ('{"Version": "2020-01-01", "Statement": {}}', "/Version"),
        ('{"Version": null, "Statement": {}}', "/Version"),
        ('{"Statement": {"Action": "*", "Resource": "*"}}', "/Statement"),
        ('{"Statement": {"Effect": "Allow", "Resource": "*"}}', "/Statement"),
        ('{"Statement": [], "Statement": []}', "/"),
        ('{"statement": []}', "/statement"),
        (
            '{"Statement": [{"Effect": "Allow", "Action": "*", "Sid": "a"}, {"Effect": "Allow", "Action": "*", "Sid": "a"}]}',
            "/Statement/1/Sid",
        ),
    ],
)
def test_what_is_no_policy_is_refused_with_its_place(source: str | bytes, pointer: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(source)
    assert caught.value.diagnostics()[0].place.path == pointer


def test_broken_json_is_shown_with_line_and_column() -> None:
    with pytest.raises(PolicyError, match=r"2:3 /: not JSON") as caught:
        parse_policy("{\n  nonsense")
    assert caught.value.diagnostics()[0].place.line == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"Action": "*"},
        {"Action": "S3:getobject"},
        {"Action": "s3-object-lambda:Get*"},
        {"Resource": "arn:aws:s3:::b/${aws:username}/*"},
        {"Resource": "${aws:PrincipalTag/arn}"},
        {"Resource": "arn:*"},
        {"Principal": "*"},
        {"Principal": {"AWS": "AROAEXAMPLE"}},
        {"Principal": {"AWS": ["*", "111122223333"]}},
        {"Condition": {}},
        {"Condition": {"StringEquals": {}}},
        {"Condition": {"StringEquals": {"k": []}}},
        {"Condition": {"ForAnyValue:StringLikeIfExists": {"k": [1, True, "x", 0.5]}}},
        {"Sid": ""},
    ],
)
def test_what_aws_accepts_is_accepted(changed: dict[str, object]) -> None:
    assert parse_policy(with_statement(**changed)).statements


@given(source=st.binary(max_size=200))
def test_any_bytes_are_a_document_or_one_typed_error_with_a_pointer(source: bytes) -> None:
    try:
        assert parse_policy(source).statements
    except PolicyError as error:
        assert all(diagnostic.place.path.startswith("/") for diagnostic in error.diagnostics())


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8) | st.just("*"),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=6), children, max_size=3),
    max_leaves=8,
)
ELEMENTS = st.sampled_from(["Sid", "Effect", "Action", "Resource", "Principal", "NotPrincipal", "Condition", "Other"])


@given(statement=st.dictionaries(ELEMENTS, JSON_VALUES, max_size=6))
def test_any_statement_is_a_document_or_one_typed_error_with_a_pointer(statement: dict[str, object]) -> None:
    try:
        assert parse_policy(json.dumps({"Statement": [{"Effect": "Allow", "Action": "*"} | statement]})).statements
    except PolicyError as error:
        assert all(diagnostic.place.path.startswith("/Statement/0") for diagnostic in error.diagnostics())
