"""The source of a copy, as CloudTrail has it."""

import pytest

from bucketpass.usage.values import copy_source


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("datasets/raw/a", ("datasets", "raw/a", None)),
        ("/datasets/raw/a%20b?versionId=v1", ("datasets", "raw/a b", "v1")),
        ("datasets%2Fraw", ("datasets", "raw", None)),
        ("datasets", (None, None, None)),
        ("", (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_bucket_key_and_version(header: str | None, expected: tuple[str | None, ...]) -> None:
    assert copy_source(header) == expected
