"""Credentials in files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.credentials.cache import postponed
from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.entry import decode_entry, decode_refusal, encode_entry, encode_refusal, process_output
from bucketpass.credentials.rules import NO_ANSWER, rule_for
from bucketpass.credentials.values import Credentials, Refusal
from bucketpass.credentials.warm import head_of
from bucketpass.secret import Secret

CREDENTIALS = Credentials(
    "ASIA1", Secret('se"cret'), Secret("session\n"), 1_800_000_000.0, 1_800_003_600.0, "arn:role", TokenIdentity("https://i", "s"), 2.5
)
ENTRY = encode_entry(CREDENTIALS, 1_800_001_900.0)


def test_what_is_written_is_read() -> None:
    assert decode_entry(ENTRY) == (CREDENTIALS, 1_800_001_900.0, 0)


def test_the_head_and_the_output_are_read_without_the_rest() -> None:
    assert head_of(ENTRY) == (1_800_001_900.0, 1_800_003_570.0, 0, process_output(CREDENTIALS), CREDENTIALS.issued)


def test_the_output_is_awss_json() -> None:
    assert json.loads(process_output(CREDENTIALS)) == {
        "Version": 1,
        "AccessKeyId": "ASIA1",
        "SecretAccessKey": 'se"cret',
        "SessionToken": "session\n",
        "Expiration": "2027-01-15T09:00:00Z",
    }


def test_a_postponed_entry_holds_the_same_credentials() -> None:
    assert decode_entry(postponed(ENTRY, 5.0, 3)) == (CREDENTIALS, 5.0, 3)


@given(st.integers(0, len(ENTRY) - 1), st.integers(1, 255))
def test_one_changed_byte_makes_the_entry_as_good_as_missing(position: int, change: int) -> None:
    damaged = bytearray(ENTRY)
    damaged[position] ^= change
    assert decode_entry(bytes(damaged)) is None


@given(st.binary(max_size=400))
def test_any_bytes_are_as_good_as_missing(data: bytes) -> None:
    assert decode_entry(data) is None


@pytest.mark.parametrize("size", [0, 10, 100, len(ENTRY) - 1])
def test_a_cut_entry_is_as_good_as_missing(size: int) -> None:
    assert head_of(ENTRY[:size]) is None


def test_a_refusal_is_the_answer_of_those_who_asked_before_it() -> None:
    refusal = Refusal("AccessDenied", "no", rule_for("AccessDenied", 403), 403)
    data = encode_refusal(refusal, at=100.0)
    assert decode_refusal(data, since=99.0) == refusal
    assert decode_refusal(data, since=101.0) is None


@pytest.mark.parametrize("data", [None, b"", b"x", b"100.0\n[1]", b"100.0\nnot json"])
def test_a_refusal_that_cannot_be_read_is_none(data: bytes | None) -> None:
    assert decode_refusal(data, since=0.0) is None
    assert NO_ANSWER.retry
