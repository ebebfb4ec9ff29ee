"""Operands that AWS stores no policy with."""

import pytest

from bucketpass.policy.document import Condition
from bucketpass.policy.operands import unreadable_operands


def unreadable(operator: str, *values: str, variables: bool = True, in_session_policy: bool = False) -> tuple[str, ...]:
    condition = Condition(operator, "k", values)
    return unreadable_operands(condition, variables=variables, in_session_policy=in_session_policy)[1]


@pytest.mark.parametrize(
    ("operator", "good", "bad"),
    [
        ("NumericEquals", ("01", "1e0", "-.5"), ("NaN", "x", "", "${k}")),
        ("DateLessThanIfExists", ("2026-01-31", "1767323045"), ("soon", "2026-13-01", "${aws:CurrentTime}")),
        ("ForAnyValue:ArnLike", ("arn:aws:iam::*:role/*", "arn:${aws:a}", "${aws:a}"), ("not-an-arn", "arn:aws:iam", "")),
        ("NotIpAddress", ("192.000.2.5/+24", "::/0"), ("nowhere", "::ffff:192.0.2.1", "2001:db8::5/64", "10.0.0.0/33")),
        ("BinaryEquals", ("YQ==", ""), ("YQ", "YR==", "no-binary")),
        ("Bool", ("true", "yes", ""), ()),
        ("Null", ("true", "x"), ()),
        ("StringEquals", ("", "*"), ()),
    ],
)
def test_each_operator_reads_its_own_operands(operator: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    assert unreadable(operator, *good, *bad) == bad


def test_a_session_policy_is_stored_whatever_it_compares_with_but_malformed_base64() -> None:
    assert unreadable("NumericEquals", "NaN", in_session_policy=True) == ()
    assert unreadable("ArnLike", "not-an-arn", in_session_policy=True) == ()
    assert unreadable("BinaryEquals", "YR==", in_session_policy=True) == ("YR==",)


def test_the_old_version_has_no_variables() -> None:
    assert unreadable("ArnLike", "${aws:a}", variables=False) == ("${aws:a}",)
