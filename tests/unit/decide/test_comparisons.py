"""Operators on what is read."""

import pytest

from bucketpass.decide.comparisons import MEETS
from bucketpass.policy.operators import Comparison, Family


@pytest.mark.parametrize(
    ("family", "comparison", "value", "wanted", "expected"),
    [
        (Family.NUMERIC, Comparison.EQUAL, "010", ("10.0",), True),
        (Family.NUMERIC, Comparison.LESS, "9", ("10", "x"), True),
        (Family.NUMERIC, Comparison.EQUAL, "x", ("x",), False),
        (Family.NUMERIC, Comparison.GREATER_OR_EQUAL, "10", ("10",), True),
        (Family.DATE, Comparison.GREATER, "2026-01-02", ("2026-01-01T23:59:59.999Z",), True),
        (Family.BOOL, Comparison.EQUAL, "TRUE", ("true",), True),
        (Family.BOOL, Comparison.EQUAL, "yes", ("false",), True),
        (Family.BINARY, Comparison.EQUAL, "QUI=", ("QUI=",), True),
        (Family.BINARY, Comparison.EQUAL, "?", ("?",), False),
        (Family.IP, Comparison.IN_NETWORK, "10.9.9.9", ("192.0.2.1", "10.1.2.3/8"), True),
        (Family.IP, Comparison.IN_NETWORK, "::ffff:10.0.0.1", ("::ffff:0:0/96",), False),
        (Family.IP, Comparison.IN_NETWORK, "nowhere", ("0.0.0.0/0",), None),
    ],
)
def test_a_value_meets_what_it_should(
    family: Family, comparison: Comparison, value: str, wanted: tuple[str, ...], expected: bool | None
) -> None:
    assert MEETS[family](comparison, wanted)(value, {}) is expected
