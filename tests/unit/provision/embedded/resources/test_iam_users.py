"""Users, keys and instance profiles, against moto within the process."""

import json
from collections.abc import Iterator

import pytest
from moto import mock_aws
from tests.moto_clients import moto_clients

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.iam_policies import UserPolicy, UserPolicyAttachment
from bucketpass.provision.embedded.resources.iam_users import InstanceProfile, User, UserAccessKey
from bucketpass.provision.embedded.values import Hidden, Properties

ALLOW = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}, separators=(",", ":")
)
OTHER = ALLOW.replace("GetObject", "PutObject")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]})


@pytest.fixture
def aws() -> Iterator[RegionClients]:
    with mock_aws():
        clients = moto_clients()
        clients.iam.create_user(UserName="u")
        yield clients


def test_a_user_is_made_found_changed_and_deleted(aws: RegionClients) -> None:
    handler = User()
    wanted: Properties = {"name": "job", "path": "/ai/", "tagsAll": {"a": "1"}}
    made = handler.create(aws, wanted)
    assert made.id == handler.find(aws, wanted) == "job"
    handler.update(aws, "job", wanted, {**wanted, "tagsAll": {"b": "2"}})
    found = handler.read(aws, "job")
    assert found is not None
    assert (found["path"], found["tags"], found["arn"]) == ("/ai/", {"b": "2"}, made.computed["arn"])
    aws.iam.create_access_key(UserName="job")
    handler.delete(aws, "job", {"forceDestroy": True})
    assert handler.read(aws, "job") is None
    handler.delete(aws, "job", {})


def test_a_keys_secret_is_hidden_and_known_once(aws: RegionClients) -> None:
    handler = UserAccessKey()
    wanted: Properties = {"user": "u", "status": "Inactive"}
    made = handler.create(aws, wanted)
    assert isinstance(made.computed["secret"], Hidden)
    assert handler.read(aws, made.id) == {"user": "u", "status": "Inactive"}
    handler.update(aws, made.id, wanted, {**wanted, "status": "Active"})
    assert handler.read(aws, made.id) == {"user": "u", "status": "Active"}
    handler.delete(aws, made.id, wanted)
    assert aws.iam.list_access_keys(UserName="u")["AccessKeyMetadata"] == []
    handler.delete(aws, made.id, wanted)


def test_a_user_has_policies_of_both_kinds(aws: RegionClients) -> None:
    inline = UserPolicy()
    wanted: Properties = {"user": "u", "name": "p", "policy": ALLOW}
    assert inline.create(aws, wanted).id == inline.find(aws, wanted) == "u:p"
    inline.update(aws, "u:p", wanted, {**wanted, "policy": OTHER})
    assert inline.read(aws, "u:p") == {**wanted, "policy": OTHER}
    inline.delete(aws, "u:p", wanted)
    assert inline.read(aws, "u:p") is None
    attachment = UserPolicyAttachment()
    arn = aws.iam.create_policy(PolicyName="m", PolicyDocument=ALLOW)["Policy"]["Arn"]
    attached: Properties = {"user": "u", "policyArn": arn}
    made = attachment.create(aws, attached)
    assert attachment.read(aws, made.id) == attached
    attachment.delete(aws, made.id, attached)
    assert attachment.read(aws, made.id) is None


def test_an_instance_profile_has_one_role(aws: RegionClients) -> None:
    for name in ("one", "two"):
        aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    handler = InstanceProfile()
    wanted: Properties = {"name": "p", "path": "/", "role": "one", "tagsAll": {}}
    made = handler.create(aws, wanted)
    handler.update(aws, made.id, wanted, {**wanted, "role": "two"})
    found = handler.read(aws, made.id)
    assert found is not None
    assert found["role"] == "two"
    handler.delete(aws, made.id, wanted)
    assert handler.read(aws, made.id) is None
    aws.iam.get_role(RoleName="two")
