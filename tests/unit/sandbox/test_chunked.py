import hmac
from hashlib import sha256
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.sandbox.chunked import AwsChunkedBody, ChunkSigner
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.sigv4 import Scope

KEY, DATE, SCOPE, SEED = b"key", "20260101T000000Z", Scope("20260101", "us-east-1", "s3"), "0" * 64
EMPTY = sha256(b"").hexdigest()


def signer() -> ChunkSigner:
    return ChunkSigner(KEY, DATE, SCOPE, SEED)


def signature(previous: str, *lines: str, kind: str = "AWS4-HMAC-SHA256-PAYLOAD") -> str:
    return hmac.new(KEY, "\n".join((kind, DATE, str(SCOPE), previous, *lines)).encode(), sha256).hexdigest()


def signed_body(chunks: list[bytes], trailers: bytes | None = None) -> bytes:
    previous, body = SEED, b""
    for chunk in [*chunks, b""]:
        previous = signature(previous, EMPTY, sha256(chunk).hexdigest())
        body += b"%x;chunk-signature=%s\r\n" % (len(chunk), previous.encode()) + chunk + (b"\r\n" if chunk else b"")
    if trailers is not None:
        canonical = trailers.replace(b"\r\n", b"\n")
        last = signature(previous, sha256(canonical).hexdigest(), kind="AWS4-HMAC-SHA256-TRAILER")
        body += trailers + b"x-amz-trailer-signature:" + last.encode() + b"\r\n"
    return body + b"\r\n"


def read(data: bytes, length: int, *, signed: bool = True, trailers: bool = False) -> tuple[bytes, dict[str, str]]:
    body = AwsChunkedBody(BytesIO(data), length, signer() if signed else None, trailers)
    return body.read(), body.trailers


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=5))
def test_signed_chunks_are_put_together(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    assert read(signed_body(chunks), len(whole)) == (whole, {})


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=5), st.integers(1, 7))
def test_it_does_not_matter_in_which_pieces_a_body_is_read(chunks: list[bytes], size: int) -> None:
    whole = b"".join(chunks)
    plain = b"".join(b"%x\r\n" % len(chunk) + chunk + b"\r\n" for chunk in chunks) + b"0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"
    for body in (
        AwsChunkedBody(BytesIO(plain), len(whole), None, True),
        AwsChunkedBody(BytesIO(signed_body(chunks, b"x-amz-checksum-crc32:AAAA\r\n")), len(whole), signer(), True),
    ):
        pieces = []
        while piece := body.read(size):
            assert len(piece) <= size
            pieces.append(piece)
        assert (b"".join(pieces), body.trailers) == (whole, {"x-amz-checksum-crc32": "AAAA"})


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace(b"abc", b"abd"),
        lambda body: body.replace(b"def", b"dex"),
        lambda body: body[body.index(b"3;", 1) :],
        lambda body: body.replace(b"x-amz-checksum-crc32:AAAA", b"x-amz-checksum-crc32:AAAB"),
    ],
    ids=["first chunk", "second chunk", "first chunk left out", "trailer"],
)
def test_a_change_in_a_signed_body_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    good = signed_body([b"abc", b"def"], b"x-amz-checksum-crc32:AAAA\r\n")
    assert read(good, 6, trailers=True)[0] == b"abcdef"
    with pytest.raises(AwsError) as refused:
        read(change(good), 6, trailers=True)
    assert refused.value.code == "SignatureDoesNotMatch"


def test_trailers_without_their_signature_are_refused() -> None:
    good = signed_body([b"abc"], b"x-amz-checksum-crc32:AAAA\r\n")
    start = good.index(b"x-amz-trailer-signature")
    for cut in (good[:start] + b"\r\n", good[: good.index(b"x-amz-checksum")] + b"\r\n"):
        with pytest.raises(AwsError) as refused:
            read(cut, 3, trailers=True)
        assert refused.value.code == "SignatureDoesNotMatch"


def test_a_trailer_after_the_signature_is_refused() -> None:
    good = signed_body([b"abc"], b"x-amz-checksum-crc32:AAAA\r\n")
    with pytest.raises(AwsError):
        read(good[:-2] + b"x-amz-checksum-sha1:BBBB\r\n\r\n", 3, trailers=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"3\r\nab",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"zz\r\nabc\r\n",
        b"3;x=1\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabc\r\n0\r\nno colon\r\n\r\n",
        b"1" * 9000,
    ],
)
def test_a_body_that_is_not_in_form_is_refused(data: bytes) -> None:
    with pytest.raises(AwsError) as refused:
        read(data, 3, signed=False, trailers=True)
    assert refused.value.code == "IncompleteBody"


@pytest.mark.parametrize("length", [2, 4])
def test_a_body_is_as_long_as_was_announced(length: int) -> None:
    with pytest.raises(AwsError) as refused:
        read(b"3\r\nabc\r\n0\r\n\r\n", length, signed=False)
    assert refused.value.code == "IncompleteBody"


def test_chunks_without_signatures_are_not_signed_chunks() -> None:
    with pytest.raises(AwsError):
        read(b"3\r\nabc\r\n0\r\n\r\n", 3, signed=True)
    with pytest.raises(AwsError):
        read(signed_body([b"abc"]), 3, signed=False)


def test_a_signed_chunk_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(AwsError):
        read(b"40000000;chunk-signature=" + b"0" * 64 + b"\r\n", 2**31)
