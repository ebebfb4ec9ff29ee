from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, HOST, Inside, inside, outcome, request

from bucketpass.aws.operations import OPERATIONS as ALL
from bucketpass.sandbox.buckets import Buckets
from bucketpass.sandbox.s3 import HANDLERS


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        yield world


def test_every_operation_that_is_answered_is_one_that_can_be_authorized() -> None:
    assert set(HANDLERS) <= set(ALL)
    assert not {name for name in HANDLERS if Buckets.knows(name)}


@pytest.mark.parametrize("query", ["inventory", "analytics", "metrics", "intelligent-tiering", "abac"])
def test_what_the_sandbox_does_not_have_is_refused_to_the_administrator_too(world: Inside, query: str) -> None:
    assert outcome(world.s3("GET", f"/bucket?{query}")) == (501, "NotImplemented")


def test_a_bucket_that_is_not_there_is_told(world: Inside) -> None:
    for method, target in (
        ("GET", "/none/k"),
        ("PUT", "/none/k"),
        ("GET", "/none?list-type=2"),
        ("DELETE", "/none"),
        ("PUT", "/none?policy"),
    ):
        assert outcome(world.s3(method, target)) == (404, "NoSuchBucket")
    assert outcome(world.s3("PUT", "/bucket/k", {"x-amz-copy-source": "none/k"})) == (404, "NoSuchBucket")


def test_the_owner_that_a_client_expects_is_checked(world: Inside) -> None:
    assert outcome(world.s3("GET", "/bucket?list-type=2", {"x-amz-expected-bucket-owner": ACCOUNT})) == (200, "")
    assert outcome(world.s3("GET", "/bucket?list-type=2", {"x-amz-expected-bucket-owner": "999999999999"})) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-amz-acl": "public-read"}, (400, "AccessControlListNotSupported")),
        ({"x-amz-grant-read": "id=x"}, (400, "AccessControlListNotSupported")),
        ({"x-amz-acl": "bucket-owner-full-control"}, (200, "")),
        ({"x-amz-object-lock-mode": "GOVERNANCE"}, (400, "InvalidRequest")),
    ],
)
def test_headers_that_cannot_be_honoured_are_refused(world: Inside, headers: dict[str, str], expected: tuple[int, str]) -> None:
    assert outcome(world.s3("PUT", "/bucket/k", headers, b"x")) == expected


def test_an_acl_is_refused_where_nobody_decides_by_it(world: Inside) -> None:
    body = b"<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>"
    world.s3("PUT", "/bucket?ownershipControls", {}, body)
    assert outcome(world.s3("PUT", "/bucket/k", {"x-amz-acl": "public-read"}, b"x")) == (403, "AccessDenied")
    assert outcome(world.s3("PUT", "/bucket/k", {"x-amz-acl": "authenticated-read"}, b"x")) == (501, "NotImplemented")
    assert outcome(world.s3("PUT", "/bucket/k", {"x-amz-acl": "private"}, b"x")) == (200, "")
    assert outcome(world.s3("PUT", "/bucket/k?acl", {"x-amz-acl": "private"})) == (501, "NotImplemented")


def test_an_object_that_vanishes_after_it_was_located_is_located_again(world: Inside) -> None:
    world.s3("PUT", "/bucket/k", {}, b"x" * 100_000)
    found = world.objects.find("bucket", "k")
    assert found is not None
    world.objects.bodies.drop(found.segments)
    assert outcome(world.s3("GET", "/bucket/k")) == (503, "SlowDown")


def test_a_post_from_a_browsers_form_is_refused(world: Inside) -> None:
    assert outcome(world.front(request("POST", "/bucket", {"Host": HOST, "Content-Type": "multipart/form-data; boundary=x"})))[0] in (
        403,
        405,
        501,
    )
