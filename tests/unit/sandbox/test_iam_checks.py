"""The form in which IAM stores a call's parameters."""

from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, Inside, inside

from bucketpass.requests.callers import root_user
from bucketpass.sandbox.iam_calls import locate
from bucketpass.sandbox.iam_checks import stored_form
from bucketpass.sandbox.wire_errors import AwsError

TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sts:AssumeRole"}]}'
READ = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
AWS_POLICY = "arn:aws:iam::aws:policy/AmazonS3FullAccess"


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.form("iam", "CreateUser", UserName="ann")
        world.form("iam", "CreatePolicy", PolicyName="shared", PolicyDocument=READ)
        yield world


def stored(world: Inside, operation: str, **form: str) -> dict[str, str]:
    given = {name.replace("__", "."): value for name, value in form.items()}
    return stored_form(world.state, operation, locate(world.state, operation, given, root_user(ACCOUNT)))


def test_a_trust_is_stored_with_unique_ids(world: Inside) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/ann"
    found = stored(world, "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST % arn)
    assert found["AssumeRolePolicyDocument"] == TRUST % world.state.unique_id(arn)


def test_a_providers_lists_are_stored_once_each(world: Inside) -> None:
    form = {"ThumbprintList__member__1": "A" * 40, "ThumbprintList__member__2": "a" * 40, "ClientIDList__member__1": "x"}
    found = stored(world, "CreateOpenIDConnectProvider", Url="https://i.example:443", **form)
    assert found == {"Url": "https://i.example", "ThumbprintList.member.1": "a" * 40, "ClientIDList.member.1": "x"}


@pytest.mark.parametrize(
    ("operation", "form", "code"),
    [
        ("CreateUser", {"UserName": "Ann"}, "EntityAlreadyExists"),
        ("CreateUser", {"UserName": ""}, "ValidationError"),
        ("CreateUser", {"RoleName": "another-entitys"}, "ValidationError"),
        ("CreatePolicy", {"PolicyName": "Shared", "PolicyDocument": READ}, "EntityAlreadyExists"),
        ("CreatePolicy", {"PolicyName": "shared", "Path": "/x/", "PolicyDocument": READ}, "EntityAlreadyExists"),
        ("CreatePolicyVersion", {"PolicyArn": AWS_POLICY, "PolicyDocument": READ}, "InvalidInput"),
        ("SetDefaultPolicyVersion", {"PolicyArn": AWS_POLICY, "VersionId": "v1"}, "InvalidInput"),
        ("DeletePolicy", {"PolicyArn": AWS_POLICY}, "InvalidInput"),
        ("CreateGroup", {"GroupName": "g", "Path": "no-slash"}, "ValidationError"),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": TRUST % "1234"}, "MalformedPolicyDocument"),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": TRUST % f"arn:aws:iam::{ACCOUNT}:role/x"}, "MalformedPolicyDocument"),
        ("PutUserPolicy", {"UserName": "ann", "PolicyDocument": "{\u0416}"}, "ValidationError"),
        ("CreateOpenIDConnectProvider", {"Url": "https://i.example/?a"}, "InvalidInput"),
        ("AddClientIDToOpenIDConnectProvider", {"OpenIDConnectProviderArn": "arn:x", "ClientID": "a"}, "NoSuchEntity"),
    ],
)
def test_what_iam_refuses_is_refused(world: Inside, operation: str, form: dict[str, str], code: str) -> None:
    with pytest.raises(AwsError) as refused:
        stored(world, operation, **form)
    assert refused.value.code == code
