"""Operators by their names."""

import pytest

from bucketpass.policy.operators import OPERATORS, Comparison, Family, SetOperator, parse_operator


@pytest.mark.parametrize("name", sorted(set(OPERATORS) - {"Null"}))
def test_every_operator_takes_if_exists_and_both_set_prefixes(name: str) -> None:
    for prefix, set_operator in (("", None), ("ForAllValues:", SetOperator.FOR_ALL_VALUES), ("ForAnyValue:", SetOperator.FOR_ANY_VALUE)):
        for suffix in ("", "IfExists"):
            operator = parse_operator(f"{prefix}{name}{suffix}")
            assert operator is not None
            assert (operator.base.name, operator.set_operator, operator.if_exists) == (name, set_operator, suffix != "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "IfExists",
        "ForAnyValue:",
        ":StringEquals",
        "stringequals",
        "StringEqualsIfexists",
        "StringEqualsIfExistsIfExists",
        "NullIfExists",
        "StringMatches",
        "ForSomeValues:StringEquals",
        "ForAnyValue:ForAnyValue:StringEquals",
        "StringEquals ",
    ],
)
def test_what_aws_does_not_know_is_no_operator(text: str) -> None:
    assert parse_operator(text) is None


def test_negation_stands_in_the_name() -> None:
    assert {name for name, row in OPERATORS.items() if row.negated} == {name for name in OPERATORS if "Not" in name}


def test_arn_equals_and_arn_like_compare_alike() -> None:
    assert OPERATORS["ArnEquals"].comparison is OPERATORS["ArnLike"].comparison is Comparison.LIKE
    assert OPERATORS["ArnEquals"].family is Family.ARN
