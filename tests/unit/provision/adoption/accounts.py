"""Accounts as they were made by hand, for proposals."""

import json
from functools import reduce
from typing import Any

from bucketpass.compile.plan import Plan, RolePlan, TracedDocument, key_placeholder
from bucketpass.policy import Statement, parse_policy, policy_json
from bucketpass.provision.adoption import Account, FoundBucket, FoundPolicy, FoundProvider, FoundRole

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


def deployed(plan: Plan) -> Account:
    """The account as it is once the plan is deployed, as far as an account is read."""

    ours = [bucket for bucket in plan.buckets if bucket.account is None]
    keys = {bucket.name: f"arn:aws:kms:{bucket.region}:{ID}:key/{bucket.name}" for bucket in ours if bucket.key is not None}

    def text(made: TracedDocument) -> str:
        return reduce(lambda text, name: text.replace(key_placeholder(name), keys[name]), keys, policy_json(made.document))

    def role(one: RolePlan) -> FoundRole:
        managed = [FoundPolicy(policy.name, text(policy.document), policy.arn) for policy in one.policies]
        attached = [FoundPolicy(arn.rpartition("/")[2], document(allow("sqs:SendMessage", "*")), arn) for arn in one.attached]
        inline = [FoundPolicy(name, text(made)) for name, made in one.inline]
        policies = (*managed, *attached, *inline)
        trusted = policy_json(one.trust.document)
        return FoundRole(one.name, one.arn, trusted, policies, one.declared.path, one.description, one.max_session_seconds)

    return Account(
        ID,
        tuple(FoundProvider(one.arn, one.url.removeprefix("https://"), one.client_ids) for one in plan.providers),
        tuple(map(role, plan.roles)),
        tuple(
            FoundBucket(one.bucket, text(one.policy), keys.get(one.name), one.declared.bucket_key and not one.declared.dsse) for one in ours
        ),
    )
