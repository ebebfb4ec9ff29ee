from dataclasses import replace

import yaml

from bucketpass.model.notes import WRONG, Notes
from bucketpass.model.record import Record, RecordField
from bucketpass.model.shape import ListOf, Text

LEFT = RecordField("left", Text(), "the left one", "left", required=True)
RIGHT = RecordField("right", Text(), "the right one", "other")
PAIR = Record(dict, "a pair", "Two.", (LEFT, RIGHT))
OPEN = Record(dict, "open", "Open.", (RecordField("a", Text(), "a", "a"), RecordField("others", Text(), "others", "others", rest=True)))


def read(record: Record, text: str, notes: Notes | None = None) -> object:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert node is not None
    return record.read(node, "here", notes or Notes("file"))


def test_a_record_is_built_from_its_fields() -> None:
    assert read(PAIR, "{left: a, right: b}") == {"left": "a", "other": "b"}


def test_a_record_without_a_required_field_is_wrong() -> None:
    assert read(PAIR, "{right: b}") is WRONG


def test_what_a_merge_key_would_bring_is_not_called_missing() -> None:
    notes = Notes("file")
    assert read(PAIR, "{<<: {left: a}}", notes) is WRONG
    assert [mistake.message for mistake in notes.mistakes] == ["got the merge key `<<`, expected each field to be written out"]


def test_a_record_may_take_other_fields_as_text() -> None:
    assert read(OPEN, "{a: 1, b: 2}") == {"a": "1", "others": {"b": "2"}}


def test_a_field_that_belongs_elsewhere_is_not_taken_as_text() -> None:
    notes = Notes("file", {"grants": ("`services.<name>`",)})
    read(OPEN, "{grants: [x]}", notes)
    assert [mistake.remedy for mistake in notes.mistakes] == ["`grants` belongs in `services.<name>`"]


def test_what_a_file_does_not_say_may_differ_from_the_default() -> None:
    record = Record(dict, "one", "One.", (replace(RIGHT, shape=ListOf(Text()), default=("b",), absent=()),))
    assert read(record, "{}") == {"other": ()}


def test_the_json_schema_has_descriptions_defaults_and_what_is_required() -> None:
    schema = Record(dict, "a pair", "Two.", (LEFT, replace(RIGHT, default="b"))).schema()
    assert schema["required"] == ["left"]
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert (properties["right"]["default"], properties["right"]["description"]) == ("b", "the right one")
