import json

import pytest
from tests.declarations import TARGET, World

from bucketpass.aws.log_delivery import DELIVERIES
from bucketpass.compile.plan import AccessPointPlan
from bucketpass.errors import QuotaError
from bucketpass.model import Access, AccessLevel, Bucket, Grant, Identity, Issuer, Service
from bucketpass.policy import PolicyKind, check_policy

HEAD = """\
issuers:
  ci: {preset: github}
services:
  job:
    identity: {issuer: ci, repository: acme/eval, branch: main}
    grants: {bucket: datasets, prefix: raw/, access: [read, write]}
buckets:
  logs: {}
  datasets: """


def world(bucket: str = "{}") -> World:
    return World.of(HEAD + bucket)


def test_a_bucket_is_hardened_where_nothing_is_said() -> None:
    plan = world().bucket("datasets")
    assert plan.block_public_access
    assert [traced.statement.sid for traced in plan.policy.statements] == [
        "DenyPlainHttp",
        "DenyOldTls",
        "DenyCustomerKeys",
        "DenyOtherEncryption",
        "BucketpassJob",
        "BucketpassJob2",
    ]


def test_each_default_can_be_switched() -> None:
    plan = world(
        "{versioning: false, bucket_key: false, lifecycle: {expire_days: 30, expire_old_versions_days: 9},"
        " relax: {block_public_access: a website, tls: old, customer_keys: old, right_key: old, incomplete_uploads: kept}}"
    ).bucket("datasets")
    assert not plan.block_public_access
    assert not any(str(traced.statement.sid).startswith("Deny") for traced in plan.policy.statements)


def test_the_plan_has_what_was_declared_and_the_names_of_its_log_and_access_points_on_aws() -> None:
    asked = world("{logging: {bucket: logs, prefix: s3/}, object_lock: {days: 9, mode: compliance}, access_points: [lab]}")
    plan = asked.bucket("datasets")
    assert plan.declared == asked.access.buckets["datasets"]
    assert plan.log_bucket == "logs"
    assert plan.access_points == (AccessPointPlan("lab", "arn:aws:s3:eu-central-1:111122223333:accesspoint/lab"),)


def test_the_log_bucket_lets_in_s3s_log_service_for_that_bucket_only() -> None:
    (statement,) = (
        one
        for one in world("{logging: {bucket: logs, prefix: s3/}}").bucket("logs").policy.document.statements
        if one.principal is not None and one.principal.service
    )
    assert statement.principal is not None
    assert statement.principal.service == ("logging.s3.amazonaws.com",)
    assert statement.resources == ("arn:aws:s3:::logs/s3/*",)
    assert {condition.key: condition.values for condition in statement.conditions} == {
        "aws:SourceArn": ("arn:aws:s3:::datasets",),
        "aws:SourceAccount": ("111122223333",),
    }


def test_logs_may_go_to_a_bucket_that_is_not_declared() -> None:
    assert world("{logging: {bucket: central-logs}}").bucket("datasets").log_bucket == "central-logs"


def test_the_bucket_policy_lets_the_roles_in() -> None:
    asked = world()
    allows = [statement for statement in asked.bucket("datasets").policy.document.statements if statement.effect.value == "Allow"]
    assert {arn for statement in allows if statement.principal for arn in statement.principal.aws} == {asked.role("job").arn}
    check_policy(asked.bucket("datasets").policy.document, PolicyKind.BUCKET)


