"""Access points: declared, made by a program, and kept by the sandbox, which decides who may change and who may use them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from bucketpass.cli.main import main
from bucketpass.model import load_access
from bucketpass.provision.embedded import Endpoint
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.sandbox import Sandbox, SandboxOptions
from bucketpass.sandbox.runfile import contents
from bucketpass.secret import Secret

pytestmark = pytest.mark.slow
REGION, ACCOUNT = "eu-central-1", "111122223333"
ACCESS = """
issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}
buckets: {data: {access_points: [raw-data, clean-data]}}
services:
  trainer: {identity: {issuer: okta, subject: 0oa1}, grants: [{bucket: data, prefix: raw/, access: read, access_point: raw-data}]}
"""
PROGRAM = """
import json

import pulumi
import pulumi_aws as aws

bucket = aws.s3.Bucket("data", bucket="data")
point = aws.s3.AccessPoint("raw", bucket=bucket.id, name="raw-data", policy=json.dumps({"Version": "2012-10-17", "Statement": [%s]}))
pulumi.export("arn", point.arn)
pulumi.export("alias", point.alias)
"""


def statement(action: str) -> dict[str, Any]:
    resource = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/raw-data/object/*"
    return {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": action, "Resource": resource}


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox for the folder that the test is in."""
    monkeypatch.chdir(tmp_path)
    with Sandbox(SandboxOptions(region=REGION)) as sandbox:
        (tmp_path / ".bucketpass").mkdir()
        (tmp_path / ".bucketpass" / "sandbox.json").write_text(json.dumps(contents(sandbox)))
        yield sandbox


def clients(sandbox: Sandbox, key: str = "", secret: str = "", region: str = REGION) -> RegionClients:
    own = (key, Secret(secret)) if key else (sandbox.admin.access_key_id, sandbox.admin.secret)
    return RegionClients(Endpoint(sandbox.https_url, region, *own, sandbox.authority_file), region)


def names(aws: RegionClients) -> list[str]:
    return sorted(one["Name"] for one in aws.s3control.list_access_points(AccountId=ACCOUNT, Bucket="data")["AccessPointList"])


