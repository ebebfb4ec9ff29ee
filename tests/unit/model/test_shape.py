from datetime import UTC, datetime

import pytest
import yaml

from bucketpass.model.notes import WRONG, Notes
from bucketpass.model.shape import Boolean, Choice, Count, Duration, Either, JsonObject, ListOf, MapOf, Moment, Shape, Text, Wrapped


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
        (Boolean(), "true", True),
        (Boolean(), "no", False),
        (Boolean(), "'true'", WRONG),
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
        (Choice(("a", "b"), other=Text(pattern="c+")), "cc", "cc"),
        (Choice(("a", "b"), other=Text(pattern="c+")), "d", WRONG),
        (Wrapped("key", Text()), "{key: a}", "a"),
        (Wrapped("key", Text()), "{kye: a}", WRONG),
        (ListOf(Text()), "a", ("a",)),
        (ListOf(Text()), "[a, b]", ("a", "b")),
        (MapOf(Text(), "words"), "{a: b}", {"a": "b"}),
        (MapOf(Text(), "words"), "[a]", WRONG),
        (JsonObject("it"), "{Version: 2012-10-17, a: [1, true, {b: c}]}", '{"Version":"2012-10-17","a":[1,true,{"b":"c"}]}'),
        (JsonObject("it"), "{a: null}", WRONG),
        (JsonObject("it"), "{a: 1, a: 2}", WRONG),
        (Either(Text(), MapOf(Text(), "words")), "a", "a"),
        (Either(Text(), MapOf(Text(), "words")), "{a: b}", {"a": "b"}),
    ],
)
def test_a_shape_reads_what_fits_and_nothing_else(shape: Shape, text: str, value: object) -> None:
    assert read(shape, text) == value


@pytest.mark.parametrize(
    ("text", "remedy"), [("s3://datasets", "remove `s3://`"), ("arn:aws:s3:::datasets", "remove `arn:aws:s3:::`"), ("a b", "")]
)
def test_what_does_not_belong_before_a_text_is_to_be_removed(text: str, remedy: str) -> None:
    notes = Notes("file")
    Text("a bucket name", "[a-z]+", around=r"(s3://|arn:aws:s3:::)?[a-z ]+").read(
        yaml.ScalarNode("tag:yaml.org,2002:str", text), "here", notes
    )
    assert [found.remedy for found in notes.mistakes] == [remedy]


@pytest.mark.parametrize(("word", "remedy"), [("athena", "ask Athena"), ("cloudtrial", "did you mean `cloudtrail`?"), ("x", "")])
def test_a_word_that_people_expect_is_told_what_to_do_instead(word: str, remedy: str) -> None:
    notes = Notes("file")
    shape = Choice(("cloudtrail", "inventory"), remedies=(("athena", "ask Athena"),))
    shape.read(yaml.ScalarNode("tag:yaml.org,2002:str", word), "here", notes)
    assert [found.remedy for found in notes.mistakes] == [remedy]
