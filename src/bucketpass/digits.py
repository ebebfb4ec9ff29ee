"""Whole numbers, and lengths of time, that others wrote: ASCII digits, and nothing else that Python would take for one.

`str.isdigit` is true of `²` and `٣`, and `int` takes `1_0`, `+1` and blanks: checked with the one and read with the other, such
input is an exception or another number than its writer meant.
"""

from __future__ import annotations

__all__ = ["DIGITS", "duration_seconds", "whole_number"]

DIGITS = frozenset("0123456789")
UNIT_SECONDS = {"h": 3600, "m": 60, "s": 1}
MOST_DIGITS = 15  # every length, time and port has fewer


def whole_number(text: str, most: int = 10**MOST_DIGITS - 1) -> int | None:
    """The number that `text` spells in ASCII digits, leading zeros allowed, or None where it spells none from 0 to `most`."""
    if not text or not DIGITS.issuperset(text) or len(text) > MOST_DIGITS:
        return None
    number = int(text)
    return number if number <= most else None


def duration_seconds(text: str) -> int | None:
    """The seconds of a duration such as `4h`, `90m` or `1h30m`; a bare number is seconds. None where `text` spells none."""
    number, seconds = "", 0
    for character in text:
        if character in DIGITS:
            number += character
            continue
        part = whole_number(number)
        if part is None or character not in UNIT_SECONDS:
            return None
        number, seconds = "", seconds + part * UNIT_SECONDS[character]
    return seconds if text and not number else whole_number(text)
