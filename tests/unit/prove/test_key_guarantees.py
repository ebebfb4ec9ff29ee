from dataclasses import replace

import pytest
from tests.unit.prove.worlds import RICH, SIMPLE, World, broken, verdict

from bucketpass.decide import NamedPolicy
from bucketpass.deployment.resources import DeployedKey, Deployment
from bucketpass.policy import Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.key_guarantees import administration, key_use, plane
from bucketpass.prove.question import Verdict

SIMPLY, RICHLY = World.of(SIMPLE), World.of(RICH)
OTHER = "444455556666"


def with_statement(policy: NamedPolicy, *statements: Statement) -> NamedPolicy:
    return replace(policy, document=PolicyDocument((*policy.document.statements, *statements)))


def with_role_statement(service: str, statement: Statement) -> Deployment:
    roles = tuple(
        replace(role, policies=(*role.policies, NamedPolicy("more", PolicyDocument((statement,))))) if role.service == service else role
        for role in SIMPLY.deployment.roles
    )
    return replace(SIMPLY.deployment, roles=roles)


def with_key(*statements: Statement) -> DeployedKey:
    [key] = SIMPLY.deployment.keys
    return replace(key, policy=with_statement(key.policy, *statements))


@pytest.mark.parametrize("world", [SIMPLY, RICHLY], ids=["simple", "rich"])
def test_what_is_compiled_keeps_keys_and_settings_from_others(world: World) -> None:
    for key in world.deployment.keys:
        assert verdict(key_use(key, world.access, world.deployment)) is Verdict.PROVED
    for bucket in world.deployment.buckets:
        assert verdict(plane(bucket, world.access, world.deployment)) is (Verdict.PROVED if bucket.known else Verdict.UNKNOWN)
    for name in world.access.services:
        assert verdict(administration(name, world.access, world.deployment)) is Verdict.PROVED


@pytest.mark.parametrize(
    ("action", "principal", "found"),
    [
        ("kms:ScheduleKeyDeletion", PrincipalElement(aws=(OTHER,)), "kms:ScheduleKeyDeletion"),
        ("kms:CreateGrant", PrincipalElement(service=("ec2.amazonaws.com",)), "kms:CreateGrant"),
        ("kms:Decrypt", PrincipalElement(aws=("*",)), "kms:Decrypt"),
        ("kms:Decrypt", PrincipalElement(aws=("arn:aws:iam::111122223333:role/somebody",)), "kms:Decrypt"),
        ("kms:Disable*", PrincipalElement(aws=(f"arn:aws:iam::{OTHER}:role/x",)), "kms:disable"),
        ("kms:Decrypt", PrincipalElement(canonical_user=("79a59df900b949e55d96a1e698fbaced",)), "kms:Decrypt"),
    ],
)
def test_whoever_a_key_policy_lets_in_is_found(action: str, principal: PrincipalElement, found: str) -> None:
    key = with_key(Statement(Effect.ALLOW, actions=(action,), resources=("*",), principal=principal))
    assert broken(key_use(key, SIMPLY.access, SIMPLY.deployment)).startswith(found)


def test_a_principal_that_cannot_be_placed_leaves_a_key_unknown() -> None:
    key = with_key(Statement(Effect.ALLOW, actions=("kms:Decrypt",), resources=("*",), principal=PrincipalElement(aws=("somebody",))))
    assert verdict(key_use(key, SIMPLY.access, SIMPLY.deployment)) is Verdict.UNKNOWN


@pytest.mark.parametrize("action", ["iam:PutRolePolicy", "iam:*", "*", "iam:Attach*"])
def test_a_service_that_may_change_roles_is_found(action: str) -> None:
    changed = with_role_statement("trainer", Statement(Effect.ALLOW, actions=(action,), resources=("*",)))
    assert broken(administration("trainer", SIMPLY.access, changed)).startswith(("iam:", "s3:Put") if action == "*" else "iam:")
    assert verdict(administration("evaluator", SIMPLY.access, changed)) is Verdict.PROVED


def test_a_service_that_may_change_a_bucket_s_policy_is_found() -> None:
    changed = with_role_statement("trainer", Statement(Effect.ALLOW, actions=("s3:PutBucket*",), resources=("arn:aws:s3:::datasets",)))
    assert broken(administration("trainer", SIMPLY.access, changed)).startswith("s3:PutBucket")
    assert verdict(administration("evaluator", SIMPLY.access, changed)) is Verdict.PROVED


def test_a_service_that_the_bucket_s_own_policy_lets_change_it_is_found() -> None:
    for world, name in ((SIMPLY, "datasets"), (RICHLY, "loose")):
        [bucket] = [bucket for bucket in world.deployment.buckets if bucket.name == name]
        role = PrincipalElement(aws=(world.deployment.roles[0].arn,))
        statement = Statement(Effect.ALLOW, actions=("s3:PutBucketPolicy",), resources=("*",), principal=role)
        assert bucket.policy is not None
        changed = replace(bucket, policy=with_statement(bucket.policy, statement))
        assert "which is a declared service's, may change" in broken(plane(changed, world.access, world.deployment))


def test_others_who_may_change_a_bucket_s_settings_are_found() -> None:
    [bucket] = SIMPLY.deployment.buckets
    assert bucket.policy is not None
    kept = tuple(statement for statement in bucket.policy.document.statements if statement.sid != "DenyOthers")
    opened = replace(bucket, policy=replace(bucket.policy, document=PolicyDocument(kept)))
    assert "a role of the account may change" in broken(plane(opened, SIMPLY.access, SIMPLY.deployment))
    elsewhere = Statement(
        Effect.ALLOW, actions=("s3:PutLifecycleConfiguration",), resources=("*",), principal=PrincipalElement(aws=(OTHER,))
    )
    [homes] = [bucket for bucket in RICHLY.deployment.buckets if bucket.name == "logs"]
    assert homes.policy is not None
    found = broken(plane(replace(homes, policy=with_statement(homes.policy, elsewhere)), RICHLY.access, RICHLY.deployment))
    assert found.startswith("s3:PutLifecycleConfiguration")
