"""What a call is on."""

from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, HOST, Inside, between, inside, request, text_of

from bucketpass.sandbox.locate import Located, Locator
from bucketpass.sandbox.parse import parse_call
from bucketpass.sandbox.wire_errors import AwsError

SSE = "x-amz-server-side-encryption"


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        world.s3("PUT", "/bucket/k", {"x-amz-tagging": "team=ml"}, b"x")
        yield world


def locate(world: Inside, method: str, target: str, headers: dict[str, str] | None = None) -> Located:
    asked = request(method, target, {"Host": HOST, **(headers or {})})
    return Locator(world.state, world.objects).locate(parse_call(asked), asked)


def test_an_object_is_located_with_its_tags(world: Inside) -> None:
    located = locate(world, "GET", "/bucket/k")
    assert located.found is not None
    assert (located.target.account, located.target.object.tags, located.target.object.kms_key) == (ACCOUNT, {"team": "ml"}, None)


def test_the_key_that_aws_manages_is_asked_nothing(world: Inside) -> None:
    located = locate(world, "PUT", "/bucket/n", {SSE: "aws:kms"})
    assert located.encryption.key_arn is not None
    assert located.target.object.kms_key is None


def test_a_part_has_the_encryption_headers_that_its_upload_was_created_with(world: Inside) -> None:
    for headers in ({SSE: "AES256"}, {}):
        upload = between(text_of(world.s3("POST", "/bucket/big?uploads", headers)), "UploadId")
        located = locate(world, "PUT", f"/bucket/big?partNumber=1&uploadId={upload}")
        assert located.target.upload_headers == headers
    assert locate(world, "PUT", "/bucket/big?partNumber=1&uploadId=none").target.upload_headers == {}


@pytest.mark.parametrize(
    ("target", "headers", "missing"),
    [
        ("/bucket/k", {}, []),
        ("/bucket/none", {}, [("bucket", "none")]),
        ("/bucket/n", {"x-amz-copy-source": "bucket/k"}, []),
        ("/bucket/n", {"x-amz-copy-source": "bucket/none"}, [("bucket", "none")]),
    ],
)
def test_what_is_read_and_does_not_exist_is_missing(
    world: Inside, target: str, headers: dict[str, str], missing: list[tuple[str, str]]
) -> None:
    method = "PUT" if headers else "GET"
    asked = request(method, target, {"Host": HOST, **headers})
    call = parse_call(asked)
    assert list(Locator(world.state, world.objects).locate(call, asked).missing(call)) == missing


@pytest.mark.parametrize(
    ("target", "headers", "code"),
    [
        ("/none/k", {}, "NoSuchBucket"),
        ("/bucket/k", {"x-amz-copy-source": "none/k"}, "NoSuchBucket"),
        ("/bucket/k", {"x-amz-expected-bucket-owner": "999999999999"}, "AccessDenied"),
    ],
)
def test_a_bucket_that_does_not_exist_or_is_another_owners_is_refused(
    world: Inside, target: str, headers: dict[str, str], code: str
) -> None:
    with pytest.raises(AwsError) as error:
        locate(world, "PUT", target, headers)
    assert error.value.code == code
