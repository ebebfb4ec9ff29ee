"""Texts read as numbers, dates, addresses, bytes and ARNs, as condition operators read them. None: it cannot be read.

Rules ([L] observed on live AWS): decimals are exact; a leading `+` and zeros are accepted; dates count to the millisecond;
an IPv4-mapped request address is its IPv4 address, while a policy's network keeps its family; host bits of an IPv4 network
are ignored, and an IPv6 network that has some matches nothing.
"""

from __future__ import annotations

import binascii
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

__all__ = ["Address", "Network", "read_address", "read_bytes", "read_date", "read_network", "read_number"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NUMBER_CHARACTERS = frozenset("+-.0123456789eE")
_DATE_CHARACTERS = frozenset("+-.:0123456789TZtz")
_ISO_LENGTHS = {len("2026-01"): "-01", len("2026"): "-01-01"}


def read_number(text: str) -> Decimal | None:
    """The number that `text` is."""
    if not text or not _NUMBER_CHARACTERS.issuperset(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def read_date(text: str) -> int | None:
    """The instant that `text` is, in milliseconds since 1970: an ISO 8601 date and time (UTC where none is said), or seconds."""
    if not text or not _DATE_CHARACTERS.issuperset(text):
        return None
    seconds = read_number(text)
    if seconds is not None:
        return int(seconds * 1000) if seconds.adjusted() < 18 else None
    if "-" not in text[1:]:
        return None
    day, separator, time = text.upper().partition("T")
    try:
        instant = datetime.fromisoformat(day + _ISO_LENGTHS.get(len(day), "") + separator + time)
    except ValueError:
        return None
    aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


@lru_cache(maxsize=4096)
def read_address(text: str) -> Address | None:
    """The address of a request; an IPv4-mapped IPv6 address is the IPv4 address."""
    if "%" in text:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def read_network(text: str) -> Network | None:
    """The network of a policy value, `10.0.0.0/8` or one address."""
    address, slash, size = text.partition("/")
    if "%" in text or (slash and not (size.isascii() and size.isdigit())):
        return None
    try:
        if ":" in address:
            return IPv6Network(text, strict=True)
        return IPv4Network(text, strict=False)
    except ValueError:
        return None


def read_bytes(text: str) -> bytes | None:
    """The bytes that the base64 `text` holds."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None
