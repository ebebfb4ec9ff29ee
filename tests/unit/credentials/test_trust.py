"""Whether a token is admitted, as a declaration or a trust policy has it."""

import json

import pytest
from tests.examined import DECLARATION
from tests.tokens import unsigned_token

from bucketpass.credentials.trust import admitting
from bucketpass.credentials.values import RoleToAssume
from bucketpass.identity.token import UnverifiedToken, read_token
from bucketpass.model import Access, parse_access
from bucketpass.policy import parse_policy
from bucketpass.policy.document import PolicyDocument

ROLE = RoleToAssume("arn:aws:iam::111122223333:role/bucketpass-trainer")


@pytest.fixture
def access() -> Access:
    return parse_access(DECLARATION.replace("SUBJECT", "trainer"), "access.yaml")


def token(**changes: str) -> UnverifiedToken:
    read = read_token(unsigned_token(claims=changes))
    assert isinstance(read, UnverifiedToken)
    return read


def test_the_declared_identity_is_admitted(access: Access) -> None:
    admitted, seen, *_ = admitting(token(), ROLE, access, None)
    assert (admitted, seen) == (True, "service `trainer` admits the token")


@pytest.mark.parametrize(
    ("changes", "says", "mends"),
    [
        ({"sub": "other"}, "the token's subject is `other`, the trust expects `trainer`", "or correct `trainer` in the"),
        ({"aud": "other"}, "audience in the token is `other`, the provider allows `s3-data`", "take a token of the declared"),
        ({"iss": "https://issuer.test/"}, "no issuer `https://issuer.test/`, it has `https://issuer.test`", "with or without its slash"),
    ],
)
def test_any_other_is_not_and_it_is_said_why(access: Access, changes: dict[str, str], says: str, mends: str) -> None:
    admitted, seen, remedy, _ = admitting(token(**changes), ROLE, access, None)
    assert not admitted
    assert says in seen
    assert mends in remedy


def test_a_role_that_the_declaration_has_not_is_named_with_those_that_it_has(access: Access) -> None:
    admitted, seen, remedy, _ = admitting(token(), RoleToAssume("arn:aws:iam::111122223333:role/other"), access, None)
    assert not admitted
    assert "no role `arn:aws:iam::111122223333:role/other`" in seen
    assert "bucketpass-trainer" in remedy


def test_a_trust_policy_can_stand_for_the_declaration() -> None:
    trust = trust_with(sub="trainer", aud="s3-data")
    assert admitting(token(), ROLE, None, trust)[0]
    admitted, seen, remedy, _ = admitting(token(sub="other"), ROLE, None, trust)
    assert not admitted
    assert "the token's subject is `other`, the trust expects `trainer`" in seen
    assert remedy == "add `other` to the condition on `issuer.test:sub`"


def trust_with(**conditions: str) -> PolicyDocument:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.test"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"issuer.test:{claim}": value for claim, value in conditions.items()}},
    }
    return parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def test_a_condition_on_another_claim_that_does_not_hold_is_named() -> None:
    trust = trust_with(sub="trainer", aud="s3-data", amr="mfa")
    admitted, seen, remedy, _ = admitting(token(), ROLE, None, trust)
    assert not admitted
    assert "issuer.test:amr is absent, StringEquals has `mfa`" in seen
    assert remedy


def test_with_neither_nothing_is_admitted() -> None:
    assert not admitting(token(), ROLE, None, None)[0]
