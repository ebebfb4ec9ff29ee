import json
from importlib.resources import files

import pytest

from bucketpass.aws.actions import ACTIONS, OTHER_ACTIONS
from bucketpass.errors import Place
from bucketpass.policy import parse_policy
from bucketpass.policy.idle import idle_actions

BUCKET, OBJECTS = "arn:aws:s3:::b", "arn:aws:s3:::b/*"
POINT = "arn:aws:s3:eu-west-1:111122223333:accesspoint/p"


def found(resources: object, *actions: str, element: str = "Action") -> list[tuple[str, str]]:
    statement = {"Effect": "Allow", element: list(actions), "Resource": resources}
    document = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
    return [(finding.code.partition("-")[0], finding.remedy) for finding in idle_actions(document, "policy p", Place())]


@pytest.mark.parametrize(
    ("action", "remedy"),
    [
        ("s3:GetObjct", "Did you mean `s3:GetObject`?"),
        ("s3:ListObjectsV2", "Write `s3:ListBucket`, which the operation ListObjectsV2 needs."),
        ("s3:HeadObject", "Write `s3:GetObject`, which the operation HeadObject needs."),
        ("s3:Lst*", "Did you mean `s3:ListJobs`?"),
        ("kms:Decypt", "Did you mean `kms:Decrypt`?"),
        ("sts:AssumeRoleWithWebIdentty", "Did you mean `sts:AssumeRoleWithWebIdentity`?"),
        ("s3:GetObject?", "Did you mean `s3:GetObject`?"),
    ],
)
def test_an_action_that_aws_does_not_have_is_named_with_the_one_that_is_meant(action: str, remedy: str) -> None:
    assert found("*", action) == found("*", action, element="NotAction") == [("unknown", remedy)]


@pytest.mark.parametrize("action", ["*", "s3:*", "S3:GETOBJECT", "s3:Get*", "s3:CreateJob", "dynamodb:Anything", "kms:Sign"])
def test_actions_that_there_are_and_those_of_other_services_are_not_named(action: str) -> None:
    assert found("*", action) == []


@pytest.mark.parametrize(
    ("action", "resource", "remedy"),
    [
        ("s3:ListBucket", OBJECTS, f"Add the bucket, `{BUCKET}`, to Resource, or remove the action."),
        ("s3:GetObject", BUCKET, f"Add objects, `{OBJECTS}`, to Resource, or remove the action."),
        ("s3:PutObject*", BUCKET, f"Add objects, `{OBJECTS}`, to Resource, or remove the action."),
        ("s3:ListAllMyBuckets", BUCKET, "Add `*` to Resource, or remove the action."),
        ("s3:GetObject", POINT, "Add objects to Resource, or remove the action."),
        ("s3:ListBucket", f"{POINT}/object/*", "Add the bucket to Resource, or remove the action."),
        ("s3:GetObject", "arn:aws:dynamodb:eu-west-1:1:table/x", "Add objects to Resource, or remove the action."),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:1:alias/data", "Add the key to Resource, or remove the action."),
    ],
)
def test_an_action_on_the_other_kind_of_resource_only_is_named(action: str, resource: str, remedy: str) -> None:
    assert found([resource], action) == [("action", remedy)]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:ListBucket", BUCKET),
        ("s3:ListBucket", "arn:aws:s3:::*"),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        ("s3:GetObject", OBJECTS),
        ("s3:GetObject", "arn:aws:s3:::b*"),
        ("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/bucket}"),
        ("s3:GetObject", "arn:*"),
        ("s3:*", BUCKET),
        ("s3:Get*", OBJECTS),
        ("s3:ListBucket", POINT),
        ("s3:GetObject", f"{POINT}/object/*"),
        ("s3:GetObject", "arn:aws:s3:*:*:accesspoint/*"),
        ("s3:CreateJob", BUCKET),
        ("kms:Decrypt", "arn:aws:kms:*:*:*"),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/x"),
    ],
)
def test_an_action_on_a_resource_that_it_may_apply_to_is_not_named(action: str, resource: str) -> None:
    assert found([OBJECTS if action == "s3:Get*" else resource, resource], action) == []


def test_both_kinds_of_resource_are_enough_for_both_kinds_of_action() -> None:
    assert found([BUCKET, OBJECTS], "s3:GetObject", "s3:ListBucket") == []


def test_the_actions_of_the_three_services_are_all_known() -> None:
    listed = json.loads(files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text())
    for service in ("s3", "kms", "sts"):
        known = {name.partition(":")[2].lower() for name in (*ACTIONS, *OTHER_ACTIONS) if name.startswith(f"{service}:")}
        assert set(listed[service]["Actions"]) <= known
    assert not OTHER_ACTIONS.keys() & ACTIONS.keys()
