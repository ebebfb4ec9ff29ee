from base64 import b64encode
from collections.abc import Iterator
from zlib import crc32

import pytest
from tests.unit.sandbox.inside import Inside, between, inside, outcome, text_of

from bucketpass.wire.server import ServerResponse

MIB = 1024 * 1024


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        world.s3("PUT", "/bucket")
        yield world


def begin(world: Inside, **headers: str) -> str:
    return between(
        text_of(world.s3("POST", "/bucket/k?uploads", {name.replace("_", "-"): value for name, value in headers.items()})), "UploadId"
    )


def part(world: Inside, upload: str, number: int | str, body: bytes, **headers: str) -> ServerResponse:
    return world.s3(
        "PUT", f"/bucket/k?partNumber={number}&uploadId={upload}", {name.replace("_", "-"): value for name, value in headers.items()}, body
    )


def complete(
    world: Inside, upload: str, etags: list[tuple[int, str]], *, checksums: tuple[str, ...] = (), **headers: str
) -> ServerResponse:
    summed = [f"<ChecksumCRC32>{value}</ChecksumCRC32>" for value in checksums] or [""] * len(etags)
    named = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>{checksum}</Part>"
        for (number, etag), checksum in zip(etags, summed, strict=True)
    )
    body = f"<CompleteMultipartUpload>{named}</CompleteMultipartUpload>".encode()
    return world.s3("POST", f"/bucket/k?uploadId={upload}", {name.replace("_", "-"): value for name, value in headers.items()}, body)


def crc(data: bytes) -> str:
    return b64encode(crc32(data).to_bytes(4, "big")).decode()


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_the_checksum_is_of_the_parts_or_of_the_whole(world: Inside, kind: str) -> None:
    upload = begin(world, x_amz_checksum_algorithm="CRC32", x_amz_checksum_type=kind)
    bodies = [b"a" * 5 * MIB, b"end"]
    etags = [(n, dict(part(world, upload, n, body).headers)["ETag"]) for n, body in enumerate(bodies, 1)]
    digests = b"".join(crc32(body).to_bytes(4, "big") for body in bodies)
    expected = f"{crc(digests)}-2" if kind == "COMPOSITE" else crc(b"".join(bodies))
    sums = tuple(map(crc, bodies))
    assert outcome(complete(world, upload, etags, checksums=sums, x_amz_checksum_crc32=crc(b"other"))) == (400, "BadDigest")
    assert outcome(complete(world, upload, etags, checksums=sums, x_amz_mp_object_size="7")) == (400, "InvalidRequest")
    if kind == "COMPOSITE":
        assert outcome(complete(world, upload, etags)) == (400, "InvalidRequest")
        assert outcome(complete(world, upload, etags, checksums=sums, x_amz_checksum_crc32=f"{crc(digests)}-3")) == (400, "BadDigest")
    done = complete(world, upload, etags, checksums=sums, x_amz_checksum_crc32=expected)
    assert between(text_of(done), "ChecksumCRC32") == expected
    assert text_of(complete(world, upload, etags, checksums=sums)) == text_of(done)
    head = dict(world.s3("HEAD", "/bucket/k", {"x-amz-checksum-mode": "ENABLED"}).headers)
    assert (head["x-amz-checksum-crc32"], head["x-amz-checksum-type"]) == (expected, kind)


def test_a_part_with_a_wrong_checksum_is_not_kept(world: Inside) -> None:
    upload = begin(world, x_amz_checksum_algorithm="CRC32")
    assert outcome(part(world, upload, 1, b"x", x_amz_checksum_crc32=crc(b"y"))) == (400, "BadDigest")
    assert "<Part>" not in text_of(world.s3("GET", f"/bucket/k?uploadId={upload}"))


@pytest.mark.parametrize("number", ["0", "10001", "x", "-1", "99999999999999999999"])
def test_a_parts_number_is_1_to_10000(world: Inside, number: str) -> None:
    assert outcome(part(world, begin(world), number, b"")) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<CompleteMultipartUpload/>",
        "<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></Part></CompleteMultipartUpload>",
        "<Other/>",
    ],
)
def test_a_list_of_parts_that_is_none_is_refused(world: Inside, body: str) -> None:
    assert outcome(world.s3("POST", f"/bucket/k?uploadId={begin(world)}", {}, body.encode())) == (400, "MalformedXML")


@pytest.mark.parametrize(("algorithm", "kind"), [("MD5", ""), ("SHA1", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")])
def test_a_checksum_that_s3_does_not_have_is_refused(world: Inside, algorithm: str, kind: str) -> None:
    headers = {"x-amz-checksum-algorithm": algorithm} | ({"x-amz-checksum-type": kind} if kind else {})
    assert outcome(world.s3("POST", "/bucket/k?uploads", headers)) == (400, "InvalidRequest")


def test_an_upload_that_is_not_there_takes_nothing(world: Inside) -> None:
    upload = begin(world)
    for method, target in (
        ("PUT", "/bucket/k?partNumber=1&uploadId=other"),
        ("PUT", f"/bucket/other?partNumber=1&uploadId={upload}"),
        ("GET", "/bucket/k?uploadId=other"),
        ("DELETE", "/bucket/k?uploadId=other"),
    ):
        assert outcome(world.s3(method, target)) == (404, "NoSuchUpload")


def test_a_range_of_a_copied_part_lies_inside_the_source(world: Inside) -> None:
    world.s3("PUT", "/bucket/source", {}, b"0123456789")
    upload = begin(world)
    for asked in ("bytes=0-10", "bytes=5-4", "0-1", "bytes=-5"):
        headers = {"x-amz-copy-source": "bucket/source", "x-amz-copy-source-range": asked}
        assert outcome(world.s3("PUT", f"/bucket/k?partNumber=1&uploadId={upload}", headers)) == (400, "InvalidArgument")
