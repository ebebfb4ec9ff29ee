"""Whether a token is admitted, as a declaration or a trust policy has it."""

import json

import pytest
from tests.tokens import unsigned_token

from bucketpass.credentials.trust import admitting
from bucketpass.credentials.values import Role
from bucketpass.identity.token import UnverifiedToken, read_token
from bucketpass.model import Access, parse_access
from bucketpass.policy import parse_policy

DECLARATION = """
issuers:
  okta: {preset: generic, url: "https://issuer.test", audience: s3-data}
buckets:
  datasets: {}
services:
  trainer:
    identity: {issuer: okta, subject: trainer}
    grants: [{bucket: datasets, prefix: raw/, access: read}]
"""
ROLE = Role("arn:aws:iam::111122223333:role/bucketpass-trainer")


@pytest.fixture
def access() -> Access:
    return parse_access(DECLARATION, "access.yaml")


def token(**changes: str) -> UnverifiedToken:
    read = read_token(unsigned_token(claims=changes))
    assert isinstance(read, UnverifiedToken)
    return read


def test_the_declared_identity_is_admitted(access: Access) -> None:
    admitted, seen, _ = admitting(token(), ROLE, access, None)
    assert (admitted, seen) == (True, "service `trainer` admits the token")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sub": "other"}, "AccessDenied"),
        ({"aud": "other"}, "does not admit the token"),
        ({"iss": "https://issuer.test/"}, "no issuer `https://issuer.test/`, it has `https://issuer.test`"),
    ],
)
def test_any_other_is_not_and_it_is_said_why(access: Access, changes: dict[str, str], says: str) -> None:
    admitted, seen, remedy = admitting(token(**changes), ROLE, access, None)
    assert not admitted
    assert says in seen
    assert remedy


def test_a_role_that_the_declaration_has_not_is_named_with_those_that_it_has(access: Access) -> None:
    admitted, seen, remedy = admitting(token(), Role("arn:aws:iam::111122223333:role/other"), access, None)
    assert not admitted
    assert "no role `arn:aws:iam::111122223333:role/other`" in seen
    assert "bucketpass-trainer" in remedy


def test_a_trust_policy_can_stand_for_the_declaration() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.test"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"issuer.test:sub": "trainer", "issuer.test:aud": "s3-data"}},
    }
    trust = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert admitting(token(), ROLE, None, trust)[0]
    assert not admitting(token(sub="other"), ROLE, None, trust)[0]


def test_with_neither_nothing_is_admitted() -> None:
    assert not admitting(token(), ROLE, None, None)[0]
