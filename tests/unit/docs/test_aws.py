"""The tables as text."""

import pytest
from docs.generators.aws import LISTINGS


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("operations", "    s3:GetObject on the object, s3:GetObjectVersion where a version is named"),
        ("operations", "    s3:DeleteObject on the object, for each key, s3:DeleteObjectVersion where a version is named"),
        ("keys", f"{'aws:TagKeys':<55} String (several values)"),
        ("claims", "gitlab.com"),
        ("quotas", f"{'session_seconds':<45} 900 to 43200"),
    ],
)
def test_a_listing_has_a_line_for_each_row(name: str, line: str) -> None:
    assert line in list(LISTINGS[name]())
