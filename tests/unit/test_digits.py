"""Whole numbers in ASCII digits, and nothing else."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.digits import duration_seconds, whole_number

SOURCE = Path(__file__).parents[2] / "src" / "bucketpass"


@pytest.mark.parametrize(
    "text", ["", "\xb2", "1\xb2", "\u0663", "\uff11", "1_0", "+1", "-1", " 1", "1 ", "1\n", "0x1", "1.0", "1e3", "9" * 16]
)
def test_what_is_not_spelled_in_ascii_digits_is_not_a_number(text: str) -> None:
    assert whole_number(text) is None


@given(st.integers(0, 10**12), st.integers(0, 2), st.integers(0, 10**12))
def test_a_number_is_read_up_to_the_most_that_it_may_be(number: int, zeros: int, most: int) -> None:
    assert whole_number("0" * zeros + str(number), most) == (number if number <= most else None)


@given(st.text())
def test_any_text_is_a_number_or_none(text: str) -> None:
    assert whole_number(text) is None or (text.isascii() and whole_number(text) == int(text))


def test_nothing_else_asks_python_what_a_digit_is() -> None:
    """`isdigit` is true of `²`, and `\\d` matches every script's digits in text, which `int` then cannot read or reads as a number."""
    found = {
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in SOURCE.rglob("*.py")
        for line in path.read_text().splitlines()
        if (re.search(r"\.is(digit|decimal|numeric)\(", line) or (r"\d" in line and 'rb"' not in line)) and path.name != "digits.py"
    }
    assert found == {'prove/theory/skeleton.py: _TRUE = re.compile(r"\\(define-fun (a\\d+) \\(\\) Bool\\s+true\\)")'}  # z3's own text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", 7200),
        ("1h30m", 5400),
        ("90", 90),
        ("0s", 0),
        ("", None),
        ("h", None),
        ("2 h", None),
        ("2h5", None),
        ("\u0663h", None),
        ("1d", None),
    ],
)
def test_a_length_of_time_is_read_with_its_units(text: str, seconds: int | None) -> None:
    assert duration_seconds(text) == seconds
