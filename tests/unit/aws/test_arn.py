"""ARNs taken apart and put together."""

import pytest

from bucketpass.aws.arn import Arn, bucket_arn, object_arn, partition_of_region


def test_the_last_part_keeps_its_colons() -> None:
    text = "arn:aws:kms:eu-west-1:111122223333:key/a:b:c"
    arn = Arn.parse(text)
    assert arn == Arn("aws", "kms", "eu-west-1", "111122223333", "key/a:b:c")
    assert str(arn) == text


@pytest.mark.parametrize("text", ["", "*", "arn:aws:s3", "ARN:aws:s3:::b", "urn:aws:s3:::b"])
def test_other_text_is_no_arn(text: str) -> None:
    assert Arn.parse(text) is None


@pytest.mark.parametrize(
    ("region", "name"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")]
)
def test_a_region_belongs_to_its_partition(region: str, name: str) -> None:
    assert partition_of_region(region).name == name


def test_a_bucket_and_its_objects_are_different_resources() -> None:
    assert bucket_arn("aws", "b") == "arn:aws:s3:::b"
    assert object_arn("aws-cn", "b", "k/*") == "arn:aws-cn:s3:::b/k/*"
