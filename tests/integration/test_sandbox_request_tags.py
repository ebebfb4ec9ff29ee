"""Tags and the Region that a request's body sets are condition keys of it, as its headers are: over HTTP, with boto3."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.sandboxes import Keys, SandboxWorld, outcome, sandbox_world

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sandbox")]

TEAM = {"TagSet": [{"Key": "team", "Value": "ml"}]}
OTHER = {"TagSet": [{"Key": "team", "Value": "other"}]}


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world(None) as world:
        world.s3().create_bucket(Bucket="data")
        world.s3().put_object(Bucket="data", Key="k", Body=b"x")
        yield world


def allowed(*actions: str, **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", "Condition": condition}


@pytest.fixture(scope="module")
def tagger(world: SandboxWorld) -> Keys:
    return world.user("tagger", allowed("s3:PutObjectTagging", StringEquals={"s3:RequestObjectTag/team": "ml"}))


@pytest.mark.parametrize(("tags", "expected"), [(TEAM, "done"), (OTHER, "AccessDenied"), ({"TagSet": []}, "AccessDenied")])
def test_the_tags_of_put_object_tagging_are_keys_of_the_request(world: SandboxWorld, tagger: Keys, tags: Any, expected: str) -> None:
    assert outcome(world.s3(tagger).put_object_tagging, Bucket="data", Key="k", Tagging=tags) == expected


def test_a_deny_on_tag_keys_sees_those_of_the_body(world: SandboxWorld) -> None:
    denied = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"ForAnyValue:StringEquals": {"s3:RequestObjectTagKeys": "secret"}},
    }
    s3 = world.s3(world.user("denied", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, denied))
    assert outcome(s3.put_object_tagging, Bucket="data", Key="k", Tagging=TEAM) == "done"
    secret: Any = {"TagSet": [{"Key": "secret", "Value": "1"}]}
    assert outcome(s3.put_object_tagging, Bucket="data", Key="k", Tagging=secret) == "AccessDenied"
    assert world.s3().get_object_tagging(Bucket="data", Key="k")["TagSet"] == TEAM["TagSet"]


def test_a_bucket_with_tags_needs_the_right_to_tag_it(world: SandboxWorld) -> None:
    creator = world.s3(world.user("creator", allowed("s3:CreateBucket")))
    assert outcome(creator.create_bucket, Bucket="plain-bucket") == "done"
    tagged: Any = {"Tags": [{"Key": "team", "Value": "ml"}]}
    assert outcome(creator.create_bucket, Bucket="tagged-bucket", CreateBucketConfiguration=tagged) == "AccessDenied"
    both = world.user("both", allowed("s3:CreateBucket", "s3:TagResource", StringEquals={"aws:RequestTag/team": "ml"}))
    assert outcome(world.s3(both).create_bucket, Bucket="untagged-bucket") == "AccessDenied"
    assert outcome(world.s3(both).create_bucket, Bucket="tagged-bucket", CreateBucketConfiguration=tagged) == "done"
    assert world.s3().get_bucket_tagging(Bucket="tagged-bucket")["TagSet"] == TEAM["TagSet"]
