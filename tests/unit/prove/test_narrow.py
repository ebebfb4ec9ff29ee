import random
from dataclasses import replace

import pytest
from tests.unit.prove import drawn
from tests.unit.prove.worlds import RICH, SIMPLE, World

from bucketpass.decide import AuthorizationRequest, NamedPolicy, PolicySet, Principal, PrincipalKind, decide
from bucketpass.deployment.resources import DeployedBucket, DeployedRole
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.narrow import EMPTY, Index, about_bucket, about_keys, for_role

ROLE = DeployedRole(drawn.ROLE, EMPTY)
EVERYONE = PrincipalElement(everyone=True)
OTHERS = tuple(f"arn:aws:iam::{drawn.ACCOUNT}:role/other-{number}" for number in range(3))


def session(context: dict[str, str], action: str = "s3:GetObject", resource: str = "arn:aws:s3:::a/b") -> AuthorizationRequest:
    caller = Principal(
        PrincipalKind.ROLE_SESSION, drawn.ROLE, drawn.ACCOUNT, f"arn:aws:sts::{drawn.ACCOUNT}:assumed-role/trainer/one", "AROAX"
    )
    own = {
        "aws:PrincipalArn": drawn.ROLE,
        "aws:PrincipalAccount": drawn.ACCOUNT,
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
    }
    return AuthorizationRequest(caller, action, resource, own | context, drawn.ACCOUNT)


def test_what_is_left_of_a_policy_decides_the_role_s_requests_as_the_whole() -> None:
    chance, shorter = random.Random(3), 0
    for _ in range(600):
        document = drawn.document(chance, principals=True)
        lists = Condition(
            chance.choice(["ArnNotLikeIfExists", "ArnLike", "StringNotEquals", "ArnEquals"]),
            "aws:PrincipalArn",
            tuple(chance.sample([*OTHERS, drawn.ROLE, "arn:aws:iam::*:role/t*", "not an ARN"], 3)),
        )
        named = PrincipalElement(aws=tuple(chance.sample([*OTHERS, drawn.ROLE], 2)))
        more = Statement(
            chance.choice(list(Effect)), actions=("s3:*",), resources=("*",), principal=chance.choice([named, EVERYONE]),
            conditions=(lists,) if chance.random() < 0.7 else (),
        )  # fmt: skip
        whole = NamedPolicy("policy", replace(document, statements=(*document.statements, more)))
        part = for_role(whole, ROLE, drawn.ACCOUNT)
        assert part is not None
        shorter += len(str(part)) < len(str(whole))
        for context in ({}, {"s3:prefix": "a"}, {"aws:PrincipalTag/t": "b", "aws:SecureTransport": "true"}):
            asked = session(context, chance.choice(drawn.ACTIONS), chance.choice(drawn.ASKED))
            found = [decide(asked, PolicySet(resource=(policy,))).allowed for policy in (whole, part)]
            assert found[0] is found[1], (whole, part, asked)
    assert shorter > 200


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        (Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::data/x/*",)), True),
        (Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::da*",)), True),
        (Statement(Effect.ALLOW, actions=("*",), resources=("*",)), True),
        (Statement(Effect.ALLOW, not_actions=("s3:GetObject",), resources=("*",)), True),
        (Statement(Effect.DENY, actions=("s3:*",), not_resources=("arn:aws:s3:::other",)), True),
        (Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::lake/x/*", "arn:aws:s3:::dat")), False),
        (Statement(Effect.ALLOW, actions=("kms:Decrypt",), resources=("*",)), False),
    ],
)
def test_what_a_policy_says_of_a_bucket_is_kept(statement: Statement, kept: bool) -> None:
    policy = NamedPolicy("policy", PolicyDocument((statement,)))
    assert (
        about_bucket(policy, DeployedBucket("data", "arn:aws:s3:::data", "111122223333", None)).document.statements == (statement,)
    ) is kept


def test_what_a_policy_says_of_keys_is_kept() -> None:
    statements = tuple(
        Statement(Effect.ALLOW, actions=(action,), resources=("*",)) for action in ("kms:Decrypt", "*", "s3:GetObject", "KMS:*")
    )
    kept = about_keys(NamedPolicy("policy", PolicyDocument(statements))).document.statements
    assert [statement.actions for statement in kept] == [("kms:Decrypt",), ("*",), ("KMS:*",)]


@pytest.mark.parametrize("text", [SIMPLE, RICH])
def test_a_service_depends_on_its_own_roles_buckets_and_issuers(text: str) -> None:
    world = World.of(text)
    index = Index(world.access, world.deployment)
    for name, service in world.access.services.items():
        access, deployment = index.service(name)
        assert deployment.roles == world.deployment.roles_of(name)
        assert {bucket.name for bucket in deployment.buckets} == {grant.bucket for grant in service.grants}
        assert set(access.issuers) == {identity.issuer for identity in service.identity}


@pytest.mark.parametrize(
    "principal",
    [
        PrincipalElement(aws=(f"arn:aws:iam::{drawn.ACCOUNT}:role/bucketpass-mixed",)),
        PrincipalElement(aws=(f"arn:aws:sts::{drawn.ACCOUNT}:assumed-role/bucketpass-mixed/one",)),
        PrincipalElement(everyone=True),
        PrincipalElement(aws=("*",)),
    ],
)
def test_a_bucket_whose_policy_lets_the_role_in_is_one_that_it_depends_on(principal: PrincipalElement) -> None:
    world = World.of(RICH)
    [logs] = [bucket for bucket in world.deployment.buckets if bucket.name == "logs"]
    assert logs.policy is not None
    opened = Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=(f"{logs.arn}/*",), principal=principal)
    document = replace(logs.policy.document, statements=(*logs.policy.document.statements, opened))
    changed = replace(logs, policy=replace(logs.policy, document=document))
    buckets = tuple(changed if bucket is logs else bucket for bucket in world.deployment.buckets)
    _, deployment = Index(world.access, replace(world.deployment, buckets=buckets)).service("mixed")
    assert "logs" in {bucket.name for bucket in deployment.buckets}
