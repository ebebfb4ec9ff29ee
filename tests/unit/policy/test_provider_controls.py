"""Trusts in identity providers that serve many customers."""

from collections.abc import Mapping

import pytest

from bucketpass.aws.shared_providers import BUILT_IN_SCOPE
from bucketpass.policy import Statement, parse_policy
from bucketpass.policy.provider_controls import missing_scopes


def parsed(statement: Mapping[str, object]) -> Statement:
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]}).statements[0]


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
        # One block of an operator has all of the keys that stand in it scoped.
        (GITHUB, {"StringEquals": {f"{GITHUB}:sub": "repo:acme/a", f"{GITHUB}:job_workflow_ref": "*"}}, f"{GITHUB}:sub"),
        (GITHUB, {"StringEquals": {f"{GITHUB}:sub": "repo:acme/a"}, "StringLike": {f"{GITHUB}:job_workflow_ref": "*"}}, None),
        (GITHUB, {"ForAllValues:StringLike": {f"{GITHUB}:sub": "?*"}}, None),
        # An enterprise's issuer has keys of its own.
        (f"{GITHUB}/acme", {"StringEquals": {f"{GITHUB}:sub": "repo:acme/a"}}, f"{GITHUB}/acme:sub"),
        (f"{GITHUB}/acme", {"StringEquals": {f"{GITHUB}/acme:sub": "repo:acme/a"}}, None),
        ("gitlab.com", {"StringLike": {"GitLab.com:sub": "**"}}, None),
        ("gitlab.com", {"StringLike": {"gitlab.com:sub": ["project:a", "*"]}}, "gitlab.com:sub"),
        ("gitlab.com/acme", {}, None),
        ("accounts.google.com", {}, "accounts.google.com:aud"),
        ("accounts.google.com", {"StringEquals": {"accounts.google.com:oaud": "*"}}, None),
        ("accounts.google.com", {"StringEquals": {"accounts.google.com:SUB": "x"}}, "accounts.google.com:aud"),
        ("accounts.google.com", {"StringLike": {"accounts.google.com:sub": "x"}}, "accounts.google.com:aud"),
        ("www.amazon.com", {"ForAnyValue:StringEqualsIgnoreCase": {"www.amazon.com:app_id": "x"}}, None),
        ("www.amazon.com", {"StringEquals": {"www.amazon.com:user_id": "x"}}, "www.amazon.com:app_id"),
        ("graph.facebook.com", {"StringEqualsIfExists": {"graph.facebook.com:app_id": "x"}}, "graph.facebook.com:app_id"),
    ],
)
def test_a_shared_provider_is_trusted_with_a_scope_alone(provider: str, condition: dict[str, object], demanded: str | None) -> None:
    principal = {"Federated": provider if provider in BUILT_IN_SCOPE else f"arn:aws:iam::111122223333:oidc-provider/{provider}"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}
    assert list(missing_scopes(parsed(statement))) == ([] if demanded is None else [(provider, demanded)])


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"Action": "sts:TagSession"}, False),
        ({"Action": ["sts:TagSession", "sts:AssumeRoleWithWeb*"]}, True),
        ({"Action": "STS:*"}, True),
        ({"Action": None, "NotAction": "sts:TagSession"}, True),
        ({"Action": None, "NotAction": "sts:*"}, False),
        ({"Effect": "Deny"}, False),
    ],
)
def test_only_what_lets_a_token_in_needs_a_scope(changed: dict[str, object], missing: bool) -> None:
    principal = {"Federated": ["arn:aws:iam::111122223333:oidc-provider/gitlab.com", "cognito-identity.amazonaws.com"]}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity"} | changed
    found = missing_scopes(parsed({name: value for name, value in statement.items() if value is not None}))
    scopes = [("gitlab.com", "gitlab.com:sub"), ("cognito-identity.amazonaws.com", "cognito-identity.amazonaws.com:aud")]
    assert list(found) == (scopes if missing else [])
