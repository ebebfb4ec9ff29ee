"""Headers that are condition keys, as one text."""

import msgspec

from bucketpass.requests.keys import KEYS
from bucketpass.usage.headers import HeaderParameters, header_text


def test_the_same_headers_are_the_same_text() -> None:
    one = msgspec.json.decode(b'{"x-amz-acl": "private", "if-match": "e", "x-amz-meta-a": "b"}', type=HeaderParameters)
    assert header_text(one) == '{"if-match": "e", "x-amz-acl": "private"}'
    assert header_text(HeaderParameters()) == "{}"


def test_every_header_that_is_a_condition_key_of_an_object_is_kept() -> None:
    kept = {field.encode_name for field in msgspec.structs.fields(HeaderParameters)}
    named = {row.name.removeprefix("s3:") for row in KEYS if row.name.startswith(("s3:x-amz-", "s3:if-", "s3:object-lock-"))}
    # The source of a copy has columns of its own; a hash of the body is in no log; retention days are computed by S3.
    elsewhere = {"x-amz-copy-source", "x-amz-content-sha256", "object-lock-remaining-retention-days"}
    assert {name if name.startswith(("x-amz-", "if-")) else f"x-amz-{name}" for name in named - elsewhere} <= kept
