"""Operands of conditions that AWS cannot read: it stores no identity or resource policy that has one.

Rules [L]: numbers, dates, addresses, base64 and ARNs must be readable; Bool and Null take any text. A session policy is stored
whatever its operands are, but for malformed base64. An ARN operand may have variables, which have no value yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bucketpass.policy.document import Condition
from bucketpass.policy.operators import Family, parse_operator
from bucketpass.policy.pattern import Variable, arn_components, parse_pattern
from bucketpass.policy.values import read_bytes, read_date, read_network, read_number

__all__ = ["unreadable_operands"]

_READERS: Mapping[Family, Callable[[str], object | None]] = {
    Family.NUMERIC: read_number,
    Family.DATE: read_date,
    Family.IP: read_network,
    Family.BINARY: read_bytes,
}
WORDS: Mapping[Family, str] = {
    Family.NUMERIC: "a number",
    Family.DATE: "a date such as 2026-01-31T00:00:00Z",
    Family.IP: "an address or a network such as 203.0.113.0/24",
    Family.BINARY: "base64",
    Family.ARN: "an ARN of six parts such as arn:aws:iam::*:role/*",
}


def unreadable_operands(condition: Condition, *, variables: bool, in_session_policy: bool) -> tuple[str, tuple[str, ...]]:
    """What an operand must be, and those of `condition` that are not."""
    operator = parse_operator(condition.operator)
    family = operator.base.family if operator is not None else Family.STRING
    if family not in WORDS or (in_session_policy and family is not Family.BINARY):
        return "", ()
    if family is Family.ARN:
        unreadable = tuple(value for value in condition.values if not _is_arn(value, variables=variables))
    else:
        read = _READERS[family]
        unreadable = tuple(value for value in condition.values if read(value) is None)
    return WORDS[family], unreadable


def _is_arn(text: str, *, variables: bool) -> bool:
    parts = parse_pattern(text, variables=variables)
    return any(isinstance(part, Variable) for part in parts) or arn_components(parts) is not None
