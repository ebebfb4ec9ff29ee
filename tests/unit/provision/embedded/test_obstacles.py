"""What is in the way of a deletion, as moto has it."""

import json
from collections.abc import Iterator

import pytest
from moto import mock_aws
from tests.fake_cloud import ENDPOINT
from tests.moto_clients import moto_clients

from bucketpass.provision.embedded.cloud import Cloud, ProviderSettings, ResourceType
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.obstacles import (
    ALIAS,
    ATTACHMENT,
    INLINE,
    KEY,
    POLICY,
    PROVIDER,
    ROLE,
    Consent,
    Prospect,
    extra_inputs,
    look,
)
from bucketpass.provision.embedded.resources.registry import handler_of
from bucketpass.provision.embedded.state import ResourceState
from bucketpass.provision.embedded.values import Value

BUCKET = "aws:s3/bucket:Bucket"
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})


@pytest.fixture
def aws() -> Iterator[RegionClients]:
    with mock_aws():
        yield moto_clients()


class MotoCloud(Cloud):
    def clients(self, region: str) -> RegionClients:
        return moto_clients(region)


def looked(state: ResourceState, *stack: ResourceState, consent: Consent | None = None) -> Prospect:
    kind = ResourceType(MotoCloud(ENDPOINT), handler_of(state.type), ProviderSettings("eu-central-1"))
    return look(kind, state, [state, *stack], consent or Consent())


def resource(token: str, identifier: str, **inputs: Value) -> ResourceState:
    return ResourceState(f"urn:{token}:{identifier}", token, identifier, id=identifier, inputs=inputs)


def test_a_bucket_with_data_is_kept_and_one_named_is_emptied(aws: RegionClients) -> None:
    aws.s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    bucket = resource(BUCKET, "data")
    assert looked(bucket) == Prospect()
    aws.s3.put_object(Bucket="data", Key="k", Body=b"1")
    assert "Empty it, or say `--force data`" in looked(bucket).obstacle
    assert looked(bucket, consent=Consent(frozenset({"other"}))).obstacle
    named = looked(bucket, consent=Consent(frozenset({"data"})))
    assert (named.obstacle, "as --force says" in named.note) == ("", True)
    assert "the program says forceDestroy" in looked(resource(BUCKET, "data", forceDestroy=True)).note


def test_old_versions_are_data_too(aws: RegionClients) -> None:
    aws.s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    aws.s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    aws.s3.put_object(Bucket="data", Key="k", Body=b"1")
    aws.s3.delete_object(Bucket="data", Key="k")
    assert looked(resource(BUCKET, "data")).obstacle


def make_role(aws: RegionClients, name: str) -> None:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))


def test_what_others_attached_to_a_role_is_named_and_what_the_stack_attached_is_not(aws: RegionClients) -> None:
    make_role(aws, "r")
    own, foreign = (aws.iam.create_policy(PolicyName=name, PolicyDocument=ALLOW)["Policy"]["Arn"] for name in ("own", "foreign"))
    for arn in (own, foreign):
        aws.iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    for name in ("ours", "theirs"):
        aws.iam.put_role_policy(RoleName="r", PolicyName=name, PolicyDocument=ALLOW)
    stack = (resource(ATTACHMENT, f"r/{own}", role="r", policyArn=own), resource(INLINE, "r:ours", role="r", name="ours"))
    obstacle = looked(resource(ROLE, "r"), *stack).obstacle
    assert f"`{foreign}`, the inline policy `theirs`" in obstacle
    assert "--detach-foreign" in obstacle
    assert own not in obstacle
    agreed = looked(resource(ROLE, "r"), *stack, consent=Consent(detach=True))
    assert (agreed.obstacle, foreign in agreed.note) == ("", True)


def test_a_policy_that_others_attached_elsewhere_is_kept(aws: RegionClients) -> None:
    make_role(aws, "r")
    make_role(aws, "theirs")
    arn = aws.iam.create_policy(PolicyName="own", PolicyDocument=ALLOW)["Policy"]["Arn"]
    stack = (resource(ATTACHMENT, f"r/{arn}", role="r", policyArn=arn),)
    aws.iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    assert looked(resource(POLICY, arn), *stack) == Prospect()
    aws.iam.attach_role_policy(RoleName="theirs", PolicyArn=arn)
    assert "role `theirs`" in looked(resource(POLICY, arn), *stack).obstacle
    handler_of(POLICY).delete(aws, arn, {"forceDetachPolicies": True})
    assert aws.iam.list_attached_role_policies(RoleName="theirs")["AttachedPolicies"] == []


def test_what_is_gone_already_is_in_nobodys_way(aws: RegionClients) -> None:
    assert looked(resource(BUCKET, "none")) == looked(resource(ROLE, "none")) == Prospect()


@pytest.mark.parametrize(
    ("token", "identifier", "extra"),
    [(BUCKET, "data", {"forceDestroy": True}), (BUCKET, "other", {}), (ROLE, "r", {"forceDetachPolicies": True}), (INLINE, "r:x", {})],
)
def test_what_was_agreed_to_goes_to_the_resource_that_was_meant(token: str, identifier: str, extra: dict[str, bool]) -> None:
    assert extra_inputs(resource(token, identifier), Consent(frozenset({"data"}), detach=True)) == extra


def test_a_provider_that_roles_of_others_trust_is_not_deleted_under_them(aws: RegionClients) -> None:
    arns = [
        aws.iam.create_open_id_connect_provider(Url=url)["OpenIDConnectProviderArn"]
        for url in ("https://idp.example/a", "https://idp.example/ab")
    ]
    for name, arn in (("ours", arns[0]), ("theirs", arns[0]), ("longer", arns[1])):
        statement = {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithWebIdentity"}
        aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    provider, own = resource(PROVIDER, arns[0]), resource(ROLE, "ours")
    assert "trusted by roles that others made: `theirs`. Delete these first" in looked(provider, own).obstacle
    agreed = looked(provider, own, consent=Consent(detach=True))
    assert (agreed.obstacle, "`theirs`" in agreed.note) == ("", True)
    assert looked(provider, own, resource(ROLE, "theirs")) == Prospect()


def test_a_key_with_an_alias_of_others_is_kept_and_one_without_can_be_taken_back(aws: RegionClients) -> None:
    key = aws.kms.create_key()["KeyMetadata"]["KeyId"]
    for name in ("alias/ours", "alias/theirs"):
        aws.kms.create_alias(AliasName=name, TargetKeyId=key)
    state, own = resource(KEY, key, deletionWindowInDays=7), resource(ALIAS, "alias/ours")
    assert "has aliases that others made: `alias/theirs`." in looked(state, own).obstacle
    assert "`alias/theirs`" in looked(state, own, consent=Consent(detach=True)).note
    aws.kms.delete_alias(AliasName="alias/theirs")
    found = looked(state, own)
    assert (found.obstacle, "in 7 days; `aws kms cancel-key-deletion" in found.note) == ("", True)
