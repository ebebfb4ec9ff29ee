"""A bucket that is there already: adopted, changed and left again, with all that others have in it untouched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.engine_project import endpoint_of

from bucketpass.cli.main import main
from bucketpass.policy.shared import mark_of, others
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.slow
ACCESS = """
issuers: {{okta: {{preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}}}
buckets: {{data: {{{bucket}}}}}
services:
  trainer: {{identity: {{issuer: okta, subject: 0oa1trainer}}, grants: [{{bucket: data, prefix: {prefix}, access: read}}]}}
"""
THEIRS = {
    "Version": "2012-10-17",
    "Id": "TheirPolicy",
    "Statement": [
        {"Sid": "TheirDeny", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::data"},
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::data/*",
        },
    ],
}
MARK = mark_of("bucketpass", "dev")


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RegionClients]:
    """Clients of a sandbox in us-east-1, which runs for the folder that the test is in."""
    monkeypatch.chdir(tmp_path)
    with Sandbox(SandboxOptions(region="us-east-1")) as sandbox:
        admin = sandbox.admin
        (tmp_path / ".bucketpass").mkdir()
        found = {"url": sandbox.https_url, "region": "us-east-1", "ca_bundle": str(sandbox.ca_file)}
        key = {"access_key_id": admin.access_key_id, "secret_access_key": admin.secret.reveal()}
        (tmp_path / ".bucketpass" / "sandbox.json").write_text(json.dumps(found | key))
        clients = RegionClients(endpoint_of(sandbox), "us-east-1")
        yield clients
        clients.close()


def declare(bucket: str = "create: false", prefix: str = "raw/") -> None:
    Path("access.yaml").write_text(ACCESS.format(bucket=bucket, prefix=prefix))


def furnish(aws: RegionClients, objects: int = 3) -> dict[str, Any]:
    """Make a bucket as other people have it, and return all that it is."""
    s3 = aws.s3
    s3.create_bucket(Bucket="data")
    s3.put_bucket_policy(Bucket="data", Policy=json.dumps(THEIRS))
    rule: Any = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket="data", LifecycleConfiguration={"Rules": [rule]})
    s3.put_bucket_tagging(Bucket="data", Tagging={"TagSet": [{"Key": "owner", "Value": "lab"}]})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: s3.put_object(Bucket="data", Key=f"raw/{number}", Body=f"object {number}".encode()), range(objects)))
    return snapshot(aws)


def snapshot(aws: RegionClients) -> dict[str, Any]:
    s3: Any = aws.s3
    pages = s3.get_paginator("list_object_versions").paginate(Bucket="data")
    keys = [(one["Key"], one["VersionId"], one["ETag"], str(one["LastModified"])) for page in pages for one in page["Versions"]]
    with ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda key: s3.get_object(Bucket="data", Key=key[0])["Body"].read(), keys))
    return {
        "policy": json.loads(s3.get_bucket_policy(Bucket="data")["Policy"]),
        "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket="data")["Rules"],
        "tags": s3.get_bucket_tagging(Bucket="data")["TagSet"],
        "objects": keys,
        "bodies": bodies,
        "encryption": s3.get_bucket_encryption(Bucket="data")["ServerSideEncryptionConfiguration"],
    }


def live_policy(aws: RegionClients) -> str:
    return aws.s3.get_bucket_policy(Bucket="data")["Policy"]


@pytest.mark.parametrize("objects", [3, 1000])
def test_an_adopted_bucket_is_left_as_it_was(aws: RegionClients, objects: int) -> None:
    before = furnish(aws, objects)
    assert len(before["objects"]) == objects
    declare()
    assert main(["up", "--yes"]) == 0
    assert list(others(live_policy(aws), MARK)) == THEIRS["Statement"]
    assert "bucketpass-trainer" in live_policy(aws)
    declare(prefix="checkpoints/")
    assert main(["up", "--yes"]) == 0
    assert list(others(live_policy(aws), MARK)) == THEIRS["Statement"]
    assert "checkpoints/" in live_policy(aws)
    assert "raw/" not in live_policy(aws)
    assert main(["down", "--yes"]) == 0
    assert snapshot(aws) == before


def test_a_bucket_without_a_policy_has_none_again(aws: RegionClients) -> None:
    aws.s3.create_bucket(Bucket="data")
    declare()
    assert main(["up", "--yes"]) == 0
    assert MARK in live_policy(aws)
    assert main(["down", "--yes"]) == 0
    with pytest.raises(aws.s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
        live_policy(aws)
    aws.s3.head_bucket(Bucket="data")


def test_a_declared_policy_that_is_not_the_live_one_changes_nothing(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:
    before = furnish(aws)
    declare("create: false, policy: none")
    assert main(["up", "--yes"]) != 0
    printed = capsys.readouterr()
    assert "not in the declaration" in printed.out + printed.err
    assert "TheirDeny" in printed.out + printed.err
    assert snapshot(aws) == before


def test_what_others_write_between_two_runs_stays(aws: RegionClients) -> None:
    furnish(aws)
    declare()
    assert main(["up", "--yes"]) == 0
    live = json.loads(live_policy(aws))
    added = {**THEIRS["Statement"][1], "Sid": "AddedLater", "Action": "s3:GetObjectTagging"}  # type: ignore[dict-item]
    aws.s3.put_bucket_policy(Bucket="data", Policy=json.dumps({**live, "Statement": [*live["Statement"], added]}))
    assert main(["up", "--yes", "--no-refresh"]) == 0
    assert main(["down", "--yes"]) == 0
    assert json.loads(live_policy(aws))["Statement"] == [*THEIRS["Statement"], added]


def test_a_bucket_of_that_name_that_others_made_is_neither_replaced_nor_deleted(
    aws: RegionClients, capsys: pytest.CaptureFixture[str]
) -> None:
    """In us-east-1 CreateBucket answers 200 for a bucket of one's own."""
    before = furnish(aws)
    declare("create: true")
    for verb in (["preview"], ["up", "--yes"]):
        assert main(verb) == 1
        printed = capsys.readouterr().out
        assert "`data` (aws:s3/bucket:Bucket) exists and was not made by this stack (created 20" in printed
        assert "tags owner=lab" in printed
        assert all(words in printed for words in ("create: false", "import_='data'", "choose another name"))
        assert snapshot(aws) == before
    assert main(["down", "--yes"]) == 0
    assert snapshot(aws) == before


def test_statements_are_removed_by_themselves(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:
    before = furnish(aws)
    declare()
    assert main(["up", "--yes"]) == 0
    capsys.readouterr()
    assert main(["down", "--statements", "data"]) == 3
    assert "Say --yes" in capsys.readouterr().err
    assert main(["down", "--statements", "data", "--yes", "--stack", "other"]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert MARK in live_policy(aws)
    assert main(["down", "--statements", "data", "--yes"]) == 0
    printed = capsys.readouterr().out
    assert f"{MARK}DenyPlainHttp delete" in printed
    assert "TheirDeny stays as it is" in printed
    assert snapshot(aws)["policy"] == before["policy"]
