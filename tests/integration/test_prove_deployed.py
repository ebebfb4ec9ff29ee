"""`bucketpass prove --deployed sandbox`: whether what is really there keeps the guarantees of the declaration."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.integration.test_decide_deployed import sandbox
from tests.sandboxes import ACCESS

from bucketpass.cli.main import main
from bucketpass.provision.clients import clients_of

pytestmark = pytest.mark.slow


def test_what_is_deployed_is_proved_and_what_has_drifted_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    access = tmp_path / "access.yaml"
    access.write_text(ACCESS)
    monkeypatch.chdir(tmp_path)

    def proved() -> dict[str, str]:
        capsys.readouterr()
        main(["prove", "--deployed", "sandbox", "--json"])
        return {one["name"]: one["verdict"] for one in json.loads(capsys.readouterr().out)["guarantees"]}

    with sandbox(tmp_path):
        assert main(["up", "--access", "access.yaml", "--json"]) == 0
        assert set(proved().values()) == {"proved"}
        assert main(["up", "--access", "access.yaml"]) == main(["prove", "--deployed", "sandbox"]) == 0
        assert capsys.readouterr().out.count("bucketpass report ") == 2
        access.write_text(ACCESS.replace("subject: 0oa1trainer", "subject: 0oa2trainer"))
        assert {name for name, verdict in proved().items() if verdict == "counterexample"} == {"tokens of trainer"}
        assert main(["prove", "--deployed", "sandbox", "--role", "bucketpass-trainer", "--bucket", "datasets"]) == 0
        assert "0 findings" in capsys.readouterr().out


def test_what_has_drifted_is_decided_as_the_proof_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "access.yaml").write_text(ACCESS)
    monkeypatch.chdir(tmp_path)
    trainer = "arn:aws:iam::111122223333:role/bucketpass-trainer"
    drifted: list[dict[str, Any]] = [
        {"Effect": "Allow", "Principal": {"AWS": trainer}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::datasets/other/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::datasets/checkpoints/*"},
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::datasets/public/*"},
    ]

    def examples() -> dict[str, dict[str, Any]]:
        capsys.readouterr()
        main(["prove", "--deployed", "sandbox", "--json"])
        found = json.loads(capsys.readouterr().out)["guarantees"]
        return {one["name"]: one["counterexample"]["requests"][0] for one in found if one["counterexample"] is not None}

    def decided(service: str, request: dict[str, Any]) -> bool:
        uri = request["resource"].replace("arn:aws:s3:::", "s3://")
        main(["decide", service, "GetObject", uri, "--deployed", "sandbox", "--json"])
        return bool(json.loads(capsys.readouterr().out)["allowed"])

    with sandbox(tmp_path):
        assert main(["up", "--access", "access.yaml", "--json"]) == 0
        with clients_of("sandbox", "us-east-1", os.environ) as clients:
            s3 = clients.s3
            policy = json.loads(s3.get_bucket_policy(Bucket="datasets")["Policy"])
            seen = set()
            for statement in drifted:
                # Block Public Access is as it is deployed, and not as it is declared.
                s3.delete_public_access_block(Bucket="datasets")
                s3.put_bucket_policy(Bucket="datasets", Policy=json.dumps({**policy, "Statement": [*policy["Statement"], statement]}))
                found = examples()
                assert found
                for name, request in found.items():
                    service = name.rpartition(" ")[2]
                    if name.startswith("requests of ") and request["action"] == "s3:GetObject":
                        assert decided(service, request) is request["decision"]["allowed"], request
                        seen.add(request["decision"]["allowed"])
                if statement is drifted[-1]:
                    assert "public access to datasets" in found
        assert seen == {True, False}


def test_a_managed_policy_of_aws_is_read_where_it_is_attached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read_only = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    access = tmp_path / "access.yaml"
    access.write_text(ACCESS)
    monkeypatch.chdir(tmp_path)

    def broken() -> set[str]:
        capsys.readouterr()
        main(["prove", "--deployed", "sandbox", "--json"])
        return {one["name"] for one in json.loads(capsys.readouterr().out)["guarantees"] if one["verdict"] != "proved"}

    with sandbox(tmp_path):
        assert main(["up", "--access", "access.yaml", "--json"]) == 0
        with clients_of("sandbox", "us-east-1", os.environ) as clients:
            clients.iam.attach_role_policy(RoleName="bucketpass-trainer", PolicyArn=read_only)
        assert broken() == {"requests of trainer"}
        assert main(["review", "--deployed", "sandbox"]) == 1
        assert "every-bucket" in capsys.readouterr().out
        access.write_text(ACCESS.replace("  trainer:\n", f"  trainer:\n    policies: ['{read_only}']\n"))
        assert broken() == set()
