"""Several Regions in one sandbox: a wrong Region's error names the right one, and boto3 follows it; over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
import urllib3
from botocore.exceptions import ClientError
from tests.sandboxes import SandboxWorld, sandbox_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]

HOME = "us-east-1"
AWAY: Final = "eu-west-1"
IN_FRANKFURT: Any = {"LocationConstraint": "eu-central-1"}
IN_IRELAND_AS_IT_WAS_CALLED: Any = {"LocationConstraint": "EU"}


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(None) as world:
        world.at(HOME).s3().create_bucket(Bucket="home-bucket")
        world.at(AWAY).s3().create_bucket(Bucket="away-bucket", CreateBucketConfiguration={"LocationConstraint": AWAY})
        yield world


def error_of(call: Any, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    response: dict[str, Any] = dict(refused.value.response)
    return response


def test_a_bucket_has_its_region(world: SandboxWorld) -> None:
    s3 = world.at(HOME).s3()
    assert s3.get_bucket_location(Bucket="home-bucket")["LocationConstraint"] is None
    assert s3.get_bucket_location(Bucket="away-bucket")["LocationConstraint"] == AWAY
    assert s3.head_bucket(Bucket="away-bucket")["BucketRegion"] == AWAY
    listed = {bucket["Name"]: bucket["BucketRegion"] for bucket in s3.list_buckets(MaxBuckets=10)["Buckets"]}
    assert (listed["home-bucket"], listed["away-bucket"]) == (HOME, AWAY)
    assert [bucket["Name"] for bucket in s3.list_buckets(BucketRegion=AWAY)["Buckets"]] == ["away-bucket"]


@pytest.mark.parametrize(("region", "bucket"), [(HOME, "away-bucket"), (AWAY, "home-bucket"), ("ap-southeast-2", "away-bucket")])
def test_boto3_follows_a_buckets_region(world: SandboxWorld, region: str, bucket: str) -> None:
    s3 = world.at(region).s3()
    s3.put_object(Bucket=bucket, Key=f"from/{region}", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key=f"from/{region}")["Body"].read() == b"x"
    assert s3.head_object(Bucket=bucket, Key=f"from/{region}")["ContentLength"] == 1
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix=f"from/{region}")["Contents"]] == [f"from/{region}"]


@pytest.mark.parametrize(("region", "bucket", "right"), [(HOME, "away-bucket", AWAY), (AWAY, "home-bucket", HOME)])
def test_a_signature_for_another_region_is_told_the_right_one(world: SandboxWorld, region: str, bucket: str, right: str) -> None:
    s3, answers = world.at(region).s3(), []
    s3.meta.events.register_first("needs-retry.s3", lambda response, **_: answers.append(response[1]))
    s3.list_objects_v2(Bucket=bucket)
    answer = answers[0]
    assert (answer["Error"]["Code"], answer["Error"]["Region"]) == ("AuthorizationHeaderMalformed", right)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == right
    assert f"the region '{region}' is wrong; expecting '{right}'" in answer["Error"]["Message"]


def test_a_presigned_url_for_another_region_is_told_the_right_one(world: SandboxWorld) -> None:
    s3 = world.at(HOME).s3(signature_version="s3v4")
    with urllib3.PoolManager(ca_certs=str(world.sandbox.ca_file)) as http:
        wrong = http.request("GET", s3.generate_presigned_url("get_object", Params={"Bucket": "away-bucket", "Key": "k"}))
    assert wrong.status == 400
    assert b"<Code>AuthorizationQueryParametersError</Code>" in wrong.data
    assert f"<Region>{AWAY}</Region>".encode() in wrong.data


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("s3.us-east-1.localhost", "/away-bucket/k", 301),
        ("away-bucket.s3.us-east-1.localhost", "/k", 301),
        ("s3.eu-west-1.localhost", "/away-bucket/k", 403),
    ],
)
def test_the_endpoint_of_another_region_redirects(world: SandboxWorld, host: str, path: str, status: int) -> None:
    with urllib3.PoolManager() as http:
        url = world.sandbox.http_url + path
        answer = http.request("GET", url, headers={"Host": f"{host}:{world.sandbox.port}"}, redirect=False)
        head = http.request("HEAD", url, headers={"Host": f"{host}:{world.sandbox.port}"}, redirect=False)
    assert (answer.status, head.status) == (status, status)
    if status == 301:
        assert b"<Code>PermanentRedirect</Code>" in answer.data
        assert f"<Endpoint>s3.{AWAY}.localhost:{world.sandbox.port}</Endpoint>".encode() in answer.data
        assert (answer.headers["x-amz-bucket-region"], head.headers["x-amz-bucket-region"]) == (AWAY, AWAY)


@pytest.mark.parametrize(
    ("region", "constraint", "expected"),
    [
        (AWAY, None, "IllegalLocationConstraintException"),
        (AWAY, "eu-central-1", "IllegalLocationConstraintException"),
        (HOME, HOME, "InvalidLocationConstraint"),
        (HOME, "nowhere-1", "InvalidLocationConstraint"),
        (HOME, "cn-north-1", "InvalidLocationConstraint"),
    ],
)
def test_a_bucket_is_made_in_the_region_that_is_asked(world: SandboxWorld, region: str, constraint: str | None, expected: str) -> None:
    asked: Any = {"CreateBucketConfiguration": {"LocationConstraint": constraint}} if constraint else {}
    answer = error_of(world.at(region).s3().create_bucket, Bucket="new-bucket", **asked)
    assert answer["Error"]["Code"] == expected


def test_us_east_1_makes_buckets_elsewhere(world: SandboxWorld) -> None:
    s3 = world.at(HOME).s3()
    for configuration, region in ((IN_FRANKFURT, "eu-central-1"), (IN_IRELAND_AS_IT_WAS_CALLED, "eu-west-1")):
        name = f"made-in-{region}"
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=configuration)
        assert s3.head_bucket(Bucket=name)["BucketRegion"] == region
    again = error_of(s3.create_bucket, Bucket="away-bucket", CreateBucketConfiguration={"LocationConstraint": AWAY})
    assert again["Error"]["Code"] == "BucketAlreadyOwnedByYou"
    s3.create_bucket(Bucket="home-bucket")


def test_iam_and_sts_answer_in_every_region(world: SandboxWorld) -> None:
    world.at(AWAY).iam().create_user(UserName="ann")
    assert world.at(HOME).iam().get_user(UserName="ann")["User"]["UserName"] == "ann"
    for region in (HOME, AWAY, "sa-east-1"):
        assert world.at(region).sts(world.admin).get_caller_identity()["Account"] == world.account


def test_keys_are_of_one_region(world: SandboxWorld) -> None:
    home, away = world.at(HOME).kms(), world.at(AWAY).kms()
    key = away.create_key()["KeyMetadata"]
    assert key["Arn"].startswith(f"arn:aws:kms:{AWAY}:{world.account}:key/")
    assert error_of(home.describe_key, KeyId=key["KeyId"])["Error"]["Code"] == "NotFoundException"
    assert error_of(home.encrypt, KeyId=key["Arn"], Plaintext=b"x")["Error"]["Code"] == "NotFoundException"
    sealed = away.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert away.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert error_of(home.decrypt, CiphertextBlob=sealed)["Error"]["Code"] in ("NotFoundException", "InvalidCiphertextException")
    encrypted: Any = {"Key": "sealed", "Body": b"x", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key["Arn"]}
    world.at(AWAY).s3().put_object(Bucket="away-bucket", **encrypted)
    assert world.at(AWAY).s3().head_object(Bucket="away-bucket", Key="sealed")["SSEKMSKeyId"] == key["Arn"]
    assert error_of(world.at(HOME).s3().put_object, Bucket="home-bucket", **encrypted)["Error"]["Code"] == "KMS.NotFoundException"


def test_a_policy_sees_the_region_that_is_asked(world: SandboxWorld) -> None:
    only = {"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": AWAY}}}
    user = world.user("regional", only)
    assert world.at(AWAY).s3(user).list_objects_v2(Bucket="away-bucket")["Name"] == "away-bucket"
    assert error_of(world.at(HOME).s3(user).list_objects_v2, Bucket="home-bucket")["Error"]["Code"] == "AccessDenied"
    # The call is decided in the bucket's Region, wherever the client began.
    assert world.at(HOME).s3(user).list_objects_v2(Bucket="away-bucket")["Name"] == "away-bucket"
    assert world.at(AWAY).kms(user).list_keys()["Keys"]
    assert error_of(world.at(HOME).kms(user).list_keys)["Error"]["Code"] == "AccessDeniedException"


def test_an_object_is_copied_between_regions(world: SandboxWorld) -> None:
    world.at(HOME).s3().put_object(Bucket="home-bucket", Key="source", Body=b"x")
    world.at(AWAY).s3().copy_object(Bucket="away-bucket", Key="copy", CopySource={"Bucket": "home-bucket", "Key": "source"})
    assert world.at(AWAY).s3().get_object(Bucket="away-bucket", Key="copy")["Body"].read() == b"x"


@pytest.mark.parametrize(("service", "call"), [("s3", "list_buckets"), ("sts", "get_caller_identity"), ("kms", "list_keys")])
def test_a_region_of_another_partition_is_refused(world: SandboxWorld, service: str, call: str) -> None:
    code = error_of(getattr(getattr(world.at("cn-north-1"), service)(world.admin), call))["Error"]["Code"]
    assert code in ("AuthorizationHeaderMalformed", "IncompleteSignature", "IncompleteSignatureException")
