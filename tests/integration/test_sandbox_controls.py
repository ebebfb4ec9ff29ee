"""What a script needs of the sandbox: health, reset, audit mode, and a full disk that loses nothing."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
import urllib3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from tests.sandboxes import SandboxWorld, sandbox_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]


def post(world: SandboxWorld, path: str, *, signed: bool = True) -> int:
    request = AWSRequest(method="POST", url=f"{world.sandbox.http_url}{path}", data=b"")
    if signed:
        S3SigV4Auth(Credentials(world.admin.access_key_id, world.admin.secret), "s3", "us-east-1").add_auth(request)
    with urllib3.PoolManager() as http:
        return http.request("POST", str(request.url), headers=dict(request.headers), body=b"").status


def health(world: SandboxWorld) -> dict[str, object]:
    with urllib3.PoolManager() as http:
        found: dict[str, object] = http.request("GET", f"{world.sandbox.http_url}/_bucketpass/health").json()
        return found


def test_a_reset_leaves_nothing_but_the_administrators_key(tmp_path: Path) -> None:
    with sandbox_world(None, directory=tmp_path) as world:
        s3, user = world.s3(), world.user("ann", {"Effect": "Allow", "Action": "*", "Resource": "*"})
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="k", Body=b"x" * 100_000)
        assert post(world, "/_bucketpass/reset", signed=False) == 400
        assert len(s3.list_buckets()["Buckets"]) == 1
        assert post(world, "/_bucketpass/reset") == 204
        assert s3.list_buckets()["Buckets"] == []
        s3.create_bucket(Bucket="bucket")
        assert s3.list_objects_v2(Bucket="bucket")["KeyCount"] == 0
        with pytest.raises(ClientError):
            world.s3(user).list_buckets()
        assert health(world)["enforced"] is True
    with sandbox_world(None, directory=tmp_path) as world:
        assert [one["Name"] for one in world.s3().list_buckets()["Buckets"]] == ["bucket"]


def test_audit_mode_records_what_it_lets_through() -> None:
    with sandbox_world(None, audit=True) as world:
        world.s3().create_bucket(Bucket="bucket")
        nobody = world.user("nobody")
        world.s3(nobody).put_object(Bucket="bucket", Key="k", Body=b"x")
        assert health(world)["enforced"] is False
        denied = [event for event in world.sandbox.events.since() if any(not one.decision.allowed for one in event.authorizations)]
        assert [(event.operation, event.status) for event in denied] == [("PutObject", 200)]


SERVER = """
import resource, signal, sys, time
from pathlib import Path
from bucketpass.sandbox import Sandbox, SandboxOptions
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
with Sandbox(SandboxOptions(directory=Path(sys.argv[1]))) as sandbox:
    print(sandbox.http_url, sandbox.admin.access_key_id, sandbox.admin.secret.reveal(), flush=True)
    time.sleep(600)
"""


def serve(folder: Path, limit: int) -> tuple[subprocess.Popen[str], dict[str, str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder), str(limit)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    url, key, secret = process.stdout.readline().split()
    return process, {"endpoint_url": url, "aws_access_key_id": key, "aws_secret_access_key": secret, "region_name": "us-east-1"}


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    process, keys = serve(tmp_path, 300_000)
    acknowledged: dict[str, set[str]] = {"users": set(), "objects": set(), "buckets": {"bucket"}}
    refused = 0
    try:
        config = Config(retries={"max_attempts": 0})
        iam, s3 = (boto3.client(name, config=config, **keys) for name in ("iam", "s3"))  # type: ignore[call-overload]
        s3.create_bucket(Bucket="bucket")
        policy = json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": f"arn:aws:s3:::{'x' * 900}"}]}
        )
        for number in range(400):
            changes: list[tuple[str, str, Callable[..., object], dict[str, object]]] = [
                ("users", f"user-{number}", iam.create_user, {"UserName": f"user-{number}"}),
                ("objects", f"key-{number}", s3.put_object, {"Bucket": "bucket", "Key": f"key-{number}", "Body": b"y" * 3000}),
                ("buckets", f"bucket-{number}", s3.create_bucket, {"Bucket": f"bucket-{number}"}),
            ]
            for kind, name, change, asked in changes:
                try:
                    change(**asked)
                except ClientError as error:
                    assert error.response["Error"]["Code"] == "ServiceUnavailable"
                    refused += 1
                else:
                    acknowledged[kind].add(name)
            if number < 60:
                iam.put_user_policy(UserName=f"user-{number}", PolicyName="p", PolicyDocument=policy)
            if refused > 30:
                break
        assert refused > 30
        assert {user["UserName"] for user in iam.list_users(MaxItems=1000)["Users"]} == acknowledged["users"]
    finally:
        ended(process)
    process, keys = serve(tmp_path, 0)
    try:
        iam, s3 = (boto3.client(name, **keys) for name in ("iam", "s3"))  # type: ignore[call-overload]
        assert {user["UserName"] for user in iam.list_users(MaxItems=1000)["Users"]} == acknowledged["users"]
        assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == acknowledged["buckets"]
        assert {one["Key"] for one in s3.list_objects_v2(Bucket="bucket")["Contents"]} == acknowledged["objects"]
        for name in acknowledged["buckets"]:
            assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
    finally:
        ended(process)
