from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import Inside, between, inside, outcome, text_of


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        world.s3("PUT", "/bucket/k", {"x-amz-tagging": "a=1"}, b"body")
        yield world


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<Tagging><TagSet><Tag><Key>b</Key><Value>2</Value></Tag></TagSet></Tagging>", (200, "")),
        ("<Tagging><TagSet/></Tagging>", (200, "")),
        ("<Tagging><TagSet><Tag><Key/><Value>2</Value></Tag></TagSet></Tagging>", (400, "InvalidTag")),
        ("<Tagging><TagSet><Tag><Key>a</Key></Tag><Tag><Key>a</Key></Tag></TagSet></Tagging>", (400, "InvalidTag")),
        ("<Tagging><TagSet><Tag><Key>AWS:x</Key><Value>2</Value></Tag></TagSet></Tagging>", (400, "InvalidTag")),
        ("<Tags/>", (400, "MalformedXML")),
        ("", (400, "MalformedXML")),
    ],
)
def test_tags_are_replaced_by_what_s3_takes(world: Inside, body: str, expected: tuple[int, str]) -> None:
    assert outcome(world.s3("PUT", "/bucket/k?tagging", {}, body.encode())) == expected


def test_tags_are_read_and_removed(world: Inside) -> None:
    assert between(text_of(world.s3("GET", "/bucket/k?tagging")), "Tag") == "<Key>a</Key><Value>1</Value>"
    assert outcome(world.s3("DELETE", "/bucket/k?tagging")) == (204, "")
    assert "<Tag>" not in text_of(world.s3("GET", "/bucket/k?tagging"))


def test_an_owner_enforced_objects_acl_says_that_the_owner_has_everything(world: Inside) -> None:
    assert between(text_of(world.s3("GET", "/bucket/k?acl")), "Permission") == "FULL_CONTROL"
    assert outcome(world.s3("GET", "/bucket/none?acl")) == (404, "NoSuchKey")


def test_attributes_are_those_that_were_asked_for(world: Inside) -> None:
    answer = text_of(world.s3("GET", "/bucket/k?attributes", {"x-amz-object-attributes": "ObjectSize,StorageClass"}))
    assert (between(answer, "ObjectSize"), between(answer, "StorageClass"), "ETag" in answer) == ("4", "STANDARD", False)
    for asked in ("", "Everything"):
        assert outcome(world.s3("GET", "/bucket/k?attributes", {"x-amz-object-attributes": asked})) == (400, "InvalidArgument")
