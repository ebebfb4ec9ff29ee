"""Names that a bucket may have."""

import pytest

from bucketpass.aws.names import RESERVED_PREFIXES, RESERVED_SUFFIXES, is_bucket_name, reserved_affix


@pytest.mark.parametrize("name", ["abc", "a.b-c", "0" * 63, "my.mrap.bucket", "s3alias"])
def test_names_that_s3_takes(name: str) -> None:
    assert is_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "0" * 64,
        "A",
        "a_b",
        "a..b",
        "-ab",
        "ab-",
        "192.0.2.1",
        *(f"{one}x" for one in RESERVED_PREFIXES),
        *(f"x{one}" for one in RESERVED_SUFFIXES),
    ],
)
def test_names_that_s3_refuses(name: str) -> None:
    assert not is_bucket_name(name)


def test_a_reserved_affix_is_named() -> None:
    assert (reserved_affix("x--x-s3"), reserved_affix("xn--x"), reserved_affix("x")) == ("--x-s3", "xn--", None)
