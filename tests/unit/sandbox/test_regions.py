"""Which Region a request is for; that SDKs follow the answers is in `tests/integration/test_sandbox_regions.py`."""

from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import Inside, between, inside, outcome, signed, text_of

from bucketpass.sandbox.regions import region_of_new_bucket
from bucketpass.sandbox.wire_errors import AwsError

AWAY = b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/away-bucket", {}, AWAY)
        yield world


def test_the_wrong_region_is_told_before_policies_are_looked_at(world: Inside) -> None:
    user = world.user("nobody")
    answer = world.s3("GET", "/away-bucket/k", keys=user)
    assert outcome(answer) == (400, "AuthorizationHeaderMalformed")
    assert dict(answer.headers)["x-amz-bucket-region"] == between(text_of(answer), "Region") == "eu-west-1"
    assert outcome(world.front(signed(user, "GET", "/away-bucket/k", region="eu-west-1"))) == (403, "AccessDenied")


def test_who_may_not_list_a_bucket_learns_its_region(world: Inside) -> None:
    answer = world.front(signed(world.user("nobody"), "HEAD", "/away-bucket", region="eu-west-1"))
    assert (answer.status, dict(answer.headers)["x-amz-bucket-region"]) == (403, "eu-west-1")


def test_the_location_is_told_in_every_region(world: Inside) -> None:
    assert "eu-west-1" in text_of(world.s3("GET", "/away-bucket?location"))


@pytest.mark.parametrize(
    ("endpoint", "constraint", "expected"),
    [
        ("us-east-1", None, "us-east-1"),
        ("us-east-1", "", "us-east-1"),
        ("us-east-1", "sa-east-1", "sa-east-1"),
        ("us-east-1", "EU", "eu-west-1"),
        ("eu-west-1", "eu-west-1", "eu-west-1"),
        ("us-east-1", "us-east-1", "InvalidLocationConstraint"),
        ("us-east-1", "US", "InvalidLocationConstraint"),
        ("us-east-1", "us-gov-west-1", "InvalidLocationConstraint"),
        ("eu-west-1", None, "IllegalLocationConstraintException"),
        ("eu-west-1", "us-east-1", "IllegalLocationConstraintException"),
    ],
)
def test_where_a_bucket_is_made(world: Inside, endpoint: str, constraint: str | None, expected: str) -> None:
    try:
        assert region_of_new_bucket(world.state, endpoint, constraint) == expected
    except AwsError as refused:
        assert refused.code == expected
