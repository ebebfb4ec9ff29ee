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
THEIR_RULES: Any = [
    {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}},
    {
        "ID": "by tag",
        "Status": "Disabled",
        "Filter": {"And": {"Prefix": "old/", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}},
        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 10, "NewerNoncurrentVersions": 3},
    },
]
THEIR_KEY_POLICY = {
    "Version": "2012-10-17",
    "Id": "TheirKey",
    "Statement": [
        {"Sid": "Admin", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
        {
            "Sid": "Reader",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": "kms:Decrypt",
            "Resource": "*",
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
    s3.put_bucket_lifecycle_configuration(Bucket="data", LifecycleConfiguration={"Rules": THEIR_RULES})
    s3.put_bucket_tagging(Bucket="data", Tagging={"TagSet": [{"Key": "owner", "Value": "lab"}, {"Key": "cost center", "Value": "4 2"}]})
    key = aws.kms.create_key(Policy=json.dumps(THEIR_KEY_POLICY))["KeyMetadata"]["Arn"]
    aws.kms.create_alias(AliasName="alias/theirs", TargetKeyId=key)
    encryption: Any = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]}
    s3.put_bucket_encryption(Bucket="data", ServerSideEncryptionConfiguration=encryption)
    s3.create_bucket(Bucket="logs")
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
        "key": json.loads(aws.kms.get_key_policy(KeyId=key_of(aws), PolicyName="default")["Policy"]),
        "logging": s3.get_bucket_logging(Bucket="data").get("LoggingEnabled"),
        "objects": keys,
        "bodies": bodies,
        "encryption": s3.get_bucket_encryption(Bucket="data")["ServerSideEncryptionConfiguration"],
    }


def key_of(aws: RegionClients) -> str:
    return aws.kms.describe_key(KeyId="alias/theirs")["KeyMetadata"]["Arn"]


def everything(aws: RegionClients, days: int = 400, team: str = "ml") -> str:
    """A declaration of all that can be merged."""
    return (
        f"create: false, lifecycle: {{expire_days: {days}}}, tags: {{team: {team}}}, logging: {{bucket: logs, prefix: of-data/}}, "
        f"encryption: {{key: '{key_of(aws)}'}}, key_policy: merge"
    )


def foreign(aws: RegionClients) -> dict[str, Any]:
    """What others have, whatever the stack added."""
    found = snapshot(aws)
    return {
        "policy": list(others(live_policy(aws), MARK)),
        "key": list(others(json.dumps(found["key"]), MARK)),
        "lifecycle": [rule for rule in found["lifecycle"] if not rule["ID"].startswith(MARK)],
        "tags": [tag for tag in found["tags"] if tag["Key"] not in {MARK, "team"}],
        "objects": found["objects"],
    }


def live_policy(aws: RegionClients) -> str:
    return aws.s3.get_bucket_policy(Bucket="data")["Policy"]


@pytest.mark.parametrize("objects", [3, 1000])
def test_an_adopted_bucket_is_left_as_it_was(aws: RegionClients, objects: int) -> None:
    before = furnish(aws, objects)
    theirs = foreign(aws)
    assert len(before["objects"]) == objects
    declare(everything(aws))
    assert main(["up", "--yes"]) == 0
    assert foreign(aws) == theirs
    made = snapshot(aws)
    assert "bucketpass-trainer" in json.dumps(made["policy"])
    assert "bucketpass-trainer" in json.dumps(made["key"])
    assert [rule["Expiration"] for rule in made["lifecycle"] if rule["ID"] == f"{MARK}expire"] == [{"Days": 400}]
    assert {"Key": "team", "Value": "ml"} in made["tags"]
    assert made["logging"] == {"TargetBucket": "logs", "TargetPrefix": "of-data/"}
    declare(everything(aws, days=500, team="vision"), prefix="checkpoints/")
    assert main(["up", "--yes"]) == 0
    assert foreign(aws) == theirs
    changed = snapshot(aws)
    assert "checkpoints/" in json.dumps(changed["policy"])
    assert "raw/" not in json.dumps(changed["policy"])
    assert [rule["Expiration"] for rule in changed["lifecycle"] if rule["ID"] == f"{MARK}expire"] == [{"Days": 500}]
    assert {"Key": "team", "Value": "vision"} in changed["tags"]
    assert main(["up", "--yes", "--json"]) == 0
    assert snapshot(aws) == changed
    assert main(["down", "--yes"]) == 0
    assert snapshot(aws) == before


def test_what_is_no_longer_declared_is_taken_back_alone(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:
    before = furnish(aws)
    declare(everything(aws))
    assert main(["up", "--yes"]) == 0
    capsys.readouterr()
    assert main(["up", "--yes"]) == 0
    assert " updated" not in capsys.readouterr().out
    declare()
    assert main(["up", "--yes"]) == 0
    kept = snapshot(aws)
    assert {name: kept[name] for name in ("lifecycle", "tags", "key", "logging")} == {
        name: before[name] for name in ("lifecycle", "tags", "key", "logging")
    }
    assert "bucketpass-trainer" in json.dumps(kept["policy"])


@pytest.mark.parametrize(
    ("declared", "words"), [("tags: {owner: me}", "has the tag `owner=lab`"), ("logging: {bucket: logs}", "exists and was")]
)
def test_what_others_set_and_a_bucket_has_once_is_not_taken_over(
    aws: RegionClients, capsys: pytest.CaptureFixture[str], declared: str, words: str
) -> None:
    furnish(aws)
    enabled: Any = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "theirs/"}}
    aws.s3.put_bucket_logging(Bucket="data", BucketLoggingStatus=enabled)
    before = snapshot(aws)
    declare(f"create: false, {declared}")
    for verb in (["preview"], ["up", "--yes"]):
        assert main(verb) == 1
        assert words in capsys.readouterr().out
        assert snapshot(aws) == before
    assert aws.iam.list_roles()["Roles"] == []


