"""The account's buckets by pages, and the tags that a new one is given."""

from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import Inside, between, inside, outcome, text_of

from bucketpass.sandbox.bucket_list import parse_configuration
from bucketpass.sandbox.wire_errors import AwsError


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        for name in ("other", "bucket-1", "bucket-0", "bucket-2"):
            world.s3("PUT", f"/{name}")
        yield world


def names(text: str) -> list[str]:
    return [part.partition("<")[0] for part in text.split("<Name>")[1:]]


def test_pages_go_on_where_the_last_one_ended(world: Inside) -> None:
    first = text_of(world.s3("GET", "/?max-buckets=3"))
    assert names(first) == ["bucket-0", "bucket-1", "bucket-2"]
    assert "<BucketRegion>" in first
    second = text_of(world.s3("GET", f"/?max-buckets=3&continuation-token={between(first, 'ContinuationToken')}"))
    assert (names(second), "ContinuationToken" in second) == (["other"], False)


def test_prefix_and_region_choose(world: Inside) -> None:
    assert names(text_of(world.s3("GET", "/?prefix=o"))) == ["other"]
    assert names(text_of(world.s3("GET", "/?bucket-region=eu-west-1"))) == []


@pytest.mark.parametrize("query", ["max-buckets=0", "max-buckets=x", "max-buckets=10001", "continuation-token=a"])
def test_what_cannot_be_is_refused(world: Inside, query: str) -> None:
    assert outcome(world.s3("GET", f"/?{query}")) == (400, "InvalidArgument")


def test_the_owner_is_the_same_everywhere(world: Inside) -> None:
    owners = {between(text_of(world.s3("GET", path)), "ID") for path in ("/", "/other?acl")}
    world.s3("PUT", "/other/k", {}, b"x")
    owners.add(between(text_of(world.s3("GET", "/other?list-type=2&fetch-owner=true")), "ID"))
    assert len(owners) == 1


def test_a_new_buckets_tags_are_kept(world: Inside) -> None:
    body = b"<CreateBucketConfiguration><Tags><Tag><Key>team</Key><Value>a</Value></Tag></Tags></CreateBucketConfiguration>"
    assert world.s3("PUT", "/tagged", {}, body).status == 200
    assert "<Key>team</Key><Value>a</Value>" in text_of(world.s3("GET", "/tagged?tagging"))
    with pytest.raises(AwsError):
        parse_configuration(body.replace(b"team", b""))
