"""Texts read as numbers, dates, addresses and bytes."""

from decimal import Decimal

import pytest

from bucketpass.policy.values import read_address, read_bytes, read_date, read_network, read_number


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", Decimal(1)), ("+010.50", Decimal("10.5")), ("-0", Decimal(0)), ("0.1", Decimal("0.1"))],
)
def test_numbers_are_exact_decimals(text: str, expected: Decimal) -> None:
    assert read_number(text) == expected


@pytest.mark.parametrize("text", ["", " 1", "1_0", "NaN", "Infinity", "0x1", "\u0661", "1,0", "--1", "."])
def test_other_text_is_no_number(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.000Z",
        "2026-01-02t03:04:05z",
        "2026-01-02T04:04:05+01:00",
        "2026-01-02T03:04:05",
        "1767323045",
        "1767323045.0",
    ],
)
def test_one_instant_is_written_in_many_ways(text: str) -> None:
    assert read_date(text) == 1767323045000


def test_dates_count_to_the_millisecond() -> None:
    assert read_date("2026-01-02T03:04:05.1239Z") == 1767323045123
    assert read_date("2026-01") == read_date("2026-01-01T00:00:00Z")


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-01-02T", "2026-W01-1T", "1e999999999", "2026/01/02", "20260102T030405"])
def test_other_text_is_no_date(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("010.000.00.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("0:0:0:0:0:FFFF:10.0.0.1", "10.0.0.1"),
        ("::ffff:a00:1", "10.0.0.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        # A colon too many is an empty group, which is zero; at the end it is nothing.
        ("2001:db8:::1", "2001:db8::1"),
        ("2001:db8::1:", "2001:db8::1"),
        (":2001:db8::1", "0:2001:db8::1"),
        (":::", "::"),
        ("::", "::"),
    ],
)
def test_a_mapped_request_address_is_its_ipv4_address(text: str, expected: str) -> None:
    assert str(read_address(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "10.0.0",
        "10.0.0.",
        "10.0.0.0.1",
        "10.0.0.256",
        "10.0.0.+1",
        "10.0.0.1 ",
        "10.0.0.1/32",
        "167772161",
        "fe80::1%eth0",
        ":",
        "::10.0.0.1",
        "2001:db8::10.0.0.1",
        "::ffff:10.0.0",
        "::ffff:10.0.0.1:1",
        "10.0.0.1::",
        "::::",
        "1::2::3",
        "2001:db8::::1",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4::5:6:7:8",
        "::12345",
        "::g",
        "::ffff:::10.0.0.1",
    ],
)
def test_other_text_is_no_address(text: str) -> None:
    assert read_address(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.0.0.1", "10.0.0.1/32"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("010.000.0.0/+8", "10.0.0.0/8"),
        ("10.0.0.0/008", "10.0.0.0/8"),
        ("2001:DB8::/064", "2001:db8::/64"),
        ("2001:db8::1:", "2001:db8::1/128"),
        ("::ffff:a00:0/120", "::ffff:a00:0/120"),
        ("10.0.0.5/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_host_bits_of_an_ipv4_network_are_ignored(text: str, expected: str) -> None:
    assert str(read_network(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2001:db8::1/32",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/33",
        "10.0.0.0/",
        "",
        "fe80::1%0/128",
        "10.0.0.0/-8",
        "10.0.0.0/++8",
        "10.0.0.0/ 8",
        "10.0/8",
        "10.0.0.0/8/8",
        "::/129",
        "::ffff:10.0.0.0/120",
        "::10.0.0.1",
        "2001:db8::1/0",
    ],
)
def test_other_text_is_no_network(text: str) -> None:
    assert read_network(text) is None


def test_bytes_are_strict_base64() -> None:
    assert read_bytes("QUI=") == b"AB"
    assert read_bytes("QUI") is None
    assert read_bytes("Q U I =") is None
    assert read_bytes("QUJ=") is None
