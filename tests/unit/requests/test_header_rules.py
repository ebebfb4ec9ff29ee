from bucketpass.requests.context import can_carry
from bucketpass.requests.header_rules import HEADER_RULES


def test_each_rule_is_about_keys_that_requests_for_its_action_carry() -> None:
    for rule in HEADER_RULES:
        assert can_carry(rule.key, rule.action), rule
        assert can_carry(rule.other, rule.action), rule


def test_what_has_to_stand_together_does_so_both_ways() -> None:
    together = {(rule.key, rule.other) for rule in HEADER_RULES if rule.values is None}
    assert together == {(other, key) for key, other in together}
