"""Settings of buckets and keys that others own, under Pulumi's own AWS provider: merged with what is live, or refused."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.runtime import mocks
from tests.pulumi_programs import Registered, registered

from bucketpass.errors import ProvisionError
from bucketpass.model import parse_access
from bucketpass.policy.shared import mark_of, others
from bucketpass.provision import FederatedAccess

ACCESS = """
issuers: {ci: {preset: github}}
buckets: {data: {create: false, %s}}
services: {eval: {identity: {issuer: ci, repository: acme/eval, branch: main}, grants: [{bucket: data, access: read}]}}
"""
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
MARK = mark_of("project", "stack")
RULES = [
    {"Id": "plain", "Status": "Enabled", "ExpirationInDays": 3, "ExpiredObjectDeleteMarker": False},
    {
        "Id": "all",
        "Status": "Disabled",
        "Prefix": "old/",
        "TagFilters": [{"Key": "a", "Value": "1"}],
        "ObjectSizeGreaterThan": "10",
        "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 9}],
        "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "TransitionInDays": 8}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 6},
    },
    {"Id": "tagged", "Status": "Enabled", "TagFilters": [{"Key": "a", "Value": "1"}], "ExpirationDate": "2030-01-01T00:00:00Z"},
    {"Id": f"{MARK}expire", "Status": "Enabled", "ExpirationInDays": 1},
]
ARGUMENTS = [
    {"filter": {"prefix": ""}, "id": "plain", "status": "Enabled", "expiration": {"days": 3, "expiredObjectDeleteMarker": False}},
    {
        "filter": {"and": {"prefix": "old/", "objectSizeGreaterThan": 10, "tags": {"a": "1"}}},
        "id": "all",
        "status": "Disabled",
        "transitions": [{"storageClass": "GLACIER", "days": 9}],
        "noncurrentVersionTransitions": [{"storageClass": "GLACIER", "noncurrentDays": 8}],
        "noncurrentVersionExpiration": {"noncurrentDays": 7, "newerNoncurrentVersions": 2},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 6},
    },
    {
        "filter": {"tag": {"key": "a", "value": "1"}},
        "id": "tagged",
        "status": "Enabled",
        "expiration": {"date": "2030-01-01T00:00:00Z"},
    },
    {"id": f"{MARK}expire", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 9}},
]


def made(kind: str, declared: str, live: Mapping[str, Any]) -> Registered:
    """What the program registers of a kind for an adopted bucket, where AWS has this of the bucket or its key."""

    def answer(args: mocks.MockCallArgs) -> Mapping[str, Any]:
        if args.token == "aws:cloudcontrol/getResource:getResource":
            expected = {"AWS::KMS::Key": "1", "AWS::S3::Bucket": "data"}
            assert args.args["identifier"] == expected[args.args["typeName"]]
            return {"properties": json.dumps(live)}
        return {"policy": json.dumps({"Version": "2012-10-17", "Statement": []})} if args.token.endswith("getBucketPolicy") else {}

    found = registered(lambda: FederatedAccess("ai", access=parse_access(ACCESS % declared)), calls=answer)
    return next(resource for resource in found if resource.type.endswith(f":{kind}"))


def test_the_rules_of_others_are_written_again_and_ours_are_marked() -> None:
    live = {"LifecycleConfiguration": {"Rules": RULES, "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}}
    resource = made("BucketLifecycleConfiguration", "lifecycle: {expire_days: 9}", live)
    assert resource.inputs["rules"] == ARGUMENTS
    assert resource.inputs["transitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    assert resource.retain_on_delete


@pytest.mark.parametrize("strange", [{"New": 1}, {"NoncurrentVersionExpiration": {"New": 1}}])
def test_a_rule_that_is_not_understood_is_not_lost(strange: Mapping[str, Any]) -> None:
    live = {"LifecycleConfiguration": {"Rules": [{"Id": "x", "Status": "Enabled", **strange}]}}
    with pytest.raises(ProvisionError, match="has `New`, which cannot be written again"):
        made("BucketLifecycleConfiguration", "lifecycle: {expire_days: 9}", live)


def test_the_statements_of_others_in_a_keys_policy_stay() -> None:
    theirs = {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    live = {"KeyPolicy": {"Version": "2012-10-17", "Statement": [theirs]}}
    resource = made("KeyPolicy", f"encryption: {{key: '{KEY}'}}, key_policy: merge", live)
    assert resource.inputs["keyId"] == KEY
    assert others(resource.inputs["policy"], MARK) == (theirs,)
    assert "bucketpass-eval" in resource.inputs["policy"]
    assert resource.retain_on_delete


def test_a_log_that_goes_elsewhere_is_not_turned() -> None:
    declared = "logging: {bucket: logs, prefix: of-data/}"
    ours = {"LoggingConfiguration": {"DestinationBucketName": "logs", "LogFilePrefix": "of-data/"}}
    assert made("BucketLogging", declared, {}).inputs == made("BucketLogging", declared, ours).inputs
    with pytest.raises(ProvisionError, match="goes to `theirs/`, and a bucket has one log"):
        made("BucketLogging", declared, {"LoggingConfiguration": {"DestinationBucketName": "theirs"}})


def test_tags_are_refused_where_they_would_replace_those_of_others() -> None:
    with pytest.raises(ProvisionError, match="Pulumi's AWS provider sets tags only with the bucket itself"):
        made("BucketTags", "tags: {team: ml}", {})
