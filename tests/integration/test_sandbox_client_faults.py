"""What clients stumble over where an emulator differs from AWS: settings, names, sessions and users; over HTTP, with boto3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError
from tests.sandboxes import Keys, SandboxWorld, code_of, sandbox_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]

ANYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(None) as world:
        for name in ("first-bucket", "second-bucket", "third-bucket"):
            world.s3().create_bucket(Bucket=name)
        yield world


def error_of(call: Any, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error: Any = refused.value.response["Error"]
    return dict(error)


# ---- buckets


def test_buckets_are_listed_page_by_page(world: SandboxWorld) -> None:
    pages = list(world.s3().get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2}))
    assert [[bucket["Name"] for bucket in page["Buckets"]] for page in pages] == [["first-bucket", "second-bucket"], ["third-bucket"]]
    assert error_of(world.s3().list_buckets, ContinuationToken="*")["ArgumentName"] == "continuation-token"
    assert [bucket["Name"] for bucket in world.s3().list_buckets(Prefix="third")["Buckets"]] == ["third-bucket"]


@pytest.mark.parametrize("name", ["x-s3alias", "x--ol-s3", "x.mrap", "x--table-s3", "xn--abc", "sthree-abc", "amzn-s3-demo-abc"])
def test_reserved_names_are_refused(world: SandboxWorld, name: str) -> None:
    error = error_of(world.s3().create_bucket, Bucket=name)
    assert (error["Code"], error["BucketName"]) == ("InvalidBucketName", name)


def test_an_error_names_what_it_is_about(world: SandboxWorld) -> None:
    s3 = world.s3()
    assert error_of(s3.list_objects_v2, Bucket="absent-bucket")["BucketName"] == "absent-bucket"
    assert error_of(s3.get_bucket_policy, Bucket="first-bucket")["BucketName"] == "first-bucket"
    s3.delete_public_access_block(Bucket="third-bucket")
    assert error_of(s3.get_public_access_block, Bucket="third-bucket")["BucketName"] == "third-bucket"
    assert error_of(s3.get_object, Bucket="first-bucket", Key="absent")["Key"] == "absent"
    assert error_of(s3.get_object, Bucket="first-bucket", Key="k", VersionId="made-up")["ArgumentName"] == "versionId"
    s3.put_object(Bucket="first-bucket", Key="there", Body=b"x")
    assert error_of(s3.put_object, Bucket="first-bucket", Key="there", Body=b"y", IfNoneMatch="*")["Condition"] == "If-None-Match"


def test_the_owner_is_the_same_everywhere(world: SandboxWorld) -> None:
    s3 = world.s3()
    s3.put_object(Bucket="first-bucket", Key="owned", Body=b"x")
    upload = s3.create_multipart_upload(Bucket="first-bucket", Key="parts")["UploadId"]
    owners = {
        tuple(owner.values())
        for owner in (
            s3.list_buckets()["Owner"],
            s3.get_bucket_acl(Bucket="first-bucket")["Owner"],
            s3.get_object_acl(Bucket="first-bucket", Key="owned")["Owner"],
            s3.list_objects_v2(Bucket="first-bucket", FetchOwner=True)["Contents"][0]["Owner"],
            s3.list_object_versions(Bucket="first-bucket")["Versions"][0]["Owner"],
            s3.list_parts(Bucket="first-bucket", Key="parts", UploadId=upload)["Owner"],
            s3.list_multipart_uploads(Bucket="first-bucket")["Uploads"][0]["Owner"],
        )
    }
    assert len({frozenset(owner) for owner in owners}) == 1


def test_a_bucket_policy_is_put_with_204(world: SandboxWorld) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": world.account},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::second-bucket/*",
    }
    answer = world.s3().put_bucket_policy(Bucket="second-bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204


# ---- CORS and lifecycle


def put_cors(world: SandboxWorld, **rule: Any) -> None:
    whole: Any = {"AllowedMethods": ["PUT"], "AllowedOrigins": ["https://app.example"], **rule}
    world.s3().put_bucket_cors(Bucket="first-bucket", CORSConfiguration={"CORSRules": [whole]})


@pytest.mark.parametrize(
    ("origin", "method", "headers", "status"),
    [
        ("https://app.example", "PUT", "content-type", 200),
        ("https://other.example", "PUT", "content-type", 403),
        ("https://app.example", "DELETE", "content-type", 403),
        ("https://app.example", "PUT", "x-other", 403),
    ],
)
def test_a_browser_asks_before_it_sends(world: SandboxWorld, origin: str, method: str, headers: str, status: int) -> None:
    put_cors(world, AllowedHeaders=["content-type"], MaxAgeSeconds=60)
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    with urllib3.PoolManager() as http:
        answer = http.request("OPTIONS", f"{world.sandbox.http_url}/first-bucket/k", headers=asked)
    assert answer.status == status
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if status == 200 else None)


@pytest.mark.parametrize("rule", [{"AllowedOrigins": [""]}, {"AllowedOrigins": ["*.*.example"]}, {"AllowedMethods": ["PATCH"]}])
def test_a_cors_rule_that_s3_refuses_is_refused(world: SandboxWorld, rule: Any) -> None:
    with pytest.raises(ClientError) as refused:
        put_cors(world, **rule)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def put_lifecycle(world: SandboxWorld, *rules: Any) -> None:
    world.s3().put_bucket_lifecycle_configuration(Bucket="first-bucket", LifecycleConfiguration={"Rules": list(rules)})


def test_a_lifecycle_rule_gets_an_id(world: SandboxWorld) -> None:
    rule = {"Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}
    put_lifecycle(world, rule, {**rule, "Filter": {"Prefix": "other/"}, "ID": "named"})
    rules = world.s3().get_bucket_lifecycle_configuration(Bucket="first-bucket")["Rules"]
    assert {found["Filter"]["Prefix"]: found["ID"] for found in rules}["other/"] == "named"
    assert all(found["ID"] for found in rules)


@pytest.mark.parametrize(
    "wrong",
    [
        {"Expiration": {"Days": 0}},
        {"Expiration": {"Days": 1}, "Status": "On"},
        {"Transitions": [{"Days": 1, "StorageClass": "NOWHERE"}]},
        {"Transitions": [{"Days": 29, "StorageClass": "STANDARD_IA"}]},
        {},
    ],
)
def test_a_lifecycle_rule_that_s3_refuses_is_refused(world: SandboxWorld, wrong: Any) -> None:
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}}
    with pytest.raises(ClientError) as refused:
        put_lifecycle(world, {**rule, **wrong})
    assert code_of(refused.value) in ("MalformedXML", "InvalidArgument", "InvalidRequest")


# ---- sessions and users


def assume(world: SandboxWorld, keys: Keys, role: str, **options: Any) -> Keys:
    return Keys.of(world.sts(keys).assume_role(RoleArn=role, RoleSessionName="case", **options)["Credentials"])


def test_session_tags_go_on_to_the_next_role(world: SandboxWorld) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": world.account}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    first = world.allow("first", ANYTHING, trust=trust)
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::third-bucket/${aws:PrincipalTag/team}/*"}
    second = world.allow("second", read, trust=trust)
    for key in ("ml/1", "ops/1"):
        world.s3().put_object(Bucket="third-bucket", Key=key, Body=b"x")
    caller = world.user("tagging", ANYTHING)
    tags: Any = {"Tags": [{"Key": "team", "Value": "ml"}], "TransitiveTagKeys": ["team"]}
    chained = assume(world, assume(world, caller, first, **tags), second)
    assert world.s3(chained).get_object(Bucket="third-bucket", Key="ml/1")["Body"].read() == b"x"
    assert error_of(world.s3(chained).get_object, Bucket="third-bucket", Key="ops/1")["Code"] == "AccessDenied"
    # Without TransitiveTagKeys the tags end with the first role.
    bare = assume(world, assume(world, caller, first, Tags=tags["Tags"]), second)
    assert error_of(world.s3(bare).get_object, Bucket="third-bucket", Key="ml/1")["Code"] == "AccessDenied"
    # A transitive tag cannot be replaced on the way.
    changed: Any = {"Tags": [{"Key": "team", "Value": "ops"}]}
    assert error_of(world.sts(assume(world, caller, first, **tags)).assume_role, RoleArn=second, RoleSessionName="case", **changed)[
        "Code"
    ] == ("InvalidParameterValue")


def test_a_chained_session_lasts_an_hour_at_most(world: SandboxWorld) -> None:
    role = world.allow("hourly", ANYTHING)
    session = assume(world, world.user("chaining", ANYTHING), role)
    error = error_of(world.sts(session).assume_role, RoleArn=role, RoleSessionName="again", DurationSeconds=3601)
    assert error["Code"] == "ValidationError"


def test_a_users_boundary_bounds_until_it_is_taken_away(world: SandboxWorld) -> None:
    iam = world.iam()
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**ANYTHING, "Action": "s3:List*"}]})
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    iam.create_user(UserName="bounded", PermissionsBoundary=boundary)
    iam.put_user_policy(UserName="bounded", PolicyName="all", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [ANYTHING]}))
    made = iam.create_access_key(UserName="bounded")["AccessKey"]
    s3 = world.s3(Keys(made["AccessKeyId"], made["SecretAccessKey"]))
    assert iam.get_user(UserName="bounded")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert s3.list_objects_v2(Bucket="first-bucket")["Name"] == "first-bucket"
    assert error_of(s3.put_object, Bucket="first-bucket", Key="bounded", Body=b"x")["Code"] == "AccessDenied"
    iam.delete_user_permissions_boundary(UserName="bounded")
    s3.put_object(Bucket="first-bucket", Key="bounded", Body=b"x")
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=boundary)
    assert error_of(s3.put_object, Bucket="first-bucket", Key="bounded", Body=b"x")["Code"] == "AccessDenied"


def test_a_session_token_has_the_users_policies_and_cannot_call_iam(world: SandboxWorld) -> None:
    user = world.user("temporary", ANYTHING)
    session = Keys.of(world.sts(user).get_session_token(DurationSeconds=900)["Credentials"])
    assert world.sts(session).get_caller_identity()["Arn"].endswith(":user/temporary")
    assert world.s3(session).list_objects_v2(Bucket="first-bucket")["Name"] == "first-bucket"
    with pytest.raises(ClientError):
        world.iam(session).list_users()
    assert error_of(world.sts(session).get_session_token)["Code"] == "AccessDenied"


def test_aws_managed_policies_are_attached_by_their_arns(world: SandboxWorld) -> None:
    iam, s3 = world.iam(), world.s3(world.user("managed"))
    assert error_of(s3.list_objects_v2, Bucket="first-bucket")["Code"] == "AccessDenied"
    iam.attach_user_policy(UserName="managed", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    assert s3.list_objects_v2(Bucket="first-bucket")["Name"] == "first-bucket"
    assert error_of(s3.put_object, Bucket="first-bucket", Key="k", Body=b"x")["Code"] == "AccessDenied"
    assert iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/AmazonBedrockFullAccess")["Policy"]["PolicyName"] == "AmazonBedrockFullAccess"
    assert error_of(iam.attach_user_policy, UserName="managed", PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")["Code"] == "NoSuchEntity"


def test_names_are_the_same_in_any_case(world: SandboxWorld) -> None:
    world.allow("Trainer")
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": world.account}, "Action": "sts:AssumeRole"}]}
    )
    assert error_of(world.iam().create_role, RoleName="trainer", AssumeRolePolicyDocument=document)["Code"] == "EntityAlreadyExists"
    assert world.iam().get_role(RoleName="TRAINER")["Role"]["RoleName"] == "Trainer"


def test_iam_judges_the_stored_path_and_not_the_one_that_is_sent(world: SandboxWorld) -> None:
    iam = world.iam()
    iam.create_user(UserName="victim", Path="/secret/")
    keeper = world.user("keeper", {"Effect": "Allow", "Action": "iam:*", "Resource": f"arn:aws:iam::{world.account}:user/dev/*"})
    error = error_of(world.iam(keeper).create_access_key, UserName="victim")
    assert (error["Code"], "user/secret/victim" in error["Message"]) == ("AccessDenied", True)
    client = world.iam(keeper)
    client.meta.events.register("before-call.iam.CreateAccessKey", lambda params, **_: params["body"].update(Path="/dev/"))
    assert error_of(client.create_access_key, UserName="victim")["Code"] == "AccessDenied"
    assert iam.list_access_keys(UserName="victim")["AccessKeyMetadata"] == []
