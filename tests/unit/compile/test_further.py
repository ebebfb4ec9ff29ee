"""Policies and trust statements that are declared as they are."""

import json

import pytest
from tests.declarations import World

from bucketpass.errors import QuotaError
from bucketpass.policy import PolicyKind, check_policy, render_policy

HEAD = """
issuers: {ci: {preset: github}}
buckets: {data: {}}
services:
  job:
    identity: {issuer: ci, repository: acme/eval, branch: main}
    grants: {bucket: data, prefix: raw/, access: read}
"""
POLICY = "{Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'bedrock:InvokeModel', Resource: '*'}]}"


def test_managed_policies_are_attached_and_documents_are_inline_policies_with_their_origin() -> None:
    role = World.of(HEAD + f"    policies: [arn:aws:iam::aws:policy/ReadOnlyAccess, {POLICY}]\n").role("job")
    assert role.attached == ("arn:aws:iam::aws:policy/ReadOnlyAccess",)
    ((name, document),) = role.inline
    assert name == "bucketpass-job.further-1"
    assert [origin.path for traced in document.statements for origin in traced.origins] == ["services.job.policies[1]"]
    assert [policy.name for policy in role.policies] == ["bucketpass-job"]


@pytest.mark.parametrize(
    ("trust", "principal", "actions", "condition"),
    [
        ("arn:aws:iam::111122223333:role/hub", {"AWS": ["arn:aws:iam::111122223333:role/hub"]}, ["sts:AssumeRole"], None),
        ("ec2.amazonaws.com", {"Service": ["ec2.amazonaws.com"]}, ["sts:AssumeRole"], "aws:SourceAccount"),
        ("pods.eks.amazonaws.com", {"Service": ["pods.eks.amazonaws.com"]}, ["sts:AssumeRole", "sts:TagSession"], "aws:SourceAccount"),
        ("sso:Debuggers", {"AWS": ["arn:aws:iam::111122223333:root"]}, ["sts:AssumeRole"], "aws:PrincipalArn"),
    ],
)
def test_a_principal_in_short_is_a_statement_that_aws_takes(
    trust: str, principal: object, actions: list[str], condition: str | None
) -> None:
    document = World.of(HEAD + f"    trust: ['{trust}']\n").role("job").trust.document
    check_policy(document, PolicyKind.TRUST)
    statement = json.loads(json.dumps(render_policy(document)))["Statement"][-1]
    assert (statement["Principal"], statement["Action"]) == (principal, actions)
    assert [key for operands in statement.get("Condition", {}).values() for key in operands] == ([condition] if condition else [])


def test_every_role_of_a_service_has_the_further_statements() -> None:
    identities = ", ".join(f"{{issuer: ci, repository: acme/{'x' * 60}{number}, branch: main}}" for number in range(40))
    text = HEAD.replace("identity: {issuer: ci, repository: acme/eval, branch: main}", f"identity: [{identities}]")
    roles = World.of(text + "    trust: [ec2.amazonaws.com]\n").plan.roles
    assert len(roles) > 1
    assert all(role.trust.statements[-1].origins[0].path == "services.job.trust[0]" for role in roles)
    for role in roles:
        check_policy(role.trust.document, PolicyKind.TRUST)


def test_more_than_a_role_takes_is_refused_with_the_number() -> None:
    arns = ", ".join(f"arn:aws:iam::aws:policy/p{number}" for number in range(11))
    with pytest.raises(QuotaError, match="a role takes: 10 attached"):
        World.of(HEAD + f"    policies: [{arns}]\n")


def test_attached_policies_take_the_place_of_the_grants_own_which_then_go_inline() -> None:
    arns = ", ".join(f"arn:aws:iam::aws:policy/p{number}" for number in range(10))
    role = World.of(HEAD + f"    policies: [{arns}]\n").role("job")
    assert role.policies == ()
    assert [name for name, _ in role.inline] == ["bucketpass-job"]
