"""Resources and conditions, read as parts of a bucket."""

import pytest

from bucketpass.policy import Condition
from bucketpass.provision.adoption.parts import BucketPart, bucket_part, fenced_tags, listed_part, listed_parts

TENANT, TEAM = "${aws:PrincipalTag/tenant}", "${aws:PrincipalTag/team}"


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ("", BucketPart("data")),
        ("/raw/*", BucketPart("data", "raw/")),
        ("/raw/1", BucketPart("data", key="raw/1")),
        (f"/t/{TENANT}/*", BucketPart("data", "t/", per="tenant")),
        (f"/{TENANT}/models/{TEAM}/*", BucketPart("data", per="{tenant}/models/{team}")),
        (f"/t/{TENANT}/out/*.csv", BucketPart("data", "t/", keys=("*.csv",), per="{tenant}/out")),
        ("/", None),  # the object whose key is empty, which there is not
        (f"/t/{TENANT}*", None),
        (f"/t{TENANT}/*", None),
        (f"/t/x-{TENANT}/*", None),
        (f"/t/{TENANT}/", None),
        (f"/*/{TENANT}/*", None),
        ("/${aws:PrincipalTag/tenant, 'acme'}/*", None),
        ("/${aws:username}/*", None),
    ],
)
def test_an_arn_is_the_part_that_a_grant_has(keys: str, part: BucketPart | None) -> None:
    assert bucket_part(f"arn:aws:s3:::data{keys}") == part


def test_a_listing_below_a_tag_is_the_part_that_its_grant_lists() -> None:
    condition = Condition("StringLike", "s3:prefix", (f"t/{TENANT}/a*",))
    part = BucketPart("data", "t/", keys=("a*.csv",), per="tenant")
    assert listed_parts("data", (condition,)) == {listed_part(part)}


def test_only_a_tag_with_the_whole_fence_is_fenced() -> None:
    there = Condition("StringLike", "aws:PrincipalTag/tenant", ("?*",))
    one_folder = Condition("StringNotLike", "aws:PrincipalTag/tenant", ("*${*}*", "*${?}*", "*/*"))
    assert fenced_tags((there, one_folder), "aws:principaltag/") == (frozenset({"tenant"}), ())
    assert fenced_tags((there,), "aws:principaltag/") == (frozenset(), (there,))
