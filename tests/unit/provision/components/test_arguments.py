"""Typed arguments say what access.yaml says, field by field."""

from typing import Any

import pytest

from bucketpass.model import declaration
from bucketpass.model.shape import ListOf, MapOf, Record
from bucketpass.provision.components import arguments

# Arguments that have no field of their own in access.yaml: there, an identity's claims stand beside its issuer.
FURTHER: dict[str, set[str]] = {"Identity": {"claims"}}
# Fields by which nothing is made: guarantees are what `bucketpass prove` proves.
NOT_MADE: dict[str, set[str]] = {"FederatedAccessArgs": {"guarantees"}}


def record(shape: Any) -> Record:
    """The record that a field holds, alone, in a list or in a mapping."""
    while not isinstance(shape, Record):
        shape = shape.item if isinstance(shape, ListOf | MapOf) else shape.mapping
    return shape


def nested(parent: Record, field: str) -> Record:
    return record(next(found.shape for found in parent.fields if found.name == field))


PAIRS = {
    "FederatedAccessArgs": declaration.DECLARATION,
    "Issuer": declaration.ISSUER,
    "Bucket": declaration.BUCKET,
    "Service": declaration.SERVICE,
    "Identity": declaration.IDENTITY,
    "Grant": declaration.GRANT,
    "Session": nested(declaration.SERVICE, "session"),
    "Conditions": nested(declaration.GRANT, "conditions"),
    "Perimeter": nested(declaration.BUCKET, "perimeter"),
    "Lifecycle": nested(declaration.BUCKET, "lifecycle"),
    "Logging": nested(declaration.BUCKET, "logging"),
    "ObjectLock": nested(declaration.BUCKET, "object_lock"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_arguments_are_the_fields_of_the_declaration(name: str) -> None:
    declared = {field.name for field in PAIRS[name].fields} - NOT_MADE.get(name, set())
    assert set(getattr(arguments, name).__annotations__) - FURTHER.get(name, set()) == declared


@pytest.mark.parametrize("name", PAIRS)
def test_what_the_declaration_demands_is_demanded_here(name: str) -> None:
    demanded = {field.name for field in PAIRS[name].fields if field.required}
    assert getattr(arguments, name).__required_keys__ - FURTHER.get(name, set()) == demanded
