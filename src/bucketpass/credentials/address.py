"""What in S3 is looked at: an object, or the objects below a prefix."""

from __future__ import annotations

from typing import NamedTuple

from bucketpass.errors import InvalidInput

__all__ = ["Address", "parse_address"]


class Address(NamedTuple):
    """An object, or a prefix where `key` is empty or ends with a slash."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def is_prefix(self) -> bool:
        """Whether it is listed, and not read."""
        return not self.key or self.key.endswith("/")


def parse_address(text: str) -> Address:
    """The address spelled `s3://BUCKET/KEY`. Raises InvalidInput."""
    scheme, _, rest = text.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise InvalidInput(f"`{text}` is not an S3 address", remedy="expected s3://BUCKET/PREFIX/ to list, or s3://BUCKET/KEY to read")
    return Address(bucket, key)
