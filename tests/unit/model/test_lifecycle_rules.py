import pytest

from bucketpass.model import LifecycleRule, StorageClass
from bucketpass.model.lifecycle_rules import lifecycle_mistakes

IA, COLD, DEEP = StorageClass.STANDARD_IA, StorageClass.GLACIER, StorageClass.DEEP_ARCHIVE


@pytest.mark.parametrize(
    ("rule", "path", "words"),
    [
        (LifecycleRule("a/"), "", "does nothing"),
        (LifecycleRule(tags={"a": "b"}), "", "does nothing"),
        (LifecycleRule(keep_old_versions=3), ".keep_old_versions", "not after how many days"),
        (LifecycleRule(transitions={IA: 29}), ".transitions.STANDARD_IA", "before 30"),
        (LifecycleRule(old_transitions={IA: 0}), ".old_transitions.STANDARD_IA", "before 30"),
        (LifecycleRule(transitions={COLD: 90}, expire_days=90), ".transitions.GLACIER", "expire after 90"),
        (LifecycleRule(old_transitions={COLD: 9}, expire_old_versions_days=5), ".old_transitions.GLACIER", "expire after 5"),
        (LifecycleRule(transitions={DEEP: 30, COLD: 90}), ".transitions.DEEP_ARCHIVE", "from the nearer class only"),
    ],
)
def test_a_rule_that_s3_refuses_is_told(rule: LifecycleRule, path: str, words: str) -> None:
    found = [(mistake.place.path, mistake.message) for mistake in lifecycle_mistakes("b.lifecycle.rules[0]", rule)]
    assert [(place, words in message) for place, message in found] == [(f"b.lifecycle.rules[0]{path}", True)], found


@pytest.mark.parametrize(
    "rule",
    [
        LifecycleRule("a/", expire_days=1),
        LifecycleRule(transitions={IA: 30, COLD: 90, DEEP: 180}, expire_days=365),
        LifecycleRule(transitions={COLD: 0}),
        LifecycleRule(expire_old_versions_days=1, keep_old_versions=100),
    ],
)
def test_a_rule_that_s3_takes_has_no_mistake(rule: LifecycleRule) -> None:
    assert list(lifecycle_mistakes("b.lifecycle.rules[0]", rule)) == []