def test_those_of_a_declaration_are_made_proved_and_deleted(sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aws = clients(sandbox)
    (tmp_path / "access.yaml").write_text(ACCESS)
    assert main(["preview"]) == 0
    assert main(["up", "--yes"]) == 0
    assert names(aws) == ["clean-data", "raw-data"]
    assert main(["prove", "--deployed", "sandbox"]) == 0
    aws.s3control.delete_access_point(AccountId=ACCOUNT, Name="raw-data")
    capsys.readouterr()
    assert main(["prove", "--deployed", "sandbox", "--only", "requests of"]) == 1
    assert "access point raw-data, which is not there" in capsys.readouterr().out
    assert main(["up", "--yes"]) == 0
    assert main(["down", "--yes"]) == 0
    assert aws.s3.list_buckets()["Buckets"] == []
    assert aws.s3control.list_access_points(AccountId=ACCOUNT)["AccessPointList"] == []
    aws.close()


def test_a_program_makes_changes_and_deletes_one(sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aws = clients(sandbox)
    (tmp_path / "Pulumi.yaml").write_text("name: points\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM % json.dumps(statement("s3:GetObject")))
    assert main(["up", "--yes", "--json"]) == 0
    outputs = json.loads(capsys.readouterr().out)["outputs"]
    assert outputs["arn"] == f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/raw-data"
    assert outputs["alias"].endswith("-s3alias")
    (tmp_path / "__main__.py").write_text(PROGRAM % json.dumps(statement("s3:PutObject")))
    assert main(["up", "--yes"]) == 0
    assert "1 updated" in capsys.readouterr().out
    policy = json.loads(aws.s3control.get_access_point_policy(AccountId=ACCOUNT, Name="raw-data")["Policy"])
    assert policy["Statement"] == [statement("s3:PutObject")]
    assert main(["up", "--yes"]) == 0
    assert "Resources  3 unchanged" in capsys.readouterr().out
    assert main(["down", "--yes"]) == 0
    aws.close()


def test_one_that_others_made_is_not_taken_over(sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aws = clients(sandbox)
    aws.s3.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": REGION})  # type: ignore[typeddict-item]
    aws.s3control.create_access_point(AccountId=ACCOUNT, Name="raw-data", Bucket="theirs")
    (tmp_path / "access.yaml").write_text(ACCESS)
    for verb in (["preview"], ["up", "--yes"]):
        assert main(verb) == 1
        assert "raw-data` (aws:s3/accessPoint:AccessPoint) exists and was not made by this stack" in capsys.readouterr().out
    assert [one["Name"] for one in aws.s3.list_buckets()["Buckets"]] == ["theirs"]
    aws.close()


def test_who_may_change_them_is_decided(sandbox: Sandbox) -> None:
    aws = clients(sandbox)
    aws.s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})  # type: ignore[typeddict-item]
    aws.iam.create_user(UserName="reader")
    allow = {"Effect": "Allow", "Action": "s3:GetAccessPoint", "Resource": f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/raw-*"}
    aws.iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    key = aws.iam.create_access_key(UserName="reader")["AccessKey"]
    reader = clients(sandbox, key["AccessKeyId"], key["SecretAccessKey"])
    calls: tuple[Callable[[], Any], ...] = (
        lambda: reader.s3control.create_access_point(AccountId=ACCOUNT, Name="raw-data", Bucket="data"),
        lambda: reader.s3control.get_access_point(AccountId=ACCOUNT, Name="other-data"),
        lambda: reader.s3control.list_access_points(AccountId=ACCOUNT),
        lambda: aws.s3control.list_access_points(AccountId="444455556666"),
    )
    for call in calls:
        with pytest.raises(ClientError, match="AccessDenied"):
            call()
    aws.s3control.create_access_point(AccountId=ACCOUNT, Name="raw-data", Bucket="data")
    assert reader.s3control.get_access_point(AccountId=ACCOUNT, Name="raw-data")["Bucket"] == "data"
    refusals: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("AccessPointAlreadyOwnedByYou", lambda: aws.s3control.create_access_point(AccountId=ACCOUNT, Name="raw-data", Bucket="data")),
        ("InvalidRequest", lambda: aws.s3control.create_access_point(AccountId=ACCOUNT, Name="new-data", Bucket="nothing")),
        ("MalformedPolicy", lambda: aws.s3control.put_access_point_policy(AccountId=ACCOUNT, Name="raw-data", Policy="{}")),
        ("NoSuchAccessPoint", lambda: aws.s3control.delete_access_point(AccountId=ACCOUNT, Name="other-data")),
        ("NotImplemented", lambda: aws.s3control.get_access_grants_instance(AccountId=ACCOUNT)),
    )
    for code, refused in refusals:
        with pytest.raises(ClientError, match=code):
            refused()
    elsewhere = clients(sandbox, region="us-west-2")
    with pytest.raises(ClientError, match="NoSuchAccessPoint"):
        elsewhere.s3control.get_access_point(AccountId=ACCOUNT, Name="raw-data")
    for one in (aws, reader, elsewhere):
        one.close()


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return "allowed"


def test_a_declared_service_reads_through_its_access_point_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    aws = clients(sandbox)
    (tmp_path / "access.yaml").write_text(ACCESS)
    assert main(["up", "--yes"]) == 0
    sandbox.declare(load_access(tmp_path / "access.yaml"))
    for key in ("raw/a", "other/a"):
        aws.s3.put_object(Bucket="data", Key=key, Body=b"hello")
    role = next(one["Arn"] for one in aws.iam.list_roles()["Roles"] if "trainer" in one["RoleName"])
    token = sandbox.mint("trainer").reveal()
    session = aws.sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="trainer", WebIdentityToken=token)["Credentials"]
    trainer = boto3.client(
        "s3",
        endpoint_url=sandbox.https_url,
        verify=str(sandbox.authority_file),
        region_name=REGION,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    alias = aws.s3control.get_access_point(AccountId=ACCOUNT, Name="raw-data")["Alias"]
    other = aws.s3control.get_access_point(AccountId=ACCOUNT, Name="clean-data")["Alias"]
    answers = {
        "allowed": (lambda: trainer.get_object(Bucket=alias, Key="raw/a"), lambda: trainer.list_objects_v2(Bucket=alias, Prefix="raw/")),
        "AccessDenied": (
            lambda: trainer.get_object(Bucket="data", Key="raw/a"),
            lambda: trainer.get_object(Bucket=other, Key="raw/a"),
            lambda: trainer.get_object(Bucket=alias, Key="other/a"),
            lambda: trainer.put_object(Bucket=alias, Key="raw/b", Body=b"x"),
            lambda: trainer.list_objects_v2(Bucket="data", Prefix="raw/"),
        ),
        "NoSuchKey": (lambda: trainer.get_object(Bucket=alias, Key="raw/none"),),
    }
    assert {expected: {outcome(call) for call in calls} for expected, calls in answers.items()} == {one: {one} for one in answers}
    trainer.close()
    aws.close()


def test_requests_through_one_are_decided_by_its_policy_too(sandbox: Sandbox) -> None:
    aws = clients(sandbox)
    aws.s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})  # type: ignore[typeddict-item]
    aws.s3.put_object(Bucket="data", Key="raw/a", Body=b"hello")
    alias = aws.s3control.create_access_point(AccountId=ACCOUNT, Name="raw-data", Bucket="data")["Alias"]
    deny = {**statement("s3:GetObject"), "Effect": "Deny", "Principal": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    aws.s3control.put_access_point_policy(AccountId=ACCOUNT, Name="raw-data", Policy=policy)
    assert outcome(lambda: aws.s3.get_object(Bucket=alias, Key="raw/a")) == "AccessDenied"
    assert outcome(lambda: aws.s3.get_object(Bucket="data", Key="raw/a")) == "allowed"
    aws.s3control.delete_access_point_policy(AccountId=ACCOUNT, Name="raw-data")
    assert outcome(lambda: aws.s3.get_object(Bucket=alias, Key="raw/a")) == "allowed"
    assert outcome(lambda: aws.s3.delete_object(Bucket=alias, Key="raw/a")) == "allowed"
    assert outcome(lambda: aws.s3.get_bucket_policy(Bucket=alias)) == "NotImplemented"
    assert outcome(lambda: aws.s3.get_object(Bucket="none-s3alias", Key="raw/a")) == "NoSuchBucket"
    assert outcome(lambda: aws.s3.delete_bucket(Bucket="data")) == "BucketHasAccessPointsAttached"
    aws.s3control.delete_access_point(AccountId=ACCOUNT, Name="raw-data")
    assert outcome(lambda: aws.s3.delete_bucket(Bucket="data")) == "allowed"
    aws.close()


def test_its_policy_is_about_itself_and_binds_the_roles_that_it_names(sandbox: Sandbox) -> None:
    aws = clients(sandbox)
    aws.s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})  # type: ignore[typeddict-item]
    aws.s3control.create_access_point(AccountId=ACCOUNT, Name="raw-data", Bucket="data")

    def put(**changed: Any) -> str:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement("s3:GetObject"), **changed}]})
        return outcome(lambda: aws.s3control.put_access_point_policy(AccountId=ACCOUNT, Name="raw-data", Policy=policy))

    def principal() -> object:
        return json.loads(aws.s3control.get_access_point_policy(AccountId=ACCOUNT, Name="raw-data")["Policy"])["Statement"][0]["Principal"]

    user = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}
    assert put(Resource="arn:aws:s3:::data/*") == "MalformedPolicy"
    assert put(Resource=f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/raw-data-too/object/*") == "MalformedPolicy"
    assert put(Principal="*") == "AccessDenied"
    assert put(Principal=user) == "MalformedPolicy"
    made = aws.iam.create_user(UserName="ann")["User"]["UserId"]
    assert put(Principal=user, Condition={"StringEquals": {"aws:PrincipalTag/a": '<&">'}}) == "allowed"
    assert principal() == user
    aws.iam.delete_user(UserName="ann")
    aws.iam.create_user(UserName="ann")
    assert principal() == {"AWS": made}
    aws.close()


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        (f"raw-data-{ACCOUNT}.s3-accesspoint.{REGION}.localhost", "/raw/a", 200),
        (f"raw-data-{ACCOUNT}.localhost", "/raw/a", 200),
        (f"other-{ACCOUNT}.localhost", "/raw/a", 404),
        ("localhost", f"/raw-data-{ACCOUNT}/raw/a", 404),
        ("localhost", f"/arn%3Aaws%3As3%3A{REGION}%3A{ACCOUNT}%3Aaccesspoint/raw-data/raw/a", 200),
        ("localhost", f"/arn%3Aaws%3As3%3A{REGION}%3A{ACCOUNT}%3Aaccesspoint/raw-data?list-type=2", 200),
        ("localhost", f"/arn%3Aaws%3As3%3Aus-west-2%3A{ACCOUNT}%3Aaccesspoint/raw-data/raw/a", 404),
        ("localhost", "/arn%3Ax/raw/a", 404),
    ],
)
def test_one_is_named_by_its_host_or_its_arn(sandbox: Sandbox, host: str, path: str, status: int) -> None:
    aws = clients(sandbox)
    aws.s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})  # type: ignore[typeddict-item]
    aws.s3.put_object(Bucket="data", Key="raw/a", Body=b"hello")
    aws.s3control.create_access_point(AccountId=ACCOUNT, Name="raw-data", Bucket="data")
    named = f"{host}:{sandbox.port}"
    request = AWSRequest("GET", f"http://{named}{path}", headers={"Host": named})
    S3SigV4Auth(Credentials(sandbox.admin.access_key_id, sandbox.admin.secret.reveal()), "s3", REGION).add_auth(request)
    connection = HTTPConnection("localhost", sandbox.port)
    connection.request("GET", path, headers=dict(request.headers))
    assert connection.getresponse().status == status
    connection.close()
    aws.close()


def test_access_grants_are_refused_before_anything_is_made(sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aws = clients(sandbox)
    (tmp_path / "Pulumi.yaml").write_text("name: grants\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(
        "import pulumi_aws as aws\n"
        'aws.s3.Bucket("data")\n'
        'aws.s3control.AccessGrantsLocation("all", location_scope="s3://", iam_role_arn="arn:aws:iam::111122223333:role/r")\n'
    )
    assert main(["up", "--yes"]) == 1
    assert "the endpoint does not have S3 Access Grants" in capsys.readouterr().out
    assert aws.s3.list_buckets()["Buckets"] == []
    aws.close()


def test_one_of_a_vpc_is_made_for_it_and_found_unchanged(sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aws = clients(sandbox)
    (tmp_path / "access.yaml").write_text(
        ACCESS.replace("{access_points: [raw-data, clean-data]}", "{vpc_access_points: {raw-data: vpc-0a1b}}")
    )
    assert main(["up", "--yes"]) == 0
    made = aws.s3control.get_access_point(AccountId=ACCOUNT, Name="raw-data")
    assert (made["NetworkOrigin"], made["VpcConfiguration"]["VpcId"]) == ("VPC", "vpc-0a1b")
    capsys.readouterr()
    assert main(["up", "--yes"]) == 0
    assert "updated" not in capsys.readouterr().out.replace("0 updated", "")
