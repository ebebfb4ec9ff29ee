"""What is added to buckets and keys that others own."""

import json

import pytest

from bucketpass.errors import ProvisionError, QuotaError
from bucketpass.policy.shared import others
from bucketpass.provision.merging import denied_by_others, marked_rules, merged_key_policy, merged_policy

MARK = "Bucketpass0a1b2c3d"
THEIRS = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
OURS = {"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


def policy(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_ours_are_marked_and_theirs_stay() -> None:
    merged, words = merged_policy("data", policy(THEIRS), None, MARK)
    assert "1 statement of others in its policy stays as it is (Theirs)" in words
    assert json.loads(merged(policy(OURS)))["Statement"] == [THEIRS, {**OURS, "Sid": f"{MARK}Read"}]


def test_a_policy_that_is_not_as_declared_is_shown() -> None:
    with pytest.raises(ProvisionError, match=r"not in the declaration: .*Theirs"):
        merged_policy("data", policy(THEIRS), policy(), MARK)


def test_a_key_policy_has_its_own_size() -> None:
    merged, words = merged_key_policy("arn:key", policy(THEIRS), MARK)
    assert "down --statements arn:key" in words
    assert others(merged(policy(OURS)), MARK) == (THEIRS,)
    with pytest.raises(QuotaError, match="AWS takes 32768"):
        merged(policy({**OURS, "Resource": "x" * 33_000}))


def test_a_rule_that_deletes_what_others_have_is_warned_of() -> None:
    rules, warnings = marked_rules(
        "data", [{"id": "expire", "expiration": {"days": 1}}, {"id": "uploads", "abort_incomplete_multipart_upload": {}}], MARK
    )
    assert [rule["id"] for rule in rules] == [f"{MARK}expire", f"{MARK}uploads"]
    assert warnings == ["bucket `data` is adopted: the rule `expire` deletes what others have in it, too"]


ROLE = "arn:aws:iam::111122223333:role/trainer"
ADDED = {"Effect": "Allow", "Principal": {"AWS": [ROLE]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/raw/*"}
EXCEPT = {"Sid": "Only", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::data/*"}


def but(pattern: str) -> dict[str, object]:
    return {**EXCEPT, "Condition": {"ArnNotLike": {"aws:PrincipalArn": pattern}}}


@pytest.mark.parametrize("deny", [EXCEPT, but("arn:aws:iam::111122223333:role/admin-*")])
def test_a_statement_of_others_that_denies_what_is_granted_is_named(deny: dict[str, object]) -> None:
    (words,) = denied_by_others("data", policy(THEIRS | {"Resource": "arn:aws:s3:::other/*"}, deny), policy(ADDED), MARK)
    assert f"statement `Only` of others denies {ROLE}" in words


@pytest.mark.parametrize(
    "deny",
    [
        but("arn:aws:iam::111122223333:role/train*"),
        {**EXCEPT, "Action": "s3:DeleteBucket"},
        {**EXCEPT, "Resource": "arn:aws:s3:::data/other/*"},
        {**EXCEPT, "Sid": f"{MARK}Own"},
        {**EXCEPT, "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
    ],
)
def test_one_that_does_not_or_goes_by_the_request_is_not_named(deny: dict[str, object]) -> None:
    assert denied_by_others("data", policy(deny), policy(ADDED), MARK) == []


def test_a_bucket_without_a_policy_denies_nothing() -> None:
    assert denied_by_others("data", None, policy(ADDED), MARK) == []
