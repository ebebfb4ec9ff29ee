"""Whatever can be declared is the same as text, as values and in Python."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.access_strategies import accesses
from tests.declarations import EVERYTHING_DECLARED
from tests.schema_strategies import values

from bucketpass.model import Access, access_text, parse_access, parse_tree
from bucketpass.model.declaration import DECLARATION, inner_record
from bucketpass.model.nodes import composed, made_node
from bucketpass.model.notes import Notes
from bucketpass.model.python_form import form_mistakes
from bucketpass.model.record import Record
from bucketpass.model.render import access_tree, duration_text, record_tree, scalar_text, tree_text
from bucketpass.model.scaffold import Answers, scaffold


def records(record: Record) -> Iterator[Record]:
    yield record
    for one in record.fields:
        inner = inner_record(one.shape)
        if inner is not None:
            yield from records(inner)


@pytest.mark.parametrize("record", list(dict.fromkeys(records(DECLARATION))), ids=lambda record: record.words)
@settings(max_examples=15, phases=(Phase.generate,), suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_every_value_is_read_back_equal_from_its_text_and_its_values(record: Record, data: st.DataObject) -> None:
    value = data.draw(values(record))
    assert list(form_mistakes(record, value, "")) == []
    tree = record_tree(record, value)
    for node in (composed(tree_text(tree), "file"), made_node(tree, "", "")):
        notes = Notes("file")
        assert record.read(node, "it", notes) == value
        assert notes.mistakes == []


def as_arguments(access: Access) -> dict[str, Any]:
    """The declaration as a component's arguments: claims by themselves, everything in lists."""
    tree = access_tree(access)
    for service in tree["services"].values():
        for identity in service["identity"]:
            identity["claims"] = {name: identity.pop(name) for name in set(identity) - {"issuer", "require", "unsafe_wildcard"}}
    return tree


@given(accesses())
def test_text_values_and_arguments_are_one_declaration(access: Access) -> None:
    assert parse_access(access_text(access)) == access
    assert parse_tree(access_tree(access)) == access
    assert parse_tree(as_arguments(access)) == access


def test_nearly_everything_declared_is_read_back_equal() -> None:
    access = parse_access(EVERYTHING_DECLARED)
    assert parse_access(access_text(access)) == access


def test_what_init_writes_is_read_back_equal() -> None:
    answers = Answers("okta", {"client_id": "0oa1"}, "data", url="https://acme.okta.com/oauth2/default", audience=("s3",), encryption="kms")
    access = parse_access(scaffold(answers)["access.yaml"])
    assert parse_access(access_text(access)) == access


@pytest.mark.parametrize(("seconds", "text"), [(14_400, "4h"), (5_400, "90m"), (901, "901s")])
def test_a_duration_has_its_largest_whole_unit(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_scalar_is_read_back_as_the_same_text_wherever_it_stands(text: str) -> None:
    scalar = scalar_text(text)
    assert "\n" not in scalar
    assert yaml.safe_load(f"name: {scalar}\nitems: [{scalar}, {scalar}]\n") == {"name": text, "items": [text, text]}


@pytest.mark.parametrize("text", ["repo:acme/app", "a", "https://issuer.example/realm", "_x-"])
def test_plain_text_is_not_quoted(text: str) -> None:
    assert scalar_text(text) == text


@pytest.mark.parametrize("text", ["", "y", "NO", "null", "1.5", "2026-01-31", "a: b", "a, b", "- a", "*", "x:", "\x85", "\U000e0001"])
def test_what_a_reader_could_take_for_something_else_is_quoted(text: str) -> None:
    assert scalar_text(text).startswith('"')
