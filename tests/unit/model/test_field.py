from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Annotated, ClassVar, Literal

import pytest

from bucketpass.model.field import Field, record_of
from bucketpass.model.record import Record
from bucketpass.model.shape import Boolean, Choice, Count, ListOf, MapOf, Moment, Shape, Text


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    """Within."""

    called: ClassVar[str] = "an inner one"

    flag: Annotated[bool, Field("on or off")] = False


@dataclass(frozen=True)
class Outer:
    """Around. And more."""

    called: ClassVar[str] = "an outer one"

    text: Annotated[str, Field("some text")]
    count: Annotated[int | None, Count(1, 9), Field("how many")] = None
    moment: Annotated[datetime | None, Field("when")] = None
    word: Annotated[Literal["a", "b"], Field("which", name="spelled")] = "a"
    colour: Annotated[Colour, Field("the colour")] = Colour.RED
    names: Annotated[tuple[Annotated[str, Text("a name", "[a-z]+")], ...], Field("names", output=True)] = ()
    inner: Annotated[Inner, Field("within", since="9.9.9")] = Inner()
    all_inner: Annotated[Mapping[str, Inner], Field("several")] = field(default_factory=dict)


RECORD = record_of(Outer)
FIELDS = {one.attribute: one for one in RECORD.fields}


@pytest.mark.parametrize(
    ("attribute", "shape"),
    [
        ("text", Text()),
        ("count", Count(1, 9)),
        ("moment", Moment()),
        ("word", Choice(("a", "b"))),
        ("colour", Choice(("red",), Colour)),
        ("names", ListOf(Text("a name", "[a-z]+"))),
        ("inner", record_of(Inner)),
        ("all_inner", MapOf(record_of(Inner), "a mapping of all inner", Text())),
    ],
)
def test_the_shape_follows_from_the_annotation(attribute: str, shape: Shape) -> None:
    assert FIELDS[attribute].shape == shape


def test_a_record_has_the_names_defaults_and_words_of_its_class() -> None:
    assert (RECORD.words, RECORD.description) == ("an outer one", "Around. And more.")
    assert [one.name for one in RECORD.required] == ["text"]
    assert FIELDS["word"].name == "spelled"
    assert FIELDS["word"].default == "a"
    assert (FIELDS["names"].output, FIELDS["inner"].since) == (True, "9.9.9")


def test_a_class_has_one_record() -> None:
    assert record_of(Outer) is RECORD
    assert isinstance(RECORD, Record)
    assert FIELDS["inner"].shape is record_of(Inner)
    assert isinstance(record_of(Inner).fields[0].shape, Boolean)
