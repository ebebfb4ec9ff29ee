"""Settings that several parties write: whose part is whose."""

import json

import pytest

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.shared import POLICY, RULES, TAGS, SharedSetting, marked_tags
from bucketpass.provision.embedded.values import Hidden, Value

MARK = "Bucketpass0a1b2c3d"


def policy(*sids: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": sid, "Effect": "Deny"} for sid in sids]}, separators=(",", ":"))


def rules(*names: str) -> list[Value]:
    return [{"id": name, "status": "Enabled"} for name in names]


CASES = [
    (POLICY, policy("theirs", "also"), policy(f"{MARK}Read"), policy("theirs", "also", f"{MARK}Read")),
    (RULES, rules("theirs", "also"), rules(f"{MARK}expire"), rules("theirs", "also", f"{MARK}expire")),
    (
        TAGS,
        {"owner": "lab", "cost center": "1"},
        {"team": "ml", MARK: "team"},
        {"owner": "lab", "cost center": "1", "team": "ml", MARK: "team"},
    ),
]


@pytest.mark.parametrize(("setting", "theirs", "ours", "both"), CASES, ids=["policy", "rules", "tags"])
def test_ours_are_added_told_apart_and_taken_away_again(setting: SharedSetting, theirs: Value, ours: Value, both: Value) -> None:
    assert setting.merged(theirs, ours, MARK) == both
    assert setting.merged(both, ours, MARK) == both
    assert setting.merged(None, ours, MARK) == ours
    assert setting.own(both, MARK) == ours
    assert setting.foreign(both, MARK) == theirs
    assert setting.foreign(ours, MARK) is None
    assert setting.foreign_names(both, MARK) == setting.names(theirs)
    assert setting.foreign_names(ours, MARK) == []
    assert setting.in_inputs({setting.property: both}, MARK)
    assert not setting.in_inputs({setting.property: theirs}, MARK)
    assert not setting.in_inputs({setting.property: both}, "")
    assert setting.own_alone({"a": 1, setting.property: both}, MARK) == {"a": 1, setting.property: ours}


def test_a_secret_stays_one() -> None:
    assert POLICY.own_alone({"policy": Hidden(policy("theirs", f"{MARK}Read"))}, MARK)["policy"] == Hidden(policy(f"{MARK}Read"))


def test_a_tag_that_somebody_else_set_is_not_taken_over() -> None:
    with pytest.raises(ProvisionError, match="the tag `team=lab`, which this stack did not set"):
        TAGS.merged({"team": "lab"}, marked_tags({"team": "ml"}, MARK), MARK)


@pytest.mark.parametrize("tags", [{"cost center": "1"}, {"a" * 130: "", "b" * 130: ""}])
def test_tags_that_cannot_be_listed_are_refused(tags: dict[str, str]) -> None:
    with pytest.raises(ProvisionError, match="cannot be marked"):
        marked_tags(tags, MARK)