THEIRS = {"Version": "2012-10-17", "Statement": [{"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}


def test_what_is_added_to_an_existing_policy_that_is_not_declared_is_all_that_is_known() -> None:
    plan = world("{create: false}").bucket("datasets")
    assert (plan.adopted, plan.write_policy, plan.policy_is_known) == (True, True, False)
    assert plan.added == plan.policy


def test_the_declared_policy_of_an_existing_bucket_is_kept_and_added_to() -> None:
    theirs = {**THEIRS["Statement"][0], "Sid": "DenyOldTls"}  # type: ignore[dict-item]
    plan = world(f"{{create: false, policy: '{json.dumps({**THEIRS, 'Statement': [theirs]})}'}}").bucket("datasets")
    sids = [traced.statement.sid for traced in plan.policy.statements if traced.statement.sid]
    assert sids == [
        "DenyPlainHttp",
        "DenyOldTls",
        "DenyCustomerKeys",
        "DenyOtherEncryption",
        "BucketpassJob",
        "BucketpassJob2",
        "DenyOldTls",
    ]
    assert (plan.write_policy, plan.policy_is_known) == (True, True)
    assert plan.existing_policy is not None
    assert [*plan.added.document.statements, *plan.existing_policy.statements] == list(plan.policy.document.statements)


def test_a_bucket_in_another_account_gets_both_sides_written() -> None:
    asked = world("{account: '444455556666', encryption: {key: 'arn:aws:kms:eu-central-1:444455556666:key/1'}}")
    plan = asked.bucket("datasets")
    assert (plan.create, plan.write_policy, plan.account) == (False, False, "444455556666")
    assert plan.policy.document.statements[-1].principal is not None
    assert plan.policy.document.statements[-1].principal.aws == (asked.role("job").arn,)
    assert {action for statement in plan.key_policy.document.statements for action in statement.actions or ()} == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
    }


def test_a_regional_name_has_account_and_region() -> None:
    assert world("{regional: true}").bucket("datasets").bucket == "datasets-111122223333-eu-central-1-an"


def many(count: int, **bucket: object) -> Access:
    services = {
        f"job{number}": Service(
            (Identity("ci", {"repository": f"acme/r{number}", "branch": "main"}),),
            (Grant("datasets", f"folder-{number}/", (AccessLevel.READ,)),),
        )
        for number in range(count)
    }
    return Access({"ci": Issuer("github")}, {"datasets": Bucket(**bucket)}, services)  # type: ignore[arg-type]


def test_a_policy_that_grows_too_large_leaves_to_the_roles_policies_what_they_say_already() -> None:
    asked = World.of(many(200))
    check_policy(asked.bucket("datasets").policy.document, PolicyKind.BUCKET)
    assert all(statement.effect.value == "Deny" for statement in asked.bucket("datasets").policy.document.statements)
    assert asked.may("job7", "s3:GetObject", "datasets/folder-7/1")


def test_a_policy_that_cannot_fit_is_an_error_with_the_quota_the_size_and_the_ways_out() -> None:
    with pytest.raises(QuotaError, match=r"`datasets` has \d+ bytes, S3 takes 20480 .*split the bucket"):
        World.of(many(400, exclusive=True, administrators=(f"arn:aws:iam::{TARGET.account}:role/admin",)))


def test_a_buckets_tags_are_on_it_and_on_its_key_and_win_over_the_declarations() -> None:
    world = World.of(HEAD + "{encryption: kms, tags: {team: ml, stage: raw}}\ntags: {team: platform, cost: a}")
    expected = (("cost", "a"), ("stage", "raw"), ("team", "ml"))
    assert world.bucket("datasets").tags == expected
    assert [key.tags for key in world.plan.keys] == [expected]
    assert world.bucket("logs").tags == (("cost", "a"), ("team", "platform"))


@pytest.mark.parametrize("service", DELIVERIES)
def test_a_service_of_aws_writes_for_this_account_only_and_as_aws_takes_it(service: str) -> None:
    plan = World.of(HEAD + f"{{services: {service}}}").bucket("datasets")
    check_policy(plan.policy.document, PolicyKind.BUCKET)
    lines = [traced for traced in plan.policy.statements if traced.origins[0].path == "buckets.datasets.services[0]"]
    row = DELIVERIES[service]
    assert {traced.statement.actions for traced in lines} == {("s3:PutObject",)} | ({("s3:GetBucketAcl",)} if row.reads_acl else set())
    for traced in lines:
        statement = traced.statement
        assert statement.principal is not None
        assert statement.principal.service == (row.principal,)
        assert {line.key: line.values for line in statement.conditions}["aws:SourceAccount"] == (TARGET.account,)
        assert not any("{" in text for line in statement.conditions for text in line.values)
        assert not any("{" in text for text in statement.resources or ())
