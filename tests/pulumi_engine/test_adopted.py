"""Adopted buckets and keys under Pulumi's own engine, whose provider writes whole settings: what others have stays, also after destroy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import CommandError
from tests.engine_project import endpoint_of
from tests.pulumi_engine.engine import MARKS, PulumiStack
from tests.sandboxes import SandboxWorld

from bucketpass.cli.main import main
from bucketpass.model import parse_access
from bucketpass.policy.shared import mark_of, others
from bucketpass.provision import FederatedAccess
from bucketpass.provision.embedded.endpoint import RegionClients

pytestmark = MARKS
MARK = mark_of("engines", "dev")
ACCESS = """
issuers: {{okta: {{preset: okta, url: "https://adopted.okta.com/oauth2/default", audience: s3-data}}}}
buckets: {{theirs: {{create: false, encryption: {{key: "{key}"}}, {more}}}}}
services: {{reader: {{name: adopted-reader, identity: {{issuer: okta, subject: 0oa1}}, grants: [{{bucket: theirs, access: read}}]}}}}
"""
MERGED = "lifecycle: {expire_days: 400}, logging: {bucket: theirs-logs, prefix: x/}, key_policy: merge"
DENY = {"Sid": "TheirDeny", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::theirs"}
RULES: Any = [
    {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}},
    {
        "ID": "tagged",
        "Status": "Disabled",
        "Filter": {"And": {"Prefix": "old/", "Tags": [{"Key": "a", "Value": "1"}]}},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 10},
    },
]


def program(key: str, more: str) -> Callable[[], None]:
    def declared() -> None:
        FederatedAccess("access", access=parse_access(ACCESS.format(key=key, more=more)))

    return declared


def shared(aws: RegionClients, key: str) -> dict[str, Any]:
    s3: Any = aws.s3
    return {
        "policy": json.loads(s3.get_bucket_policy(Bucket="theirs")["Policy"]),
        "rules": s3.get_bucket_lifecycle_configuration(Bucket="theirs")["Rules"],
        "key": json.loads(aws.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]),
    }


def foreign(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "policy": list(others(json.dumps(found["policy"]), MARK)),
        "rules": [rule for rule in found["rules"] if not rule["ID"].startswith(MARK)],
        "key": list(others(json.dumps(found["key"]), MARK)),
    }


def test_settings_are_merged_retained_and_taken_back_alone(
    stack: PulumiStack, world: SandboxWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = endpoint_of(world.sandbox)
    aws = RegionClients(endpoint, "eu-central-1")
    for name in ("theirs", "theirs-logs"):
        aws.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    aws.s3.put_bucket_policy(Bucket="theirs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [DENY]}))
    aws.s3.put_bucket_lifecycle_configuration(Bucket="theirs", LifecycleConfiguration={"Rules": RULES})
    key = aws.kms.create_key()["KeyMetadata"]["Arn"]
    before = shared(aws, key)
    stack.program = program(key, MERGED)
    stack.up()
    made = shared(aws, key)
    assert foreign(made) == foreign(before)
    assert all("adopted-reader" in json.dumps(made[name]) for name in ("policy", "key"))
    assert [rule["Expiration"]["Days"] for rule in made["rules"] if rule["ID"] == f"{MARK}expire"] == [400]
    stack.program = program(key, MERGED.replace("400", "500"))
    stack.up()
    assert [rule["Expiration"]["Days"] for rule in shared(aws, key)["rules"] if rule["ID"] == f"{MARK}expire"] == [500]
    stack.program = program(key, "tags: {team: ml}")
    with pytest.raises(CommandError, match="sets tags only with the bucket itself"):
        stack.preview()
    stack.destroy()
    assert foreign(shared(aws, key)) == foreign(before)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: engines\nruntime: python\n")
    settings = {
        "AWS_ACCESS_KEY_ID": endpoint.access_key_id,
        "AWS_SECRET_ACCESS_KEY": endpoint.secret_access_key.reveal(),
        "AWS_CA_BUNDLE": str(endpoint.ca_bundle),
        "AWS_REGION": "eu-central-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    for owner in ("theirs", key):
        assert main(["down", "--to", endpoint.url, "--statements", owner, "--yes"]) == 0
    assert "stays as it is" in capsys.readouterr().out
    assert shared(aws, key) == before
    aws.close()
