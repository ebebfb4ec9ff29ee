"""Operators on numbers, dates, truth values, bytes and addresses: whether a request value meets any policy value.

A number, date or text of bytes that cannot be read is unequal to everything; an address of a request that cannot be read is
None, which no operator survives [L].
"""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt
from typing import Any

from bucketpass.decide.context import Context, Meets
from bucketpass.policy.operators import Comparison, Family
from bucketpass.policy.values import read_address, read_bytes, read_date, read_network, read_number

__all__ = ["MEETS"]


def _compared(read: Callable[[str], object | None]) -> Callable[[Comparison, tuple[str, ...]], Meets]:
    """Operators that compare what is read; what cannot be read is unequal to everything."""

    def compile_values(comparison: Comparison, values: tuple[str, ...]) -> Meets:
        compare = _COMPARE[comparison]
        wanted = [operand for value in values if (operand := read(value)) is not None]

        def meets(value: str, context: Context) -> bool:
            got = read(value)
            return got is not None and any(compare(got, operand) for operand in wanted)

        return meets

    return compile_values


def _bool_meets(comparison: Comparison, values: tuple[str, ...]) -> Meets:
    wanted = frozenset(value.lower() == "true" for value in values)
    return lambda value, context: (value.lower() == "true") in wanted


def _ip_meets(comparison: Comparison, values: tuple[str, ...]) -> Meets:
    networks = [network for value in values if (network := read_network(value)) is not None]

    def meets(value: str, context: Context) -> bool | None:
        address = read_address(value)
        return None if address is None else any(address in network for network in networks)

    return meets


_COMPARE: dict[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.EQUAL: eq,
    Comparison.LESS: lt,
    Comparison.LESS_OR_EQUAL: le,
    Comparison.GREATER: gt,
    Comparison.GREATER_OR_EQUAL: ge,
}
MEETS = {
    Family.NUMERIC: _compared(read_number),
    Family.DATE: _compared(read_date),
    Family.BINARY: _compared(read_bytes),
    Family.BOOL: _bool_meets,
    Family.IP: _ip_meets,
}
