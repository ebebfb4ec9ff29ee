"""Addresses of S3, as people write them."""

import pytest

from bucketpass.credentials.address import Address, parse_address
from bucketpass.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "address", "prefix"),
    [
        ("s3://datasets/raw/", Address("datasets", "raw/"), True),
        ("s3://datasets/raw/1", Address("datasets", "raw/1"), False),
        ("s3://datasets", Address("datasets", ""), True),
    ],
)
def test_an_address_is_listed_with_a_slash_at_its_end_and_read_without(text: str, address: Address, prefix: bool) -> None:
    assert parse_address(text) == address
    assert address.is_prefix is prefix


@pytest.mark.parametrize("text", ["datasets/raw/", "s3:///raw/", "https://datasets/raw/", ""])
def test_what_is_no_address_of_s3_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not an S3 address"):
        parse_address(text)
