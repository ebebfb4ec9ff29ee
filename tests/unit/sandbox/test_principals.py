from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, Inside, inside

from bucketpass.policy import parse_policy
from bucketpass.sandbox.principals import unknown_principal, unscoped_provider

PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/realm"


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.user("ann")
        world.form("iam", "CreateOpenIDConnectProvider", Url="https://idp.example.com/realm", ClientIDList__member__1="x")
        yield world


@pytest.mark.parametrize(
    ("principal", "unknown"),
    [
        ("*", None),
        ({"AWS": "*"}, None),
        ({"AWS": ACCOUNT}, None),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, None),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}, None),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, f"arn:aws:iam::{ACCOUNT}:user/bob"),
        ({"AWS": [f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:role/r"]}, f"arn:aws:iam::{ACCOUNT}:role/r"),
        ({"AWS": "arn:aws:iam::999999999999:role/far"}, None),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"}, None),
        ({"Federated": PROVIDER}, None),
        ({"Federated": f"{PROVIDER}/x"}, f"{PROVIDER}/x"),
        ({"Federated": "accounts.google.com"}, None),
        ({"Service": "ec2.amazonaws.com"}, None),
    ],
)
def test_a_principal_of_this_account_exists_or_is_named(world: Inside, principal: object, unknown: str | None) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    assert unknown_principal(world.state, parse_policy({"Version": "2012-10-17", "Statement": [statement]})) == unknown


def test_those_who_are_left_out_must_exist_as_well(world: Inside) -> None:
    nobody = f"arn:aws:iam::{ACCOUNT}:user/bob"
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": nobody}, "Action": "s3:*", "Resource": "arn:aws:s3:::b"}
    assert unknown_principal(world.state, parse_policy({"Version": "2012-10-17", "Statement": [statement]})) == nobody


GITHUB = "token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("provider", "condition", "demanded"),
    [
        (GITHUB, {}, f"{GITHUB}:sub"),
        (GITHUB, {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}, f"{GITHUB}:sub"),
        (GITHUB, {"StringEquals": {f"{GITHUB}:sub": "repo:acme/eval:environment:production"}}, None),
        (GITHUB, {"StringLike": {f"{GITHUB.upper()}:SUB": "repo:acme/*"}}, None),
        (GITHUB, {"StringLike": {f"{GITHUB}:job_workflow_ref": "acme/w/.github/workflows/x.yml@*"}}, None),
        (GITHUB, {"StringLike": {f"{GITHUB}:sub": "*"}}, f"{GITHUB}:sub"),
        (GITHUB, {"StringLike": {f"{GITHUB}:sub": ["repo:acme/*", "*:x"]}}, f"{GITHUB}:sub"),
        (GITHUB, {"StringEquals": {f"{GITHUB}:sub": " "}}, f"{GITHUB}:sub"),
        (GITHUB, {"StringNotEquals": {f"{GITHUB}:sub": "repo:evil"}}, f"{GITHUB}:sub"),
        (GITHUB, {"StringEqualsIfExists": {f"{GITHUB}:sub": "repo:acme"}}, f"{GITHUB}:sub"),
        (GITHUB, {"Null": {f"{GITHUB}:sub": "false"}}, f"{GITHUB}:sub"),
        ("oidc.vercel.com", {"StringEquals": {"oidc.vercel.com:sub": "x"}}, "oidc.vercel.com:aud"),
        ("oidc.vercel.com", {"StringEquals": {"oidc.vercel.com:aud": "x"}}, None),
        ("idp.example.com/realm", {}, None),
    ],
)
def test_a_provider_of_strangers_is_trusted_with_a_scope_alone(provider: str, condition: dict[str, object], demanded: str | None) -> None:
    principal = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}
    found = unscoped_provider(parse_policy({"Version": "2012-10-17", "Statement": [statement]}))
    assert (found[1] if found else None) == demanded
