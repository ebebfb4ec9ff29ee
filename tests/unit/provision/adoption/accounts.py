"""Accounts as they were made by hand, for proposals."""

import json
from typing import Any

from bucketpass.policy import Statement, parse_policy
from bucketpass.provision.adoption import FoundProvider

ID = "111122223333"
GITHUB = FoundProvider(
    f"arn:aws:iam::{ID}:oidc-provider/token.actions.githubusercontent.com", "token.actions.githubusercontent.com", ("sts.amazonaws.com",)
)
OKTA = FoundProvider(f"arn:aws:iam::{ID}:oidc-provider/acme.okta.com/oauth2/default", "acme.okta.com/oauth2/default", ("s3-data",))
PROVIDERS = {provider.arn: provider for provider in (GITHUB, OKTA)}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def parsed(*statements: dict[str, Any]) -> tuple[Statement, ...]:
    return parse_policy(document(*statements)).statements


def allow(action: str | list[str], resource: str | list[str], **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **({"Condition": condition} if condition else {})}


def trust(provider: FoundProvider, action: str | list[str] = "sts:AssumeRoleWithWebIdentity", **condition: Any) -> dict[str, Any]:
    """`sub=...` is a condition of the provider's own; others are whole operators."""
    equals = {f"{provider.url}:{claim}": value for claim, value in condition.items() if claim in {"sub", "aud", "oaud", "repository"}}
    rest = {operator: block for operator, block in condition.items() if operator not in {"sub", "aud", "oaud", "repository"}}
    blocks = {**({"StringEquals": equals} if equals else {}), **rest}
    return {"Effect": "Allow", "Principal": {"Federated": provider.arn}, "Action": action, "Condition": blocks}
