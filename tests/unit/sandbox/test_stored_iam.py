"""What is read of IAM, and what moto itself has not: boundaries and IDs of users, AWS's own policies."""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from tests.unit.sandbox.inside import ACCOUNT, Inside, between, inside, text_of

from bucketpass.policy import parse_policy
from bucketpass.sandbox.stored_iam import Entity

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]})
READ = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bound"


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        yield world


def test_entities_are_found_by_name_in_any_case(world: Inside) -> None:
    world.form("iam", "CreateRole", RoleName="Trainer", Path="/ml/", AssumeRolePolicyDocument=TRUST)
    world.form("iam", "CreateUser", UserName="Ann", Path="/dev/", Tags__member__1__Key="Team", Tags__member__1__Value="ml")
    world.form("iam", "CreateGroup", GroupName="Devs")
    assert world.state.entity("role", "tRAINER") == Entity("Trainer", f"arn:aws:iam::{ACCOUNT}:role/ml/Trainer", {})
    assert world.state.entity("user", "ANN") == Entity("Ann", f"arn:aws:iam::{ACCOUNT}:user/dev/Ann", {"Team": "ml"})
    assert world.state.entity("group", "devs") == Entity("Devs", f"arn:aws:iam::{ACCOUNT}:group/Devs", {})
    assert world.state.entity("user", "bob") is None


def test_policies_and_providers_are_found_by_their_arns(world: Inside) -> None:
    world.form("iam", "CreatePolicy", PolicyName="bound", PolicyDocument=READ, Tags__member__1__Key="a", Tags__member__1__Value="1")
    world.form("iam", "CreateOpenIDConnectProvider", Url="https://a.example/b", ClientIDList__member__1="x")
    assert world.state.entity("policy", BOUNDARY) == Entity("bound", BOUNDARY, {"a": "1"})
    provider = world.state.entity("oidc-provider", f"arn:aws:iam::{ACCOUNT}:oidc-provider/a.example/b")
    assert provider is not None
    assert world.state.entity("policy", BOUNDARY + "x") is None


def test_a_user_has_an_id_of_iams_form_and_a_boundary(world: Inside) -> None:
    world.form("iam", "CreatePolicy", PolicyName="bound", PolicyDocument=READ)
    body = urlencode({"Action": "CreateUser", "Version": "2010-05-08", "UserName": "ann"}).encode()
    answer = text_of(world.state.create_user("ann", BOUNDARY, (("Content-Type", "application/x-www-form-urlencoded"),), body))
    unique_id = world.state.unique_id(f"arn:aws:iam::{ACCOUNT}:user/ann") or ""
    assert (unique_id[:4], len(unique_id), unique_id.isupper()) == ("AIDA", 21, True)
    assert between(answer, "UserId") == unique_id
    policies = world.state.user_policies("Ann")
    assert policies is not None
    assert policies.boundary == (f"boundary {BOUNDARY}", READ)
    assert between(text_of(world.form("iam", "GetUser", UserName="ann")), "PermissionsBoundaryArn") == BOUNDARY
    world.state.set_user_boundary("ann", "")
    assert world.state.entity("user", "ann") == Entity("ann", f"arn:aws:iam::{ACCOUNT}:user/ann", {})


def test_aws_managed_policies_are_there_once_they_are_named(world: Inside) -> None:
    text = world.state.managed_policy("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    assert "s3:Get*" in (parse_policy(text or "{}").statements[0].actions or ())
    assert world.state.managed_policy("arn:aws:iam::aws:policy/NoSuchPolicy") is None
    world.form("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    world.form("iam", "AttachRolePolicy", RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonBedrockReadOnly")
    role = world.state.role("r")
    assert role is not None
    assert [name for name, _ in role.policies.documents] == ["policy AmazonBedrockReadOnly"]


def test_aws_managed_policies_are_attached_before_they_were_read(world: Inside) -> None:
    world.form("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    answer = world.form("iam", "AttachRolePolicy", RoleName="r", PolicyArn="arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")
    assert answer.status == 200
