from collections.abc import Iterator

import pytest

from bucketpass.model import Grant
from bucketpass.model.declaration import DECLARATION, field_homes, inner_record
from bucketpass.model.field import record_of
from bucketpass.model.record import Record


def records(record: Record) -> Iterator[Record]:
    yield record
    for one in record.fields:
        inner = inner_record(one.shape)
        if inner is not None:
            yield from records(inner)


@pytest.mark.parametrize("record", [*records(DECLARATION)], ids=lambda record: record.words)
def test_every_field_is_explained(record: Record) -> None:
    assert record.description
    assert all(one.words and not one.words.endswith(".") for one in record.fields)


def test_a_grant_of_a_file_grants_only_what_is_written() -> None:
    assert record_of(Grant).absent == {"access": ()}


def test_a_field_is_known_to_belong_in_every_record_that_has_it() -> None:
    assert field_homes()["object_tags"] == ("`services.<name>.grants[]`",)
    assert field_homes()["networks"] == ("`services.<name>.grants[].conditions`",)
    assert set(field_homes()["prefix"]) == {
        "`buckets.<name>.lifecycle.rules[]`",
        "`buckets.<name>.logging`",
        "`services.<name>.grants[]`",
    }
    assert "the top of the file" in field_homes()["tags"]
