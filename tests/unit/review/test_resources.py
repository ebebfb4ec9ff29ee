import pytest

from bucketpass.review.resources import NO_DIGITS, ReviewedResource, camel, compared, short


@pytest.mark.parametrize(
    ("token", "name"),
    [("aws:iam/role:Role", "iam.Role"), ("aws:s3/bucketPolicy:BucketPolicy", "s3.BucketPolicy"), ("aws:s3/bucketV2:BucketV2", "s3.Bucket")],
)
def test_a_token_has_a_short_name(token: str, name: str) -> None:
    assert short(token) == name


def test_terraforms_names_become_pulumis() -> None:
    assert camel("assume_role_policy") == "assumeRolePolicy"


def test_a_document_is_text_whichever_way_it_was_given() -> None:
    one = ReviewedResource("iam.Role", "r", {"assumeRolePolicy": {"Version": "2012-10-17"}, "policy": "{}", "path": 5})
    assert (one.document("assumeRolePolicy"), one.document("policy"), one.document("none")) == ('{"Version": "2012-10-17"}', "{}", None)
    assert one.text("path") == ""


def bucket(name: str = "b", **properties: object) -> ReviewedResource:
    return ReviewedResource("s3.Bucket", name, {"bucket": name, **properties})


@pytest.mark.parametrize(
    ("now", "replaces"),
    [
        (bucket(objectLockEnabled=True), ("objectLockEnabled",)),
        (bucket(objectLockEnabled=False, tags={"a": "b"}), ()),
        (ReviewedResource("s3.Bucket", "b", {"bucket": "other"}), ("bucket",)),
        (ReviewedResource("s3.Bucket", "b", {}, unknown=frozenset({"bucket"})), ()),
        (ReviewedResource("s3.Bucket", "b", {"bucket": f"b-{NO_DIGITS}"}), ()),
        (bucket("new", objectLockEnabled=True), ()),
        (ReviewedResource("iam.Role", "b", {"bucket": "other"}), ()),
    ],
)
def test_what_a_bucket_was_made_with_replaces_it(now: ReviewedResource, replaces: tuple[str, ...]) -> None:
    (found,) = compared([now], [bucket(), ReviewedResource("iam.Role", "b", {})])
    assert found.replaces == replaces
