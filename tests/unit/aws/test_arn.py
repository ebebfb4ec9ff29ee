"""ARNs taken apart and put together."""

import re
from pathlib import Path

import pytest

from bucketpass.aws.arn import Arn, bucket_arn, object_arn, parse_arn, partition_of_region
from bucketpass.errors import RequestError


def test_the_last_part_keeps_its_colons() -> None:
    text = "arn:aws:kms:eu-west-1:111122223333:key/a:b:c"
    arn = Arn.parse(text)
    assert arn == Arn("aws", "kms", "eu-west-1", "111122223333", "key/a:b:c")
    assert str(arn) == text


@pytest.mark.parametrize("text", ["", "*", "arn:aws:s3", "ARN:aws:s3:::b", "urn:aws:s3:::b"])
def test_other_text_is_not_an_arn(text: str) -> None:
    assert Arn.parse(text) is None


@pytest.mark.parametrize(
    ("region", "name"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")]
)
def test_a_region_belongs_to_its_partition(region: str, name: str) -> None:
    assert partition_of_region(region).name == name


def test_a_bucket_and_its_objects_are_different_resources() -> None:
    assert bucket_arn("aws", "b") == "arn:aws:s3:::b"
    assert object_arn("aws-cn", "b", "k/*") == "arn:aws-cn:s3:::b/k/*"


def test_the_name_and_the_bucket_are_read_off_the_resource() -> None:
    assert parse_arn("arn:aws:iam::1:role/a/b/trainer").name == "trainer"
    assert parse_arn("arn:aws:iam::1:root").name == "root"
    assert (parse_arn("arn:aws:s3:::b").bucket, parse_arn("arn:aws:s3:::b/k:1/x").bucket) == ("b", "b")


def test_text_that_has_to_be_an_arn_is_one_or_an_error() -> None:
    with pytest.raises(RequestError, match="`trainer` is not an ARN"):
        parse_arn("trainer")


SPLIT_BY_HAND = re.compile(r"""split\(":"(, 5)?\)\[|split\(":", 5\)|count\(":"\) >= 5""")


def test_nothing_else_takes_arns_apart() -> None:
    source = Path(__file__).parents[3] / "src" / "bucketpass"
    by_hand = {
        f"{path.relative_to(source)}: {line.strip()}"
        for path in source.rglob("*.py")
        for line in path.read_text().splitlines()
        if SPLIT_BY_HAND.search(line) and path.name != "arn.py"
    }
    assert by_hand == {'decide/faults.py: return tuple(subject.split(":")[:-1:2])'}  # a subject of GitLab
