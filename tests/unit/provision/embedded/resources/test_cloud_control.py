"""What Cloud Control says of a bucket and a key, and what components make of it again."""

import json
from typing import Any

import pytest
from moto import mock_aws
from tests.moto_clients import moto_clients

from bucketpass.errors import ProvisionError
from bucketpass.provision.components.adopted import _rule
from bucketpass.provision.embedded.resources.cloud_control import get_resource
from bucketpass.provision.embedded.resources.s3_settings import SETTINGS

RULES = [
    {"ID": "plain", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}},
    {
        "ID": "all",
        "Status": "Disabled",
        "Filter": {"And": {"Prefix": "old/", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}},
        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
        "NoncurrentVersionTransitions": [{"NoncurrentDays": 9, "StorageClass": "GLACIER"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 10},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 4},
    },
]


def test_live_rules_come_back_as_they_were() -> None:
    setting = next(one for one in SETTINGS if "Lifecycle" in one.tokens[0])
    with mock_aws():
        aws = moto_clients()
        aws.s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        aws.s3.put_bucket_lifecycle_configuration(Bucket="data", LifecycleConfiguration={"Rules": RULES})  # type: ignore[typeddict-item]
        said = json.loads(str(get_resource(aws, {"typeName": "AWS::S3::Bucket", "identifier": "data"})["properties"]))
        arguments = [_rule("data", rule) for rule in said["LifecycleConfiguration"]["Rules"]]
        setting.create(aws, {"bucket": "data", "rules": [camel(rule) for rule in arguments]})
        again = aws.s3.get_bucket_lifecycle_configuration(Bucket="data")["Rules"]
    assert again == RULES


def camel(value: Any) -> Any:
    """Arguments with the names that the SDK gives them on the wire."""
    if isinstance(value, dict):
        first = {name.rstrip("_").split("_")[0] + "".join(map(str.title, name.rstrip("_").split("_")[1:])): name for name in value}
        return {new: camel(value[old]) for new, old in first.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value


def test_a_keys_policy_is_an_object() -> None:
    with mock_aws():
        aws = moto_clients()
        key = aws.kms.create_key()["KeyMetadata"]["KeyId"]
        said = json.loads(str(get_resource(aws, {"typeName": "AWS::KMS::Key", "identifier": key})["properties"]))
    assert said["KeyPolicy"]["Statement"]


def test_another_type_is_named() -> None:
    with pytest.raises(ProvisionError, match="`AWS::SQS::Queue` is not supported here, expected one of AWS::KMS::Key"):
        get_resource(moto_clients(), {"typeName": "AWS::SQS::Queue", "identifier": "q"})
