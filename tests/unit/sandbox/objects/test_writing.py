from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5

import pytest
from tests.unit.sandbox.inside import Inside, inside, outcome, text_of

from bucketpass.sandbox.objects.writing import deletion
from bucketpass.sandbox.wire_errors import AwsError


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        yield world


def test_an_object_of_any_size_is_kept_and_found(world: Inside) -> None:
    for size in (0, 1, 64 * 1024, 64 * 1024 + 1, 1024 * 1024):
        body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        answer = world.s3("PUT", "/bucket/k", {}, body)
        assert dict(answer.headers)["ETag"] == f'"{md5(body).hexdigest()}"'
        assert b"".join(world.s3("GET", "/bucket/k").blocks()) == body


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-amz-storage-class": "CHEAP"}, (400, "InvalidStorageClass")),
        ({"x-amz-meta-a": "x" * 2048}, (400, "MetadataTooLarge")),
        ({"x-amz-tagging": "&".join(f"t{n}=1" for n in range(11))}, (400, "BadRequest")),
        ({"x-amz-tagging": "a=" + "x" * 257}, (400, "InvalidTag")),
        ({"x-amz-tagging": "a=%3C"}, (400, "InvalidTag")),
        ({"If-None-Match": '"etag"'}, (501, "NotImplemented")),
        ({"If-Match": '"etag"'}, (404, "NoSuchKey")),
        ({"Content-Encoding": "aws-chunked,gzip"}, (200, "")),
    ],
)
def test_an_object_is_put_as_s3_lets_it(world: Inside, headers: dict[str, str], expected: tuple[int, str]) -> None:
    assert outcome(world.s3("PUT", "/bucket/k", headers, b"x")) == expected


def test_the_transfers_own_encoding_is_not_the_objects(world: Inside) -> None:
    world.s3("PUT", "/bucket/k", {"Content-Encoding": "aws-chunked,gzip"}, b"x")
    assert dict(world.s3("HEAD", "/bucket/k").headers)["Content-Encoding"] == "gzip"
    world.s3("PUT", "/bucket/k", {"Content-Encoding": "aws-chunked"}, b"x")
    assert "Content-Encoding" not in dict(world.s3("HEAD", "/bucket/k").headers)


def test_deleting_what_is_not_there_is_no_error(world: Inside) -> None:
    assert outcome(world.s3("DELETE", "/bucket/never")) == (204, "")


def test_a_delete_can_depend_on_what_is_there(world: Inside) -> None:
    world.s3("PUT", "/bucket/k", {}, b"x")
    assert outcome(world.s3("DELETE", "/bucket/k", {"If-Match": '"other"'})) == (412, "PreconditionFailed")
    assert outcome(world.s3("DELETE", "/bucket/k", {"If-Match": f'"{md5(b"x").hexdigest()}"'})) == (204, "")


def test_a_copy_of_an_upload_in_parts_has_the_etag_of_one_piece(world: Inside) -> None:
    started = text_of(world.s3("POST", "/bucket/parts?uploads"))
    upload = started.partition("<UploadId>")[2].partition("</UploadId>")[0]
    etag = dict(world.s3("PUT", f"/bucket/parts?partNumber=1&uploadId={upload}", {}, b"part").headers)["ETag"]
    body = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    world.s3("POST", f"/bucket/parts?uploadId={upload}", {}, body.encode())
    assert dict(world.s3("HEAD", "/bucket/parts").headers)["ETag"].endswith('-1"')
    world.s3("PUT", "/bucket/copy", {"x-amz-copy-source": "bucket/parts"})
    assert dict(world.s3("HEAD", "/bucket/copy").headers)["ETag"] == f'"{md5(b"part").hexdigest()}"'


def test_the_keys_of_a_batch_are_read(world: Inside) -> None:
    second = "<Object><Key>c</Key><VersionId>v</VersionId><ETag>e</ETag></Object>"
    found = deletion(f"<Delete><Object><Key>a&amp;b</Key></Object>{second}<Quiet>true</Quiet></Delete>".encode())
    assert found == ((("a&b", None), ("c", "v")), (None, "e"), True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Delete/>",
        b"<Delete><Object/></Delete>",
        b"<Other/>",
        b"<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
        b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>",
    ],
)
def test_a_batch_that_names_nothing_is_refused(body: bytes) -> None:
    with pytest.raises(AwsError) as error:
        deletion(body)
    assert error.value.code == "MalformedXML"


def test_a_batch_needs_a_checksum(world: Inside) -> None:
    body = b"<Delete><Object><Key>k</Key></Object></Delete>"
    assert outcome(world.s3("POST", "/bucket?delete", {}, body)) == (400, "InvalidRequest")
    assert outcome(world.s3("POST", "/bucket?delete", {"Content-MD5": b64encode(md5(body).digest()).decode()}, body)) == (200, "")


def test_a_checksum_that_s3_does_not_have_is_refused(world: Inside) -> None:
    assert outcome(world.s3("PUT", "/bucket/k", {"x-amz-sdk-checksum-algorithm": "MD4"}, b"x")) == (400, "InvalidRequest")
