from datetime import UTC, datetime

import pytest
import yaml

from bucketpass.model.shape import (
    WRONG,
    Choice,
    Count,
    Duration,
    Either,
    Field,
    Flag,
    ListOf,
    MapOf,
    Moment,
    Notes,
    Record,
    Shape,
    Text,
    nearest,
)


def read(shape: Shape, text: str) -> object:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert node is not None
    return shape.read(node, "here", Notes("file"))


@pytest.mark.parametrize(
    ("shape", "text", "value"),
    [
        (Text(), "0123", "0123"),
        (Text(), "2026-01-01", "2026-01-01"),
        (Text(), "on", WRONG),
        (Text(), "null", WRONG),
        (Text(pattern="[a-z]+"), "abc1", WRONG),
        (Flag(), "true", True),
        (Flag(), "no", False),
        (Flag(), "'true'", WRONG),
        (Count(1, 9), "9", 9),
        (Count(1, 9), "10", WRONG),
        (Count(1, 9), "-1", WRONG),
        (Duration(900, 43_200), "4h", 14_400),
        (Duration(900, 43_200), "1h30m", 5_400),
        (Duration(900, 43_200), "3600", 3_600),
        (Duration(900, 43_200), "13h", WRONG),
        (Duration(900, 43_200), "h4", WRONG),
        (Moment(), "2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)),
        (Moment(), "2026-01-01T00:00:00", WRONG),
        (Moment(), "tomorrow", WRONG),
        (Choice(("a", "b"), str.upper), "b", "B"),
        (Choice(("a", "b")), "c", WRONG),
        (ListOf(Text()), "a", ("a",)),
        (ListOf(Text()), "[a, b]", ("a", "b")),
        (ListOf(Text(), single=False), "a", WRONG),
        (MapOf(Text(), "words"), "{a: b}", {"a": "b"}),
        (MapOf(Text(), "words"), "[a]", WRONG),
        (Either(Text(), MapOf(Text(), "words")), "a", "a"),
        (Either(Text(), MapOf(Text(), "words")), "{a: b}", {"a": "b"}),
    ],
)
def test_a_shape_reads_what_fits_and_nothing_else(shape: Shape, text: str, value: object) -> None:
    assert read(shape, text) == value


PAIR = Record(
    dict, "a pair", (Field("left", Text(), "the left one", required=True), Field("right", Text(), "the right one", attribute="other"))
)


def test_a_record_is_built_from_its_fields() -> None:
    assert read(PAIR, "{left: a, right: b}") == {"left": "a", "other": "b"}


def test_a_record_without_a_required_field_is_wrong() -> None:
    assert read(PAIR, "{right: b}") is WRONG


def test_a_record_may_take_other_fields_as_text() -> None:
    assert read(Record(dict, "open", (Field("a", Text(), "a"),), rest="others"), "{a: 1, b: 2}") == {"a": "1", "others": {"b": "2"}}


def test_a_word_that_is_near_is_proposed_else_all_are_named() -> None:
    assert nearest("bukcet", ["bucket", "key"]) == "did you mean `bucket`?"
    assert nearest("zzz", ["bucket", "key"]) == "known: `bucket`, `key`"
    assert nearest("zzz", []) == ""
