"""The record of a whole declaration, and where its fields belong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from bucketpass.model.access import Access
from bucketpass.model.field import record_of
from bucketpass.model.notes import TOP
from bucketpass.model.record import Record
from bucketpass.model.shape import Either, ListOf, MapOf, Shape

__all__ = ["DECLARATION", "field_homes", "inner_record", "records"]

DECLARATION = record_of(Access)


def records(record: Record = DECLARATION) -> Iterator[Record]:
    """Yield the record and all that its fields hold."""
    yield record
    for one in record.fields:
        inner = inner_record(one.shape)
        if inner is not None:
            yield from records(inner)


@cache
def field_homes() -> Mapping[str, tuple[str, ...]]:
    """Return, by the name of a field, the records that have it: `prefix` is of `services.<name>.grants[]` and `buckets.<name>.logging`."""
    homes: dict[str, list[str]] = {}
    for path, name in _names(DECLARATION, ""):
        homes.setdefault(name, []).append(f"`{path}`" if path else TOP)
    return {name: tuple(paths) for name, paths in homes.items()}


def inner_record(shape: Shape) -> Record | None:
    """Return the record that a field holds: alone, in a list or in a mapping."""
    match shape:
        case Record():
            return shape
        case ListOf(item=inner) | MapOf(item=inner) | Either(mapping=inner):
            return inner_record(inner)
    return None


def _names(record: Record, path: str) -> Iterator[tuple[str, str]]:
    for one in record.known.values():
        yield path, one.name
        inner = inner_record(one.shape)
        if inner is not None:
            marks = "[]" if isinstance(one.shape, ListOf) else ".<name>" if isinstance(one.shape, MapOf) else ""
            yield from _names(inner, f"{path}.{one.name}{marks}" if path else f"{one.name}{marks}")
