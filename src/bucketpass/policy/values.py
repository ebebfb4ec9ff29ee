"""Texts read as numbers, dates, addresses, bytes and ARNs, as condition operators read them. None: it cannot be read.

Rules ([L] observed on live AWS): decimals are exact; a leading `+` and zeros are accepted, also in octets and prefix lengths;
dates count to the millisecond; base64 is canonical, so that `YR==` does not decode. An IPv4-mapped request address is its IPv4
address, while a policy's network keeps its family; no other address has an IPv4 tail. Host bits of an IPv4 network are
ignored, and an IPv6 network that has some matches nothing.
"""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

__all__ = ["Address", "Network", "read_address", "read_bytes", "read_date", "read_network", "read_number"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NUMBER_CHARACTERS = frozenset("+-.0123456789eE")
_DATE_CHARACTERS = frozenset("+-.:0123456789TZtz")
_OCTET = re.compile(r"0*[0-9]{1,3}")
_PREFIX_LENGTH = re.compile(r"\+?0*[0-9]{1,3}")
_GROUP = re.compile(r"[0-9A-Fa-f]{0,4}")
_GROUPS = 8
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
    if ":" not in text:
        return _ipv4(text)
    address = _ipv6(text, dotted=True)
    return address and (address.ipv4_mapped or address)


def read_network(text: str) -> Network | None:
    """The network of a policy value, `10.0.0.0/8` or one address."""
    host, slash, size = text.partition("/")
    address = _ipv6(host, dotted=False) if ":" in host else _ipv4(host)
    if address is None or (slash and not _PREFIX_LENGTH.fullmatch(size)):
        return None
    bits = int(size) if slash else address.max_prefixlen
    if bits > address.max_prefixlen:
        return None
    if isinstance(address, IPv4Address):
        return IPv4Network((int(address), bits), strict=False)
    network = IPv6Network((int(address), bits), strict=False)
    return network if network.network_address == address else None


def _ipv4(text: str) -> IPv4Address | None:
    octets = [int(octet) for octet in text.split(".") if _OCTET.fullmatch(octet)]
    if text.count(".") != 3 or len(octets) != 4 or max(octets) > 255:
        return None
    return IPv4Address(bytes(octets))


def _ipv6(text: str, *, dotted: bool) -> IPv6Address | None:
    """Groups of hexadecimal digits, one run of zeros left out; the last two may be an IPv4 address where that is mapped.

    An empty group beside a colon too many is zero, but nothing at the end of the text or before the run [L].
    """
    head, run, tail = text.partition("::")
    if "::" in tail:
        return None
    before, after = _groups(head, dotted=dotted and not run), _groups(tail, dotted=dotted)
    if before is None or after is None:
        return None
    missing = _GROUPS - len(before) - len(after)
    if missing < 0 or (missing > 0) is not bool(run):
        return None
    address = IPv6Address(b"".join(group.to_bytes(2, "big") for group in (*before, *[0] * missing, *after)))
    return address if "." not in text or address.ipv4_mapped else None


def _groups(text: str, *, dotted: bool) -> list[int] | None:
    groups = text.rstrip(":").split(":")
    if groups == [""]:
        return []
    last: list[int] = []
    if dotted and "." in groups[-1]:
        address = _ipv4(groups.pop())
        if address is None:
            return None
        last = [int(address) >> 16, int(address) & 0xFFFF]
    if not all(_GROUP.fullmatch(group) for group in groups):
        return None
    return [*(int(group or "0", 16) for group in groups), *last]


def read_bytes(text: str) -> bytes | None:
    """The bytes that the base64 `text` holds."""
    try:
        found = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None
    return found if binascii.b2a_base64(found, newline=False).decode() == text else None
