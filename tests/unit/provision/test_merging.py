"""What is added to buckets and keys that others own."""

import json

import pytest

from bucketpass.errors import ProvisionError, QuotaError
from bucketpass.policy.shared import others
from bucketpass.provision.merging import marked_rules, merged_key_policy, merged_policy

MARK = "Bucketpass0a1b2c3d"
THEIRS = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
OURS = {"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


def policy(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_ours_are_marked_and_theirs_stay() -> None:
    merged, words = merged_policy("data", policy(THEIRS), None, MARK)
    assert "1 statement of others in its policy stay as they are (Theirs)" in words
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
