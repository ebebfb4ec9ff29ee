"""Conditions: how operators meet what a request has. The corpus holds the rules one by one."""

import pytest
from hypothesis import given
from tests.strategies import conditions

from bucketpass.decide.conditions import compile_condition, is_present
from bucketpass.errors import PolicyError
from bucketpass.policy.document import Condition, Effect
from bucketpass.policy.operators import OPERATORS, Family
from bucketpass.requests.request import ContextValue


def holds(operator: str, values: tuple[str, ...], context: dict[str, ContextValue], effect: Effect = Effect.ALLOW) -> bool:
    return compile_condition(Condition(operator, "K", values), variables=True, effect=effect)(context)


PLAIN = sorted(name for name, row in OPERATORS.items() if row.family is not Family.NULL)


@pytest.mark.parametrize("name", PLAIN)
def test_a_missing_key_is_false_for_positive_operators_and_true_for_negated_ones(name: str) -> None:
    assert holds(name, ("x",), {}) is OPERATORS[name].negated


@pytest.mark.parametrize("name", PLAIN)
def test_a_missing_key_is_true_with_if_exists_and_for_all_values_and_false_for_any_value(name: str) -> None:
    assert holds(f"{name}IfExists", ("x",), {})
    assert holds(f"ForAllValues:{name}", ("x",), {})
    assert not holds(f"ForAnyValue:{name}", ("x",), {})


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("suffix", ["", "IfExists"])
def test_a_multivalued_key_without_a_set_operator_is_false(name: str, suffix: str) -> None:
    assert not holds(name + suffix, ("x",), {"k": ("x",)})
    assert not holds(name + suffix, ("y",), {"k": ("x", "z")})


@given(condition=conditions())
def test_no_policy_values_meet_nothing(condition: Condition) -> None:
    operator = condition.operator.rpartition(":")[2].removesuffix("IfExists")
    if not OPERATORS[operator].negated:
        empty = Condition(condition.operator.removeprefix("ForAllValues:"), condition.key, ())
        assert not compile_condition(empty, variables=True, effect=Effect.ALLOW)({condition.key.lower(): "x"})


def test_an_unknown_operator_is_an_error_never_a_pass() -> None:
    with pytest.raises(PolicyError, match="unknown condition operator `StringMatches`"):
        holds("StringMatches", ("x",), {"k": "x"})


@pytest.mark.parametrize(("effect", "positive", "negated"), [(Effect.ALLOW, False, False), (Effect.DENY, True, True)])
def test_a_malformed_arn_operand_cannot_grant_but_does_deny(effect: Effect, positive: bool, negated: bool) -> None:
    context: dict[str, ContextValue] = {"k": "arn:aws:iam::111122223333:role/r"}
    assert holds("ArnLike", ("role/*",), context, effect) is positive
    assert holds("ArnNotLike", ("role/*",), context, effect) is negated


def test_components_of_an_arn_are_matched_each_on_its_own() -> None:
    context: dict[str, ContextValue] = {"k": "arn:aws:iam::111122223333:role/r:x"}
    assert holds("ArnLike", ("arn:*:iam::*:role/*",), context)
    assert not holds("ArnLike", ("arn:aws:*:role/r:x",), context)
    assert not holds("ArnEquals", ("arn:aws:iam:*:role/r:x:*",), context)


@pytest.mark.parametrize(("value", "present"), [(None, False), ((), False), ("", True), (("",), True)])
def test_an_empty_text_is_present_and_an_empty_list_is_not(value: ContextValue | None, present: bool) -> None:
    assert is_present(value) is present
