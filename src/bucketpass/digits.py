"""Whole numbers that others wrote: ASCII digits, and nothing else that Python would take for one.

`str.isdigit` is true of `²` and `٣`, and `int` takes `1_0`, `+1` and blanks: checked with the one and read with the other, such
input is an exception or another number than its writer meant.
"""

from __future__ import annotations

__all__ = ["DIGITS", "whole_number"]

DIGITS = frozenset("0123456789")
MOST_DIGITS = 15  # every length, time and port has fewer


def whole_number(text: str, most: int = 10**MOST_DIGITS - 1) -> int | None:
    """The number that `text` spells in ASCII digits, leading zeros allowed, or None where it spells none from 0 to `most`."""
    if not text or not DIGITS.issuperset(text) or len(text) > MOST_DIGITS:
        return None
    number = int(text)
    return number if number <= most else None
