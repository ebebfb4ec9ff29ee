import json

from tests.unit.review.test_signs import PROVIDER, READ, TLS, document, inventory, trust

from bucketpass.compile import Target
from bucketpass.errors import Severity
from bucketpass.review import ReviewedResource, inventory_of, review


def codes(*arguments: object, seconds: float = 20.0) -> list[str]:
    return [finding.code for finding in review(inventory(*arguments), seconds=seconds)]  # type: ignore[arg-type]


def test_a_role_and_bucket_without_faults_have_one_remark_left() -> None:
    assert codes(trust(), READ, document(TLS)) == ["no-public-access-block"]


def test_errors_come_first_and_each_has_its_example() -> None:
    found = review(inventory(trust({"StringEquals": {"acme.okta.com:aud": "a"}})))
    assert found[0].code == "trust-without-subject"
    assert any("for example" in line for line in found[0].details)
    assert [finding.severity.value for finding in found] == sorted(finding.severity.value for finding in found)


def test_what_there_was_no_time_for_is_told_and_signs_are_told_without_it() -> None:
    found = codes(trust({"StringEquals": {"acme.okta.com:aud": "a"}}), seconds=0.0)
    assert {"trust-without-subject", "plain-http", "not-reviewed"} <= set(found)


def test_a_policy_on_another_bucket_is_an_error_where_all_is_known() -> None:
    other = {**READ, "Resource": ["arn:aws:s3:::other", "arn:aws:s3:::other/*"]}
    assert "policy-for-other-bucket" in codes(trust(), other)


def test_a_part_of_an_account_says_nothing_of_what_is_not_in_it() -> None:
    role = ReviewedResource(
        "iam.Role", "r", {"name": "r", "assumeRolePolicy": json.dumps({"Version": "2012-10-17", "Statement": [trust()]})}
    )
    part = inventory_of([role], Target("111122223333", "eu-west-1"), whole=False)
    assert {finding.code for finding in review(part)} & {"no-oidc-provider", "provider-not-found"} == set()


def test_what_matches_no_request_is_named_at_once_without_a_proof() -> None:
    wrong = {**READ, "Action": ["s3:GetObjct", "s3:ListBucket"], "Resource": "arn:aws:s3:::b/*"}
    trusting = trust({"StringEquals": {"acme.okta.com:aud": ["a", "b"], "acme.okta.com:sub": "job"}})
    bucket = document(TLS, {**READ, "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"})
    for seconds in (0.0, 20.0):
        found = [one for one in review(inventory(trusting, wrong, bucket), seconds=seconds) if one.severity is Severity.ERROR]
        assert sorted(one.message for one in found) == [
            "statement 0 of inline policy p of r has `s3:ListBucket` on `arn:aws:s3:::b/*`, to which it does not apply",
            "statement 0 of inline policy p of r names `s3:GetObjct`, which is not an action of AWS",
            "statement 1 of bucket policy of b has `s3:GetObject` on `arn:aws:s3:::b`, to which it does not apply",
            f"trust policy of r asks for the audience `b`, and `{PROVIDER}` has the client IDs `a`",
        ]


def test_an_audience_is_looked_up_as_its_operator_compares_it() -> None:
    for operator, value, count in (("StringLike", "*", 0), ("StringEquals", "*", 1), ("StringEqualsIgnoreCase", "A", 0)):
        trusting = trust({operator: {"acme.okta.com:aud": value}, "ArnLike": {"acme.okta.com:sub": "job"}})
        assert codes(trusting, seconds=0.0).count("missing-client-id") == count, operator
    negated = trust({"StringNotEquals": {"acme.okta.com:aud": "other"}, "StringEquals": {"acme.okta.com:sub": "job"}})
    assert "missing-client-id" not in codes(negated, seconds=0.0)


def test_what_a_trust_admits_once_its_keys_are_corrected_is_said_at_once_and_as_that() -> None:
    found = {one.code: one for one in review(inventory(trust({"StringLike": {"https://acme.okta.com:sub": "*"}})))}
    assert "nobody gets in" in found["scheme-in-key"].details[0]
    for code in ("trust-without-subject", "trust-without-audience"):
        assert found[code].message.startswith("`r`: once its keys and provider are corrected, ")
    assert not any("once" in one.message for one in review(inventory(trust({"StringLike": {"acme.okta.com:sub": "*"}}))))
