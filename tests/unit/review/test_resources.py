import pytest

from bucketpass.review.resources import ReviewedResource, camel, short


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
