"""Settings of buckets, against moto within the process."""

from collections.abc import Iterator, Mapping

import boto3
import pytest
from moto import mock_aws
from tests.moto_clients import moto_clients

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.s3 import BucketResource
from bucketpass.provision.embedded.resources.s3_settings import SETTINGS
from bucketpass.provision.embedded.values import Properties, Value

REPLICATED: Properties = {"id": "all", "status": "Enabled", "priority": 1, "destination": {"bucket": "arn:aws:s3:::access-logs"}}

BUCKET: Properties = {"bucket": "datasets", "tags": {"a": "1"}, "tagsAll": {"a": "1"}}
POLICY = '{"Version":"2012-10-17","Statement":[]}'
LIFE: Properties = {
    "id": "old",
    "status": "Enabled",
    "filter": {"and": {"prefix": "tmp/", "tags": {"kind": "scratch"}}},
    "expiration": {"days": 3},
    "noncurrentVersionExpiration": {"noncurrentDays": 5},
    "transitions": [{"days": 2, "storageClass": "GLACIER"}],
}
# What to set, and what to change it to, by the kind of setting.
EXAMPLES: dict[str, tuple[Properties, Properties]] = {
    "BucketPolicy": ({"policy": POLICY}, {"policy": POLICY.replace("[]", '[{"Effect":"Deny"}]')}),
    "BucketPublicAccessBlock": (
        {"blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": False, "restrictPublicBuckets": True},
        {"blockPublicAcls": True, "blockPublicPolicy": False, "ignorePublicAcls": False, "restrictPublicBuckets": False},
    ),
    "BucketOwnershipControls": (
        {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        {"rule": {"objectOwnership": "BucketOwnerPreferred"}},
    ),
    "BucketServerSideEncryptionConfiguration": (
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        {
            "rules": [
                {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:k"}, "bucketKeyEnabled": True}
            ]
        },
    ),
    "BucketVersioning": ({"versioningConfiguration": {"status": "Enabled"}}, {"versioningConfiguration": {"status": "Suspended"}}),
    "BucketLifecycleConfiguration": ({"rules": [LIFE]}, {"rules": [{**LIFE, "expiration": {"days": 9}}]}),
    "BucketLogging": (
        {"targetBucket": "access-logs", "targetPrefix": "a/"},
        {"targetBucket": "access-logs", "targetPrefix": "b/"},
    ),
    "BucketObjectLockConfiguration": (
        {"objectLockEnabled": "Enabled", "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 1}}},
        {"objectLockEnabled": "Enabled", "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 2}}},
    ),
    "BucketCorsConfiguration": (
        {"corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["*"]}]},
        {"corsRules": [{"allowedMethods": ["GET", "PUT"], "allowedOrigins": ["https://acme.io"], "maxAgeSeconds": 60}]},
    ),
    "BucketWebsiteConfiguration": (
        {"indexDocument": {"suffix": "index.html"}},
        {"indexDocument": {"suffix": "home.html"}, "errorDocument": {"key": "error.html"}},
    ),
    "BucketAccelerateConfiguration": ({"status": "Enabled"}, {"status": "Suspended"}),
    "BucketNotification": (
        {"topics": [{"topicArn": "arn:aws:sns:eu-central-1:123456789012:t", "events": ["s3:ObjectRemoved:*"]}]},
        {"topics": [{"topicArn": "arn:aws:sns:eu-central-1:123456789012:t", "events": ["s3:ObjectCreated:*"], "filterPrefix": "raw/"}]},
    ),
    "BucketTags": ({"tags": {"team": "ml"}}, {"tags": {"team": "vision", "cost": "1"}}),
    "BucketReplicationConfig": (
        {"role": "arn:aws:iam::123456789012:role/r", "rules": [REPLICATED]},
        {"role": "arn:aws:iam::123456789012:role/r", "rules": [{**REPLICATED, "status": "Disabled"}]},
    ),
}
BY_NAME = {setting.tokens[0].rpartition(":")[2]: setting for setting in SETTINGS}


@pytest.fixture
def aws() -> Iterator[RegionClients]:
    with mock_aws():
        yield moto_clients()


def test_every_setting_has_an_example() -> None:
    assert set(EXAMPLES) == set(BY_NAME)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_setting_is_made_read_back_changed_and_taken_back(aws: RegionClients, name: str) -> None:
    setting, (first, second) = BY_NAME[name], EXAMPLES[name]
    aws.s3.create_bucket(
        Bucket="access-logs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}, ObjectOwnership="BucketOwnerPreferred"
    )
    aws.s3.put_bucket_acl(Bucket="access-logs", ACL="log-delivery-write")  # type: ignore[arg-type]  # the stubs lack it
    BucketResource().create(aws, {**BUCKET, "objectLockEnabled": name == "BucketObjectLockConfiguration"})
    aws_topic(aws)
    if name == "BucketReplicationConfig":
        for bucket in ("datasets", "access-logs"):
            aws.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = setting.create(aws, {"bucket": "datasets", **first})
    assert made.id == "datasets"
    assert covers(setting.read(aws, "datasets"), first)
    setting.update(aws, "datasets", first, {"bucket": "datasets", **second})
    assert covers(setting.read(aws, "datasets"), second)
    setting.delete(aws, "datasets", second)
    # Versions and acceleration are only ever suspended: a bucket that once had them never is as if it had not.
    assert covers(setting.read(aws, "datasets"), second) == (name in {"BucketVersioning", "BucketAccelerateConfiguration"})


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_setting_of_a_bucket_that_is_gone_is_gone_too(aws: RegionClients, name: str) -> None:
    assert BY_NAME[name].read(aws, "nothing") is None
    BY_NAME[name].delete(aws, "nothing", {})


def aws_topic(aws: RegionClients) -> None:
    """The topic that the notifications go to."""
    boto3.client("sns", region_name="eu-central-1").create_topic(Name="t")


def covers(found: Value, wanted: Value) -> bool:
    """Everything that is wanted was found; AWS may add defaults of its own."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(covers(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(covers, found, wanted))
    return found == wanted
