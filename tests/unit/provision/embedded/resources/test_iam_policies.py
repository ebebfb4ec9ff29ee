"""Policies and attachments, against moto within the process."""

from collections.abc import Iterator

import pytest
from moto import mock_aws
from tests.moto_clients import moto_clients

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.iam import RoleResource
from bucketpass.provision.embedded.resources.iam_policies import Policy, RolePolicy, RolePolicyAttachment
from bucketpass.provision.embedded.values import Properties

TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}'
OTHER = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'
ROLE: Properties = {
    "name": "trainer",
    "path": "/",
    "assumeRolePolicy": TRUST,
    "maxSessionDuration": 3600,
    "tags": {"a": "1"},
    "tagsAll": {"a": "1"},
}
POLICY: Properties = {"name": "read", "path": "/ai/", "policy": OTHER, "description": "reads", "tagsAll": {}}


@pytest.fixture
def aws() -> Iterator[RegionClients]:
    with mock_aws():
        yield moto_clients()


def test_a_policy_keeps_at_most_five_versions_and_goes_with_all_of_them(aws: RegionClients) -> None:
    arn = Policy().create(aws, POLICY).id
    assert arn == Policy().find(aws, POLICY) == "arn:aws:iam::123456789012:policy/ai/read"
    old = POLICY
    for number in range(7):
        new: Properties = {**old, "policy": OTHER.replace("s3:*", f"s3:Get{number}")}
        Policy().update(aws, arn, old, new)
        old = new
    assert len(aws.iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 5
    found = Policy().read(aws, arn)
    assert found is not None
    assert (found["policy"], found["description"]) == (old["policy"], "reads")
    Policy().delete(aws, arn, {})
    Policy().delete(aws, arn, {})
    assert Policy().read(aws, arn) is None


def test_tags_of_a_policy_change_in_place(aws: RegionClients) -> None:
    arn = Policy().create(aws, {**POLICY, "tagsAll": {"a": "1"}}).id
    Policy().update(aws, arn, {**POLICY, "tagsAll": {"a": "1"}}, {**POLICY, "tagsAll": {"b": "2"}})
    found = Policy().read(aws, arn)
    assert found is not None
    assert found["tagsAll"] == {"b": "2"}


def test_an_inline_policy_comes_and_goes(aws: RegionClients) -> None:
    RoleResource().create(aws, ROLE)
    wanted: Properties = {"role": "trainer", "name": "inline", "policy": OTHER}
    made = RolePolicy().create(aws, wanted)
    assert made.id == RolePolicy().find(aws, wanted) == "trainer:inline"
    RolePolicy().update(aws, made.id, wanted, {**wanted, "policy": OTHER.replace("Deny", "Allow")})
    assert RolePolicy().read(aws, made.id) == {**wanted, "policy": OTHER.replace("Deny", "Allow")}
    RolePolicy().delete(aws, made.id, {})
    RolePolicy().delete(aws, made.id, {})
    assert RolePolicy().read(aws, made.id) is None


def test_an_attachment_comes_and_goes(aws: RegionClients) -> None:
    RoleResource().create(aws, ROLE)
    wanted: Properties = {"role": "trainer", "policyArn": Policy().create(aws, POLICY).id}
    made = RolePolicyAttachment().create(aws, wanted)
    assert made.id == RolePolicyAttachment().find(aws, wanted)
    assert RolePolicyAttachment().read(aws, made.id) == wanted
    RolePolicyAttachment().delete(aws, made.id, {})
    RolePolicyAttachment().delete(aws, made.id, {})
    assert RolePolicyAttachment().read(aws, made.id) is None
    assert RolePolicyAttachment().read(aws, "nobody/arn:aws:iam::aws:policy/x") is None
