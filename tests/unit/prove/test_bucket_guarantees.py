from dataclasses import replace

import pytest
from tests.unit.prove.worlds import RICH, SIMPLE, TENANTS, World, broken, verdict

from bucketpass.deployment.resources import DeployedBucket
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.bucket_guarantees import guard_rails, others, public, writers
from bucketpass.prove.question import Verdict, prove

SIMPLY, RICHLY, OPEN = World.of(SIMPLE), World.of(RICH), World.of(TENANTS)
EVERYONE = PrincipalElement(everyone=True)
READ = Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::datasets/*",))


def changed(*, without: str = "", more: tuple[Statement, ...] = ()) -> DeployedBucket:
    """The bucket of the simple world with statements more, or without one."""
    bucket = SIMPLY.deployment.buckets[0]
    assert bucket.policy is not None
    kept = tuple(statement for statement in bucket.policy.document.statements if not without or statement.sid != without)
    assert not without or len(kept) < len(bucket.policy.document.statements)
    return replace(bucket, policy=replace(bucket.policy, document=PolicyDocument((*kept, *more))))


def also(statement: Statement) -> DeployedBucket:
    """The bucket of the tenants' world, which is not exclusive, with a statement more."""
    [bucket] = OPEN.deployment.buckets
    assert bucket.policy is not None
    return replace(bucket, policy=replace(bucket.policy, document=PolicyDocument((*bucket.policy.document.statements, statement))))


@pytest.mark.parametrize("name", list(RICHLY.access.buckets))
def test_what_is_compiled_keeps_to_its_guard_rails(name: str) -> None:
    bucket = next(bucket for bucket in RICHLY.deployment.buckets if bucket.name == name)
    world = (RICHLY.access, RICHLY.deployment)
    found = [others(bucket, *world), public(bucket, *world), writers(bucket, *world), *guard_rails(bucket, *world)]
    assert [verdict(one) for one in found] == [Verdict.PROVED] * len(found)
    assert len(found) == (3 if name == "loose" else 6)


def test_an_exclusive_bucket_is_for_its_services_and_administrators() -> None:
    assert verdict(others(changed(), SIMPLY.access, SIMPLY.deployment)) is Verdict.PROVED
    found = broken(others(changed(without="DenyOthers"), SIMPLY.access, SIMPLY.deployment))
    assert found.endswith("a role of the account reaches the bucket")


def test_an_administrator_who_is_locked_out_is_found() -> None:
    locked = Statement(
        Effect.DENY,
        actions=("s3:Put*",),
        resources=("*",),
        principal=EVERYONE,
        conditions=(Condition("ArnLike", "aws:PrincipalArn", ("arn:aws:iam::111122223333:role/platform-*",)),),
    )
    assert "is locked out" in broken(others(changed(more=(locked,)), SIMPLY.access, SIMPLY.deployment))


@pytest.mark.parametrize("principal", [PrincipalElement(service=("logging.s3.amazonaws.com",)), PrincipalElement(aws=("*",))])
def test_a_stranger_who_is_let_in_is_found(principal: PrincipalElement) -> None:
    let_in = replace(READ, principal=principal)
    bucket = changed(without="DenyOthers", more=(let_in,))
    assert verdict(others(bucket, SIMPLY.access, SIMPLY.deployment)) is Verdict.COUNTEREXAMPLE


def test_a_public_statement_is_found_where_nothing_blocks_it() -> None:
    let_in = replace(READ, principal=EVERYONE)
    blocked = changed(without="DenyOthers", more=(let_in,))
    assert verdict(public(blocked, SIMPLY.access, SIMPLY.deployment)) is Verdict.PROVED
    assert broken(public(replace(blocked, public_access=None), SIMPLY.access, SIMPLY.deployment)).startswith(
        "s3:GetObject arn:aws:s3:::datasets/"
    )


@pytest.mark.parametrize(
    ("sid", "name"),
    [
        ("DenyPlainHttp", "transport of datasets"),
        ("DenyOldTls", "transport of datasets"),
        ("DenyOtherKeys", "encryption of datasets"),
        ("DenyManagedKeys", "encryption of datasets"),
        ("DenyCustomerKeys", "customer keys of datasets"),
    ],
)
def test_a_guard_rail_that_is_gone_is_found(sid: str, name: str) -> None:
    found = {one.name: verdict(one) for one in guard_rails(changed(without=sid), SIMPLY.access, SIMPLY.deployment)}
    assert [one for one, answer in found.items() if answer is Verdict.COUNTEREXAMPLE] == [name]


def test_what_s3_itself_refuses_needs_no_statement() -> None:
    # An upload that names its encryption has to name the bucket's key, which S3 takes beside KMS alone: AES256 with it is no request.
    rails = {one.name: one for one in guard_rails(changed(without="DenyOtherEncryption"), SIMPLY.access, SIMPLY.deployment)}
    assert verdict(rails["encryption of datasets"]) is Verdict.PROVED
    assert "S3 takes a KMS key's ID beside KMS encryption alone" in rails["encryption of datasets"].assumed


def test_another_encryption_is_found_where_no_key_has_to_be_named() -> None:
    [bucket] = OPEN.deployment.buckets
    assert bucket.policy is not None
    kept = tuple(one for one in bucket.policy.document.statements if one.sid != "DenyOtherEncryption")
    open_ = replace(bucket, policy=replace(bucket.policy, document=PolicyDocument(kept)))
    rails = {one.name: verdict(one) for one in guard_rails(open_, OPEN.access, OPEN.deployment)}
    assert [name for name, found in rails.items() if found is Verdict.COUNTEREXAMPLE] == ["encryption of homes"]


def test_a_guard_rail_that_was_taken_down_for_a_reason_is_not_promised() -> None:
    loose = next(bucket for bucket in RICHLY.deployment.buckets if bucket.name == "loose")
    assert list(guard_rails(loose, RICHLY.access, RICHLY.deployment)) == []


def test_a_service_that_writes_what_another_was_granted_is_found() -> None:
    evaluator = SIMPLY.deployment.roles_of("evaluator")[0].arn
    intruder = Statement(
        Effect.ALLOW,
        actions=("s3:PutObject",),
        resources=("arn:aws:s3:::datasets/checkpoints/*",),
        principal=PrincipalElement(aws=(evaluator,)),
    )
    assert verdict(writers(changed(), SIMPLY.access, SIMPLY.deployment)) is Verdict.PROVED
    assert broken(writers(changed(more=(intruder,)), SIMPLY.access, SIMPLY.deployment)).startswith("s3:PutObject")


def test_the_policy_of_a_bucket_that_is_not_known_proves_nothing() -> None:
    bucket = replace(changed(), known=False)
    world = (SIMPLY.access, SIMPLY.deployment)
    for guarantee in (others(bucket, *world), public(bucket, *world), writers(bucket, *world), *guard_rails(bucket, *world)):
        assert verdict(guarantee) is Verdict.UNKNOWN


CANONICAL = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"


@pytest.mark.parametrize(
    ("principal", "who"),
    [
        (PrincipalElement(canonical_user=(CANONICAL,)), "an account that its canonical user ID names"),
        (
            PrincipalElement(aws=("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE",)),
            "a CloudFront origin access identity",
        ),
        (PrincipalElement(aws=("AROAEXAMPLEEXAMPLE",)), "the role whose unique ID is AROAEXAMPLEEXAMPLE"),
        (PrincipalElement(aws=("AIDAEXAMPLEEXAMPLE",)), "the user whose unique ID is AIDAEXAMPLEEXAMPLE"),
        (PrincipalElement(aws=("arn:aws:sts::444455556666:federated-user/ann",)), "a federated user of account 444455556666"),
        (PrincipalElement(federated=("cognito-identity.amazonaws.com",)), "a session of an identity provider of another account"),
        (
            PrincipalElement(federated=("arn:aws:iam::444455556666:saml-provider/x",)),
            "a session of an identity provider of another account",
        ),
        (PrincipalElement(service=("delivery.logs.amazonaws.com",)), "an AWS service"),
    ],
)
def test_everybody_whom_a_policy_can_name_is_asked_about(principal: PrincipalElement, who: str) -> None:
    bucket = also(Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::homes/*",), principal=principal))
    assert broken(others(bucket, OPEN.access, OPEN.deployment)).endswith(f"{who} reaches the bucket")


@pytest.mark.parametrize(
    "principal",
    [
        PrincipalElement(aws=("arn:aws-cn:iam::444455556666:role/x",)),
        PrincipalElement(aws=("somebody",)),
        PrincipalElement(federated=("*",)),
        PrincipalElement(service=("*",)),
    ],
)
def test_a_principal_that_nobody_can_be_leaves_the_answer_unknown(principal: PrincipalElement) -> None:
    bucket = also(Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("arn:aws:s3:::homes/*",), principal=principal))
    for one in (others(bucket, OPEN.access, OPEN.deployment), public(bucket, OPEN.access, OPEN.deployment)):
        answer = prove(one)
        assert answer.verdict is Verdict.UNKNOWN
        assert "the principal {" in answer.reasons[0]


@pytest.mark.parametrize(
    ("element", "found"),
    [
        ({"actions": ("s3:InitiateReplication",)}, "s3:InitiateReplication"),
        ({"actions": ("s3:Initiate*",)}, "s3:initiate"),
        ({"not_actions": ("s3:*Object*", "s3:*Bucket*", "s3:*Configuration*")}, "s3:"),
    ],
)
def test_actions_that_the_catalogue_lacks_are_asked_about_by_their_names(element: dict[str, tuple[str, ...]], found: str) -> None:
    elsewhere = PrincipalElement(aws=("444455556666",))
    bucket = also(Statement(Effect.ALLOW, resources=("arn:aws:s3:::homes/*",), principal=elsewhere, **element))  # type: ignore[arg-type]
    assert broken(others(bucket, OPEN.access, OPEN.deployment)).startswith(found)


DELIVERED = """
issuers: {ci: {preset: github}}
buckets:
  logs:
    services: [cloudtrail, elb-logs, inventory, s3-access-logs, vpc-flow-logs]
    exclusive: true
    administrators: ["arn:aws:iam::111122223333:role/admin"]
services: {}
"""


def test_services_of_aws_that_are_declared_write_and_no_others_do() -> None:
    world = World.of(DELIVERED)
    assert verdict(others(world.deployment.buckets[0], world.access, world.deployment)) is Verdict.PROVED
    fewer = World.of(DELIVERED.replace("cloudtrail, ", ""))
    found = others(world.deployment.buckets[0], fewer.access, world.deployment)
    assert "an AWS service reaches the bucket" in broken(found)


@pytest.mark.parametrize("key", ["aws:SourceAccount"])
def test_a_service_that_may_act_for_another_account_is_found(key: str) -> None:
    """The confused deputy: the statement without the account that the service acts for."""
    world = World.of(DELIVERED)
    (bucket,) = world.deployment.buckets
    assert bucket.policy is not None
    statements = tuple(
        replace(one, conditions=tuple(line for line in one.conditions if line.key != key)) for one in bucket.policy.document.statements
    )
    open_bucket = replace(bucket, policy=replace(bucket.policy, document=PolicyDocument(statements)))
    assert verdict(others(open_bucket, world.access, world.deployment)) is Verdict.COUNTEREXAMPLE