def test_what_others_changed_since_stays_with_them(aws: RegionClients) -> None:
    before = furnish(aws)
    declare(everything(aws))
    assert main(["up", "--yes"]) == 0
    rules = [*snapshot(aws)["lifecycle"], {**THEIR_RULES[0], "ID": "added later"}]
    aws.s3.put_bucket_lifecycle_configuration(Bucket="data", LifecycleConfiguration={"Rules": rules})
    tags = [*snapshot(aws)["tags"], {"Key": "later", "Value": "1"}]
    aws.s3.put_bucket_tagging(Bucket="data", Tagging={"TagSet": tags})
    enabled: Any = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "theirs/"}}
    aws.s3.put_bucket_logging(Bucket="data", BucketLoggingStatus=enabled)
    assert main(["down", "--yes"]) == 0
    after = snapshot(aws)
    assert after["lifecycle"] == [*before["lifecycle"], {**THEIR_RULES[0], "ID": "added later"}]
    assert {tag["Key"] for tag in after["tags"]} == {"owner", "cost center", "later"}
    assert after["logging"] == enabled["LoggingEnabled"]
    assert after["key"] == before["key"]


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


def test_a_live_statement_that_denies_the_declared_roles_is_named(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:
    aws.s3.create_bucket(Bucket="data")
    fence = {"Sid": "OnlyUs", "Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:*"}
    policy = {"Version": "2012-10-17", "Statement": [{**fence, "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]}]}
    aws.s3.put_bucket_policy(Bucket="data", Policy=json.dumps(policy))
    declare()
    assert main(["preview"]) == 0
    assert "statement `OnlyUs` of others denies arn:aws:iam::111122223333:role/bucketpass-trainer" in capsys.readouterr().out


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
        assert "tags cost center=4 2, owner=lab" in printed
        assert all(words in printed for words in ("create: false", "import_='data'", "choose another name"))
        assert snapshot(aws) == before
    assert main(["down", "--yes"]) == 0
    assert snapshot(aws) == before


def test_statements_rules_and_tags_are_removed_by_themselves(aws: RegionClients, capsys: pytest.CaptureFixture[str]) -> None:
    before = furnish(aws)
    declare(everything(aws))
    assert main(["up", "--yes"]) == 0
    capsys.readouterr()
    assert main(["down", "--statements", "data"]) == 3
    assert "Say --yes" in capsys.readouterr().err
    assert main(["down", "--statements", "data", "--yes", "--stack", "other"]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert MARK in live_policy(aws)
    assert main(["down", "--statements", "data", "--yes"]) == 0
    printed = capsys.readouterr().out
    assert f"statement {MARK}DenyPlainHttp delete" in printed
    assert f"lifecycle rule {MARK}expire delete" in printed
    assert "tag team delete" in printed
    assert "statement TheirDeny stays as it is" in printed
    assert main(["down", "--statements", key_of(aws), "--yes"]) == 0
    assert "statement Reader stays as it is" in capsys.readouterr().out
    after = snapshot(aws)
    assert {name: after[name] for name in before if name != "logging"} == {name: before[name] for name in before if name != "logging"}
