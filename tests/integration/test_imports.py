"""`review --fix`, and `up --imports` with what it wrote: roles and providers of an account stay themselves and become the stack's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bucketpass.cli.main import main
from bucketpass.provision.embedded import Endpoint
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.sandbox import Sandbox, SandboxOptions
from bucketpass.sandbox.runfile import contents

pytestmark = pytest.mark.slow
HOST = "acme.okta.com/oauth2/default"
INSTANCES = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
QUEUES = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RegionClients]:
    """An account that others furnished, in a sandbox for the folder that the test is in."""
    monkeypatch.chdir(tmp_path)
    with Sandbox(SandboxOptions(region="us-east-1")) as sandbox:
        (tmp_path / ".bucketpass").mkdir()
        (tmp_path / ".bucketpass" / "sandbox.json").write_text(json.dumps(contents(sandbox)))
        admin = sandbox.admin
        aws = RegionClients(
            Endpoint(sandbox.https_url, "us-east-1", admin.access_key_id, admin.secret, sandbox.authority_file), "us-east-1"
        )
        key = aws.kms.create_key()["KeyMetadata"]["Arn"]
        aws.s3.create_bucket(Bucket="data")
        default: Any = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}
        aws.s3.put_bucket_encryption(Bucket="data", ServerSideEncryptionConfiguration={"Rules": [default]})
        provider = aws.iam.create_open_id_connect_provider(Url=f"https://{HOST}", ClientIDList=["s3-data"])["OpenIDConnectProviderArn"]
        tokens = {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{HOST}:aud": "s3-data", f"{HOST}:sub": "0oa1"}},
        }
        boundary = aws.iam.create_policy(PolicyName="boundary", PolicyDocument=document({**QUEUES, "Action": "*"}))["Policy"]["Arn"]
        aws.iam.create_role(
            RoleName="trainer",
            AssumeRolePolicyDocument=document(tokens, INSTANCES),
            PermissionsBoundary=boundary,
            MaxSessionDuration=7200,
            Tags=[{"Key": "team", "Value": "ml"}],
        )
        read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/raw/*"}
        aws.iam.put_role_policy(RoleName="trainer", PolicyName="by-hand", PolicyDocument=document(read, QUEUES))
        yield aws
        aws.close()


def role(aws: RegionClients) -> dict[str, Any]:
    found: dict[str, Any] = dict(aws.iam.get_role(RoleName="trainer")["Role"])
    kept = ("Arn", "RoleId", "CreateDate", "MaxSessionDuration", "PermissionsBoundary", "Tags")
    return {name: found.get(name) for name in kept}


def test_what_others_made_stays_itself(aws: RegionClients, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = role(aws)
    assert main(["review", "--deployed", "sandbox", "--fix"]) == 0
    assert "by-hand, statement 1: it allows sqs:*" in capsys.readouterr().out
    assert main(["up", "--yes"]) == 1
    assert "exists and was not made by this stack" in capsys.readouterr().out
    assert main(["preview", "--imports", "import.json"]) == 0
    assert role(aws) == before
    assert main(["up", "--yes", "--imports", "import.json"]) == 0
    assert role(aws) == before
    trust: Any = aws.iam.get_role(RoleName="trainer")["Role"]["AssumeRolePolicyDocument"]
    assert "ec2.amazonaws.com" in json.dumps(trust)
    assert aws.iam.list_role_policies(RoleName="trainer")["PolicyNames"] == ["by-hand"]
    rules = aws.s3.get_bucket_encryption(Bucket="data")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    capsys.readouterr()
    assert main(["up", "--yes", "--imports", "import.json"]) == 0
    printed = capsys.readouterr().out
    assert "updated" not in printed
    assert "imported" not in printed


def test_what_is_imported_and_not_asked_for_is_not_deleted(aws: RegionClients, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "--deployed", "sandbox", "--fix"]) == 0
    aws.iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=document(INSTANCES))
    imports = json.loads((tmp_path / "import.json").read_text())
    imports["resources"].append({"type": "aws:iam/role:Role", "name": "access-theirs", "id": "theirs", "parent": "access"})
    (tmp_path / "import.json").write_text(json.dumps(imports))
    assert main(["up", "--yes", "--imports", "import.json"]) == 1
    assert "`access-theirs` is protected" in capsys.readouterr().out
    aws.iam.get_role(RoleName="theirs")


def test_a_resource_that_is_not_there_stops_everything(aws: RegionClients, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "--deployed", "sandbox", "--fix"]) == 0
    text = (tmp_path / "import.json").read_text()
    (tmp_path / "import.json").write_text(text.replace('"id": "trainer"', '"id": "nobody"'))
    assert main(["up", "--yes", "--imports", "import.json"]) == 1
    assert "there is no `nobody` of type `aws:iam/role:Role` to import" in capsys.readouterr().err
    assert main(["up", "--to", "aws", "--imports", "import.json"]) == 3
    assert "pulumi import --file import.json" in capsys.readouterr().err
