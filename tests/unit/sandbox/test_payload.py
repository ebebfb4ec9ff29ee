from base64 import b64encode
from hashlib import md5, sha256

import pytest
from tests.unit.sandbox.inside import request

from bucketpass.sandbox.payload import Payload, payload_word
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.sigv4 import UNSIGNED_PAYLOAD

BODY = b"some bytes"
GOOD_MD5 = b64encode(md5(BODY).digest()).decode()
GOOD_SHA256 = b64encode(sha256(BODY).digest()).decode()


def received(headers: dict[str, str], word: str = UNSIGNED_PAYLOAD, body: bytes = BODY) -> Payload:
    payload = Payload(request("PUT", "/b/k", headers, body), word, None)
    payload.read()
    payload.finish()
    return payload


def refused(headers: dict[str, str], word: str = UNSIGNED_PAYLOAD, body: bytes = BODY) -> str:
    with pytest.raises(AwsError) as error:
        received(headers, word, body)
    return error.value.code


def test_a_body_is_held_to_the_hash_that_was_signed() -> None:
    assert received({}, sha256(BODY).hexdigest()).size == len(BODY)
    assert refused({}, sha256(b"other").hexdigest()) == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content-MD5": GOOD_MD5}, None),
        ({"Content-MD5": b64encode(md5(b"other").digest()).decode()}, "BadDigest"),
        ({"Content-MD5": "short"}, "InvalidDigest"),
        ({"x-amz-checksum-sha256": GOOD_SHA256}, None),
        ({"x-amz-checksum-sha256": b64encode(b"x" * 32).decode()}, "BadDigest"),
        ({"x-amz-checksum-sha256": "AAAA"}, "InvalidRequest"),
        ({"x-amz-checksum-sha256": GOOD_SHA256, "x-amz-checksum-sha1": b64encode(b"x" * 20).decode()}, "InvalidRequest"),
        ({"x-amz-trailer": "x-amz-checksum-md5"}, "InvalidRequest"),
    ],
)
def test_a_body_is_held_to_every_checksum(headers: dict[str, str], code: str | None) -> None:
    if code is None:
        received(headers)
    else:
        assert refused(headers) == code


def test_a_checksum_in_a_trailer_is_checked() -> None:
    def streamed(trailer: bytes) -> tuple[dict[str, str], str, bytes]:
        headers = {"x-amz-decoded-content-length": str(len(BODY)), "x-amz-trailer": "x-amz-checksum-sha256"}
        return headers, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(BODY), BODY, trailer)

    good = received(*streamed(f"x-amz-checksum-sha256:{GOOD_SHA256}\r\n".encode()))
    assert good.checksum is not None
    assert (good.checksum.algorithm, good.checksum.value) == ("SHA256", GOOD_SHA256)
    assert refused(*streamed(b"x-amz-checksum-sha256:" + b64encode(b"x" * 32) + b"\r\n")) == "BadDigest"
    assert refused(*streamed(b"")) == "MalformedTrailerError"
    assert refused(*streamed(b"x-amz-checksum-sha1:AAAA\r\n")) == "MalformedTrailerError"


def test_a_body_without_a_length_is_refused() -> None:
    assert refused({}, "STREAMING-UNSIGNED-PAYLOAD-TRAILER") == "MissingContentLength"


def test_a_setting_is_small() -> None:
    large = Payload(request("PUT", "/b?policy", {}, b"x" * (2 * 1024 * 1024 + 1)), UNSIGNED_PAYLOAD, None)
    with pytest.raises(AwsError) as error:
        large.read_setting()
    assert error.value.code == "MaxMessageLengthExceeded"


@pytest.mark.parametrize(
    ("word", "presigned", "expected"),
    [("", True, UNSIGNED_PAYLOAD), (UNSIGNED_PAYLOAD, False, UNSIGNED_PAYLOAD), ("a" * 64, False, "a" * 64)],
)
def test_what_stands_for_the_body_in_the_signature(word: str, presigned: bool, expected: str) -> None:
    headers = {"x-amz-content-sha256": word} if word else {}
    assert payload_word(request("PUT", "/b/k", headers), presigned=presigned) == expected


@pytest.mark.parametrize(("word", "code"), [("", "InvalidRequest"), ("A" * 64, "InvalidArgument"), ("STREAMING-OTHER", "InvalidArgument")])
def test_a_word_that_stands_for_nothing_is_refused(word: str, code: str) -> None:
    with pytest.raises(AwsError) as error:
        payload_word(request("PUT", "/b/k", {"x-amz-content-sha256": word} if word else {}), presigned=False)
    assert error.value.code == code
