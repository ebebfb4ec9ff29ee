"""Attacks on decisions: what a caller, a token or a policy's author might try."""

import dataclasses

import pytest

from bucketpass.decide import AuthorizationRequest, NamedPolicy, PolicySet, Principal, PrincipalKind, assume_role_with_web_identity, decide
from bucketpass.decide.assume_role import TrustedProvider, TrustedRole, WebIdentityRequest
from bucketpass.policy import parse_policy

ACCOUNT = "111122223333"
CALLER = Principal(PrincipalKind.ROLE_SESSION, f"arn:aws:iam::{ACCOUNT}:role/trainer", ACCOUNT)
PROVIDER = TrustedProvider(f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example", "https://issuer.example", ("data",))
TRUST = {
    "Effect": "Allow",
    "Principal": {"Federated": PROVIDER.arn},
    "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
    "Condition": {"StringEquals": {"issuer.example:aud": "data", "issuer.example:sub": "trainer"}},
}


def layers(**statement: object) -> PolicySet:
    written = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::datasets/raw/*"} | statement
    return PolicySet(identity=(NamedPolicy("data", parse_policy({"Version": "2012-10-17", "Statement": written})),))


def token(claims: dict[str, object], issuer: str = PROVIDER.url) -> WebIdentityRequest:
    trust = NamedPolicy("trust", parse_policy({"Version": "2012-10-17", "Statement": TRUST}))
    return WebIdentityRequest(issuer, claims, TrustedRole(CALLER.arn, trust), PROVIDER)


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:s3:::datasets/raw",
        "arn:aws:s3:::datasets/Raw/1",
        "arn:aws:s3:::datasets//raw/1",
        "arn:aws:s3:::datasets/./raw/1",
        "arn:aws:s3:::datasets/eval/../raw/1",
        "arn:aws:s3:::datasets\\raw\\1",
        "arn:aws:s3:::datasets-evil/raw/1",
        "arn:aws:s3:::evil/datasets/raw/1",
        "arn:aws:s3:::datasets%2Fraw/1",
        "ARN:aws:s3:::datasets/raw/1",
        " arn:aws:s3:::datasets/raw/1",
        "\u0430rn:aws:s3:::datasets/raw/1",
        "*",
    ],
)
def test_a_look_alike_resource_is_another_resource(resource: str) -> None:
    assert not decide(AuthorizationRequest(CALLER, "s3:GetObject", resource, {}), layers()).allowed


@pytest.mark.parametrize(
    "action", ["s3:GetObjectAcl", "s3:getobject\n", "s3:GetObject ", "s3\u003aGetObject\u200b", "kms:GetObject", "GetObject"]
)
def test_a_look_alike_action_is_another_action(action: str) -> None:
    assert not decide(AuthorizationRequest(CALLER, action, "arn:aws:s3:::datasets/raw/1", {}), layers()).allowed


@pytest.mark.parametrize("tag", ["*", "?", "raw*", "${aws:username}", "${*}", "", "raw/../eval", "RAW"])
def test_a_tag_cannot_be_a_pattern(tag: str) -> None:
    found = layers(Resource="arn:aws:s3:::datasets/${aws:PrincipalTag/team}/x")
    assert not decide(
        AuthorizationRequest(CALLER, "s3:GetObject", "arn:aws:s3:::datasets/eval/x", {"aws:PrincipalTag/team": tag}), found
    ).allowed


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "Trainer", "aud": "data"},
        {"sub": "trainer ", "aud": "data"},
        {"sub": "trainer\u0000", "aud": "data"},
        {"sub": "tra\u0456ner", "aud": "data"},
        {"sub": ["trainer"], "aud": "data"},
        {"sub": {"trainer": 1}, "aud": "data"},
        {"Sub": "trainer", "aud": "data"},
        {"sub": None, "aud": "data"},
        {"sub": "trainer", "aud": ["data", "evil"]},
        {"sub": "trainer", "aud": "evil", "oaud": "data"},
        {"sub": "trainer", "aud": "data", "azp": "evil"},
        {"sub": "x", "aud": "data", "issuer.example:sub": "trainer"},
        {"sub": "x", "aud": "data", "https://aws.amazon.com/tags": {"principal_tags": {"issuer.example:sub": ["trainer"]}}},
        {},
    ],
)
def test_a_look_alike_token_gets_no_session(claims: dict[str, object]) -> None:
    assert not assume_role_with_web_identity(token(claims)).allowed


@pytest.mark.parametrize(
    "issuer",
    ["https://issuer.example/", "https://issuer.example.evil", "http://issuer.example", "https://ISSUER.example", "issuer.example@evil"],
)
def test_a_look_alike_issuer_is_another_issuer(issuer: str) -> None:
    assert not assume_role_with_web_identity(token({"sub": "trainer", "aud": "data"}, issuer)).allowed


def test_a_token_of_one_issuer_cannot_speak_for_another() -> None:
    other = TrustedProvider(f"arn:aws:iam::{ACCOUNT}:oidc-provider/other.example", "https://other.example", ("data",))
    asked = dataclasses.replace(token({"sub": "trainer", "aud": "data"}, other.url), provider=other)
    assert not assume_role_with_web_identity(asked).allowed


@pytest.mark.parametrize("names", [("aws:PrincipalTag/team", "AWS:PrincipalTag/team"), ("AWS:PrincipalTag/team", "aws:PrincipalTag/team")])
def test_a_request_cannot_replace_a_key_of_the_session_in_other_letters(names: tuple[str, str]) -> None:
    claims: dict[str, object] = {"sub": "trainer", "aud": "data", "https://aws.amazon.com/tags": {"principal_tags": {"team": ["raw"]}}}
    session = assume_role_with_web_identity(token(claims)).session
    assert session is not None
    request = session.request("s3:GetObject", "arn:aws:s3:::datasets/raw/1", dict.fromkeys(names, "eval"))
    assert decide(request, layers(Condition={"StringEquals": {"aws:PrincipalTag/team": "raw"}})).allowed


def test_a_policy_of_many_stars_takes_no_time() -> None:
    found = layers(Resource="arn:aws:s3:::datasets/" + "*a" * 200 + "b", Condition={"StringLike": {"s3:prefix": "?*" * 200 + "b"}})
    assert not decide(
        AuthorizationRequest(CALLER, "s3:GetObject", "arn:aws:s3:::datasets/" + "a" * 1000, {"s3:prefix": "a" * 1000}), found
    ).allowed
