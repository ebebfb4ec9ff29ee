"""Condition keys of requests that are not known yet: what each can be, so that all of them are covered.

A key is fixed, absent, or free. A free key is a text, a list of texts, or one of finitely many kinds of value: numbers, dates
and addresses fall into the intervals between the operands that policies compare them with, and one value stands for each.

Rules: whether a key has several values, and its type, is in `requests.keys` [A]; a key that the table does not
know is a single text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from bucketpass.decide import ContextValue
from bucketpass.policy import Condition
from bucketpass.policy.operators import Family, parse_operator
from bucketpass.policy.values import Network, read_date, read_network, read_number
from bucketpass.prove.theory.formula import TRUE, Among, Flag, Formula, Matches, conjunction, disjunction
from bucketpass.prove.theory.glob import EVERYTHING, Glob
from bucketpass.prove.theory.solver import Witness
from bucketpass.requests.context import request_key
from bucketpass.requests.key import KeyType

__all__ = [
    "Absent",
    "Fixed",
    "FreeList",
    "FreeText",
    "FreeTextOrList",
    "FreeValue",
    "KeyState",
    "TextValue",
    "contains",
    "kinds_of_value",
    "present",
    "state_of",
    "text_matches",
    "value_of",
    "values_of",
]


@dataclass(frozen=True, slots=True)
class TextValue:
    """A text with an unknown end: `prefix`, then the text of `variable`."""

    variable: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """The request does not have the key."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """The key has this value in every request."""

    value: ContextValue


@dataclass(frozen=True, slots=True)
class FreeText:
    """The key is there where `present` is true, and then is any text of this form."""

    present: Formula
    text: TextValue


@dataclass(frozen=True, slots=True)
class FreeValue:
    """The key is there where `present` is true, and then is like one of `domain`: to operators of `family`, or to all."""

    present: Formula
    variable: str
    domain: tuple[str, ...]
    family: Family | None


@dataclass(frozen=True, slots=True)
class FreeList:
    """The key is there where `present` is true, and then is any list of at least one text."""

    present: Formula
    variable: str


@dataclass(frozen=True, slots=True)
class FreeTextOrList:
    """The key is there where `present` is true: any list of at least two texts where `several` is, else any text."""

    present: Formula
    several: Flag
    text: TextValue
    variable: str


KeyState = Absent | Fixed | FreeText | FreeValue | FreeList | FreeTextOrList

_BOOLEANS = ("false", "true")
# Keys that have few values in truth, the usual one first: S3 supports no other versions of TLS, encryptions and locks, and refuses a
# request that names another [A: Amazon S3 API reference, PutObject; "Amazon S3 Signature Version 4 Authentication Specific Policy Keys"].
_KNOWN_VALUES = {
    "aws:securetransport": ("true", "false"),
    "s3:tlsversion": ("1.2", "1.3", "1.1", "1.0"),
    "s3:authtype": ("REST-HEADER", "REST-QUERY-STRING", "POST"),
    "s3:x-amz-server-side-encryption": ("AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"),
    "s3:x-amz-server-side-encryption-customer-algorithm": ("AES256",),
    "s3:object-lock-mode": ("GOVERNANCE", "COMPLIANCE"),
    "s3:object-lock-legal-hold": ("ON", "OFF"),
}
_MOST_DIGITS = {Family.NUMERIC: 100, Family.DATE: 14}
_FAMILIES = {KeyType.BOOL: Family.BOOL, KeyType.DATE: Family.DATE, KeyType.IP: Family.IP, KeyType.NUMERIC: Family.NUMERIC}


def kinds_of_value(key: str, conditions: Iterable[Condition]) -> tuple[Family | None, tuple[str, ...]] | None:
    """A value of each kind, for a key whose values can be listed, and which operators they are the same to; None for text.

    `conditions` are all those on the key: between two operands that they compare with, all values are alike.
    """
    if (few := _KNOWN_VALUES.get(key.lower())) is not None:
        return None, few
    operators = [(operator, line.values) for line in conditions if (operator := parse_operator(line.operator)) is not None]
    known = request_key(key)
    typed = None if known is None else _FAMILIES.get(known.type)
    used = {operator.base.family for operator, _ in operators} & set(_VALUES)
    family = typed or (used.pop() if len(used) == 1 else None)
    if family is None:
        return None
    if typed is Family.BOOL:
        return None, _BOOLEANS
    operands = [value for operator, values in operators if operator.base.family is family for value in values]
    if any(_is_out_of_reason(family, operand) for operand in operands):
        return None
    # A key of that type always can be read as one; a claim or a tag can be anything.
    return family, values_of(family, operands) + (() if typed else ("unreadable",))


def _is_out_of_reason(family: Family, operand: str) -> bool:
    """Whether a number is too large to compare exactly: a policy from elsewhere may have any."""
    number = read_number(operand) if family in (Family.NUMERIC, Family.DATE) else None
    most = _MOST_DIGITS[family] if number is not None else 0
    return number is not None and bool(number) and (abs(number.adjusted()) > most or len(number.as_tuple().digits) > most)


def values_of(family: Family, operands: Iterable[str]) -> tuple[str, ...]:
    """A value for each way in which values can compare with `operands`."""
    return tuple(_VALUES[family](tuple(operands)))


def _numbers(operands: Sequence[str]) -> Iterable[str]:
    marks = sorted({number for operand in operands if (number := read_number(operand)) is not None and number.is_finite()})
    with localcontext(prec=4 * _MOST_DIGITS[Family.NUMERIC]):
        return [f"{value:f}" for value in _between(marks, Decimal(1), Decimal(0))]


def _dates(operands: Sequence[str]) -> Iterable[str]:
    marks = sorted({Decimal(date) for operand in operands if (date := read_date(operand)) is not None})
    day = Decimal(24 * 60 * 60 * 1000)
    now = Decimal(int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000))
    return map(_written_date, _between(marks, day, now))


def _written_date(milliseconds: Decimal) -> str:
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(milliseconds))
    except OverflowError:
        # Before the first year or after the last that can be written: seconds have no end.
        return f"{milliseconds / 1000:f}"
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def _between(marks: Sequence[Decimal], step: Decimal, anywhere: Decimal) -> Iterable[Decimal]:
    """Each mark, and something before, between and after them: whole steps where there is room."""
    if not marks:
        yield anywhere
        return
    yield marks[0] - step
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        yield mark
        if following is None or following - mark > step:
            yield mark + step
        elif following - mark > 1 or step == 1:
            yield (mark + following) / 2


def _addresses(operands: Sequence[str]) -> Iterable[str]:
    networks = [network for operand in operands if (network := read_network(operand)) is not None]
    yield from map(str, map(IPv4Address, _edges([network for network in networks if isinstance(network, IPv4Network)], 2**32)))
    mapped = range(0xFFFF << 32, (0xFFFF << 32) + 2**32)
    for edge in _edges([network for network in networks if not isinstance(network, IPv4Network)], 2**128):
        # An IPv4-mapped address of a request is its IPv4 address [L], which is covered above.
        yield str(IPv6Address(edge if edge not in mapped else mapped.stop))


def _edges(networks: Sequence[Network], end: int) -> Iterable[int]:
    """The first address of each run of addresses that are in the same networks."""
    starts = {int(network.network_address) for network in networks}
    afters = {int(network.broadcast_address) + 1 for network in networks}
    return sorted({0, *starts, *(after for after in afters if after < end)})


_VALUES: dict[Family, Callable[[Sequence[str]], Iterable[str]]] = {
    Family.BOOL: lambda operands: _BOOLEANS,
    Family.NUMERIC: _numbers,
    Family.DATE: _dates,
    Family.IP: _addresses,
}


def present(state: KeyState) -> Formula:
    """True where the key is there."""
    match state:
        case Absent():
            return disjunction()
        case Fixed():
            return TRUE
        case FreeText(there) | FreeValue(there) | FreeList(there) | FreeTextOrList(there):
            return there


def text_matches(text: TextValue, glob: Glob) -> Formula:
    """True where `text` matches `glob`."""
    if glob == EVERYTHING:
        return TRUE
    if not text.prefix:
        return Matches(text.variable, glob)
    return disjunction(*(Matches(text.variable, rest) for rest in _after(glob, text.prefix)))


@lru_cache(maxsize=65536)
def _after(glob: Glob, prefix: str) -> tuple[Glob, ...]:
    return glob.after(prefix)


def contains(members: Iterable[str], state: FreeValue) -> Formula:
    """True where the key is there and is like one of `members` of its domain."""
    return conjunction(state.present, Among(state.variable, frozenset(members)))


def state_of(key: str, value: ContextValue | TextValue | None, lines: tuple[Condition, ...], name: str, *, always: bool) -> KeyState:
    """Return the state of a key: Absent for None, Fixed for a value; for a text that is not known, what `lines` tell apart of it."""
    if value is None:
        return Absent()
    if not isinstance(value, TextValue):
        return Fixed(value)
    there = TRUE if always else Flag(f"{name}{key} is present")
    known = request_key(key)
    if (known is not None and known.multivalued) or key.endswith(":amr"):
        return FreeList(there, value.variable)
    kinds = kinds_of_value(key, lines) if not value.prefix else None
    return FreeText(there, value) if kinds is None else FreeValue(there, value.variable, kinds[1], kinds[0])


def value_of(state: KeyState, witness: Witness) -> ContextValue | None:
    """Return the value that the key has in the request that the witness is; None where it is not there."""
    if isinstance(state, FreeTextOrList):
        if not witness.flags.get(state.several.name, False):
            return value_of(FreeText(state.present, state.text), witness)
        elements = value_of(FreeList(state.present, state.variable), witness)
        return elements if elements is None or len(elements) > 1 else (*elements, *elements)
    match state:
        case Absent():
            return None
        case Fixed(value):
            return value
        case FreeText(there, text) if _is_there(there, witness):
            written = witness.texts.get(text.variable, "")
            return text.prefix + written if isinstance(written, str) else None
        case FreeValue(there, variable, domain) if _is_there(there, witness):
            return witness.values.get(variable, domain[0])
        case FreeList(there, variable) if _is_there(there, witness):
            elements = witness.texts.get(variable, ())
            return elements if isinstance(elements, tuple) and elements else ("x",)
    return None


def _is_there(there: Formula, witness: Witness) -> bool:
    return witness.flags.get(there.name, False) if isinstance(there, Flag) else there == TRUE
