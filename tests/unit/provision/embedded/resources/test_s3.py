"""Buckets, against moto within the process."""

from collections.abc import Iterator

import pytest
from moto import mock_aws
from tests.moto_clients import moto_clients

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.s3 import BucketResource
from bucketpass.provision.embedded.resources.s3_settings import SETTINGS
from bucketpass.provision.embedded.values import Properties

BUCKET: Properties = {"bucket": "datasets", "tags": {"a": "1"}, "tagsAll": {"a": "1"}}
BY_NAME = {setting.tokens[0].rpartition(":")[2]: setting for setting in SETTINGS}


@pytest.fixture
def aws() -> Iterator[RegionClients]:
    with mock_aws():
        yield moto_clients()


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1"])
def test_a_bucket_is_made_in_its_region_with_the_outputs_of_awss_provider(region: str) -> None:
    with mock_aws():
        aws = moto_clients(region)
        made = BucketResource().create(aws, BUCKET)
        found = BucketResource().read(aws, made.id)
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    assert found is not None
    assert {name: found[name] for name in BUCKET} == BUCKET
    assert {name: found[name] for name in made.computed} == made.computed
    assert made.computed["bucketRegionalDomainName"] == f"datasets.s3.{region}.{suffix}"
    assert made.computed["arn"] == ("arn:aws-cn:s3:::datasets" if region.startswith("cn-") else "arn:aws:s3:::datasets")


def test_a_bucket_with_acl_private_is_a_bucket_like_any_other(aws: RegionClients) -> None:
    assert BucketResource().create(aws, {**BUCKET, "acl": "private"}).id == "datasets"


def test_tags_of_a_bucket_change_in_place(aws: RegionClients) -> None:
    BucketResource().create(aws, BUCKET)
    BucketResource().update(aws, "datasets", BUCKET, {"bucket": "datasets", "tagsAll": {"b": "2"}})
    assert (BucketResource().read(aws, "datasets") or {})["tagsAll"] == {"b": "2"}
    BucketResource().update(aws, "datasets", {"tagsAll": {"b": "2"}}, {"bucket": "datasets", "tagsAll": {}})
    assert (BucketResource().read(aws, "datasets") or {})["tagsAll"] == {}


def test_versions_and_encryption_of_a_bucket_may_stand_in_the_bucket_itself(aws: RegionClients) -> None:
    kms: Properties = {"rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}}
    wanted: Properties = {**BUCKET, "versioning": {"enabled": True}, "serverSideEncryptionConfiguration": kms}
    BucketResource().create(aws, wanted)
    assert aws.s3.get_bucket_versioning(Bucket="datasets")["Status"] == "Enabled"
    (rule,) = aws.s3.get_bucket_encryption(Bucket="datasets")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") == "aws:kms"
    BucketResource().update(aws, "datasets", wanted, BUCKET)
    assert aws.s3.get_bucket_versioning(Bucket="datasets")["Status"] == "Suspended"


def test_a_bucket_with_objects_goes_only_with_force_destroy(aws: RegionClients) -> None:
    BucketResource().create(aws, BUCKET)
    BY_NAME["BucketVersioning"].create(aws, {"bucket": "datasets", "versioningConfiguration": {"status": "Enabled"}})
    aws.s3.put_object(Bucket="datasets", Key="a", Body=b"1")
    aws.s3.put_object(Bucket="datasets", Key="a", Body=b"2")
    aws.s3.delete_object(Bucket="datasets", Key="a")
    with pytest.raises(aws.s3.exceptions.ClientError, match="BucketNotEmpty"):
        BucketResource().delete(aws, "datasets", {})
    BucketResource().delete(aws, "datasets", {"forceDestroy": True})
    BucketResource().delete(aws, "datasets", {"forceDestroy": True})
    assert BucketResource().read(aws, "datasets") is None
