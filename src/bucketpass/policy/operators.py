"""Condition operators as a table: what each compares, and whether it is negated.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" [D].
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

__all__ = ["OPERATORS", "BaseOperator", "Comparison", "Family", "Operator", "SetOperator", "parse_operator"]


class Family(Enum):
    """How the values of an operator are read."""

    STRING = "string"
    NUMERIC = "numeric"
    DATE = "date"
    BOOL = "bool"
    BINARY = "binary"
    IP = "ip"
    ARN = "arn"
    NULL = "null"


class Comparison(Enum):
    """When one request value meets one policy value."""

    EQUAL = "equal"
    EQUAL_IGNORING_CASE = "equal ignoring case"
    LIKE = "like"
    LESS = "less"
    LESS_OR_EQUAL = "less or equal"
    GREATER = "greater"
    GREATER_OR_EQUAL = "greater or equal"
    IN_NETWORK = "in network"
    ABSENT = "absent"


class SetOperator(Enum):
    """How an operator reads a key that may have several values."""

    FOR_ALL_VALUES = "ForAllValues"
    FOR_ANY_VALUE = "ForAnyValue"


class BaseOperator(NamedTuple):
    """An operator without set prefix and without IfExists. A negated one holds where no policy value is met."""

    name: str
    family: Family
    comparison: Comparison
    negated: bool = False


class Operator(NamedTuple):
    """An operator as written in a policy: `ForAnyValue:StringLikeIfExists` is all three."""

    base: BaseOperator
    set_operator: SetOperator | None = None
    if_exists: bool = False


_ROWS = (
    BaseOperator("StringEquals", Family.STRING, Comparison.EQUAL),
    BaseOperator("StringNotEquals", Family.STRING, Comparison.EQUAL, negated=True),
    BaseOperator("StringEqualsIgnoreCase", Family.STRING, Comparison.EQUAL_IGNORING_CASE),
    BaseOperator("StringNotEqualsIgnoreCase", Family.STRING, Comparison.EQUAL_IGNORING_CASE, negated=True),
    BaseOperator("StringLike", Family.STRING, Comparison.LIKE),
    BaseOperator("StringNotLike", Family.STRING, Comparison.LIKE, negated=True),
    BaseOperator("NumericEquals", Family.NUMERIC, Comparison.EQUAL),
    BaseOperator("NumericNotEquals", Family.NUMERIC, Comparison.EQUAL, negated=True),
    BaseOperator("NumericLessThan", Family.NUMERIC, Comparison.LESS),
    BaseOperator("NumericLessThanEquals", Family.NUMERIC, Comparison.LESS_OR_EQUAL),
    BaseOperator("NumericGreaterThan", Family.NUMERIC, Comparison.GREATER),
    BaseOperator("NumericGreaterThanEquals", Family.NUMERIC, Comparison.GREATER_OR_EQUAL),
    BaseOperator("DateEquals", Family.DATE, Comparison.EQUAL),
    BaseOperator("DateNotEquals", Family.DATE, Comparison.EQUAL, negated=True),
    BaseOperator("DateLessThan", Family.DATE, Comparison.LESS),
    BaseOperator("DateLessThanEquals", Family.DATE, Comparison.LESS_OR_EQUAL),
    BaseOperator("DateGreaterThan", Family.DATE, Comparison.GREATER),
    BaseOperator("DateGreaterThanEquals", Family.DATE, Comparison.GREATER_OR_EQUAL),
    BaseOperator("Bool", Family.BOOL, Comparison.EQUAL),
    BaseOperator("BinaryEquals", Family.BINARY, Comparison.EQUAL),
    BaseOperator("IpAddress", Family.IP, Comparison.IN_NETWORK),
    BaseOperator("NotIpAddress", Family.IP, Comparison.IN_NETWORK, negated=True),
    BaseOperator("ArnEquals", Family.ARN, Comparison.LIKE),  # ArnEquals and ArnLike are the same [D]
    BaseOperator("ArnLike", Family.ARN, Comparison.LIKE),
    BaseOperator("ArnNotEquals", Family.ARN, Comparison.LIKE, negated=True),
    BaseOperator("ArnNotLike", Family.ARN, Comparison.LIKE, negated=True),
    BaseOperator("Null", Family.NULL, Comparison.ABSENT),
)
OPERATORS = {row.name: row for row in _ROWS}

_IF_EXISTS = "IfExists"
_SET_OPERATORS: dict[str, SetOperator | None] = {"": None} | {operator.value: operator for operator in SetOperator}


@lru_cache(maxsize=256)
def parse_operator(text: str) -> Operator | None:
    """The operator that `text` names, or None where AWS knows no such operator. Null takes no IfExists [D]."""
    prefix, colon, name = text.rpartition(":")
    if prefix not in _SET_OPERATORS or bool(prefix) != bool(colon):
        return None
    if_exists = name.endswith(_IF_EXISTS)
    base = OPERATORS.get(name.removesuffix(_IF_EXISTS))
    if base is None or (if_exists and base.family is Family.NULL):
        return None
    return Operator(base, _SET_OPERATORS[prefix], if_exists)
