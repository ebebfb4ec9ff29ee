"""Roles, against moto within the process."""

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


def test_a_role_is_read_back_as_it_was_asked_for(aws: RegionClients) -> None:
    made = RoleResource().create(aws, ROLE)
    found = RoleResource().read(aws, made.id)
    assert found is not None
    assert {name: found[name] for name in ROLE} == ROLE
    assert found["arn"] == made.computed["arn"] == "arn:aws:iam::123456789012:role/trainer"
    assert found["uniqueId"] == made.computed["uniqueId"]


def test_a_role_changes_in_place(aws: RegionClients) -> None:
    boundary = Policy().create(aws, POLICY).id
    RoleResource().create(aws, ROLE)
    new: Properties = {
        **ROLE,
        "assumeRolePolicy": TRUST.replace("Allow", "Deny"),
        "description": "trains",
        "maxSessionDuration": 7200,
        "permissionsBoundary": boundary,
        "tags": {"b": "2"},
        "tagsAll": {"b": "2"},
    }
    RoleResource().update(aws, "trainer", ROLE, new)
    found = RoleResource().read(aws, "trainer")
    assert found is not None
    assert {name: found[name] for name in new} == new
    RoleResource().update(aws, "trainer", new, ROLE)
    again = RoleResource().read(aws, "trainer")
    assert again is not None
    assert (again["permissionsBoundary"], again["description"]) == (None, None)


def test_a_role_with_something_attached_is_deleted_only_when_forced(aws: RegionClients) -> None:
    RoleResource().create(aws, ROLE)
    arn = Policy().create(aws, POLICY).id
    RolePolicyAttachment().create(aws, {"role": "trainer", "policyArn": arn})
    RolePolicy().create(aws, {"role": "trainer", "name": "inline", "policy": OTHER})
    with pytest.raises(aws.iam.exceptions.DeleteConflictException):
        RoleResource().delete(aws, "trainer", {})
    RoleResource().delete(aws, "trainer", {"forceDetachPolicies": True})
    assert RoleResource().read(aws, "trainer") is None


def test_managed_policies_of_a_role_are_attached_and_detached_with_it(aws: RegionClients) -> None:
    one, two = (Policy().create(aws, {**POLICY, "name": name}).id for name in ("one", "two"))
    RoleResource().create(aws, {**ROLE, "managedPolicyArns": [one]})
    assert (RoleResource().read(aws, "trainer") or {})["managedPolicyArns"] == [one]
    RoleResource().update(aws, "trainer", {**ROLE, "managedPolicyArns": [one]}, {**ROLE, "managedPolicyArns": [two]})
    assert (RoleResource().read(aws, "trainer") or {})["managedPolicyArns"] == [two]
    RoleResource().delete(aws, "trainer", {"managedPolicyArns": [two]})
    assert RoleResource().read(aws, "trainer") is None


def test_inline_policies_may_be_given_with_the_role_and_are_then_all_that_it_has(aws: RegionClients) -> None:
    handler, other = RoleResource(), OTHER.replace("Deny", "Allow")
    wanted: Properties = {**ROLE, "inlinePolicies": [{"name": "one", "policy": OTHER}, {"name": "two", "policy": OTHER}]}
    made = handler.create(aws, wanted)
    seen = handler.read_of(aws, made.id, wanted)
    assert seen is not None
    assert seen["inlinePolicies"] == wanted["inlinePolicies"]
    aws.iam.put_role_policy(RoleName=made.id, PolicyName="theirs", PolicyDocument=OTHER)
    changed: Properties = {**ROLE, "inlinePolicies": [{"name": "one", "policy": other}]}
    handler.update(aws, made.id, wanted, changed)
    assert (handler.read_of(aws, made.id, changed) or {})["inlinePolicies"] == changed["inlinePolicies"]
    assert "inlinePolicies" not in (handler.read_of(aws, made.id, ROLE) or {})
    handler.delete(aws, made.id, changed)
    assert handler.read(aws, made.id) is None
