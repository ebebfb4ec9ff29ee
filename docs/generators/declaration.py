"""Every field of access.yaml with its meaning, as text. `python -m docs.generators.declaration` prints it for the documentation."""

from __future__ import annotations

from collections.abc import Iterator

from bucketpass.model.declaration import DECLARATION
from bucketpass.model.field import FIRST_VERSION
from bucketpass.model.record import Record
from bucketpass.model.render import default_words
from bucketpass.model.shape import Boolean, Choice, Count, Duration, Either, JsonObject, ListOf, MapOf, Moment, Shape, Text, Wrapped

__all__ = ["listing"]

COLUMN = 34
OTHER = "field"


def listing() -> str:
    """The fields, indented as they nest; `<name>` stands for a name of one's choice, `*` marks what must be there."""
    return "\n".join(_fields(DECLARATION, 0))


def _fields(record: Record, depth: int) -> Iterator[str]:
    for one in record.fields:
        name = "  " * depth + (f"<{OTHER}>:" if one.rest else f"{one.name}{'*' if one.required else ''}:")
        since = f" (since {one.since})" if one.since != FIRST_VERSION else ""
        yield f"{name:<{COLUMN}}{one.words}{default_words(one)}{since} [{'text' if one.rest else _kind(one.shape)}]"
        if not one.rest:
            yield from _inside(one.shape, depth + 1)


def _inside(shape: Shape, depth: int) -> Iterator[str]:
    match shape:
        case Record():
            yield from _fields(shape, depth)
        case MapOf(item=Record() as record):
            yield f"{'  ' * depth}<name>:"
            yield from _fields(record, depth + 1)
        case ListOf(item=Record() as record):
            yield from _fields(record, depth)


def _kind(shape: Shape) -> str:
    match shape:
        case Text():
            return shape.words
        case Boolean():
            return "true or false"
        case Count():
            return f"{shape.low} to {shape.high}"
        case Duration():
            return f"{shape.low // 60}m to {shape.high // 3600}h"
        case Moment():
            return "a time with its zone"
        case Choice():
            return " | ".join(shape.options) + (f", or {shape.other.words}" if shape.other is not None else "")
        case ListOf():
            return f"{_kind(shape.item)}, or a list"
        case MapOf(key=Choice() as names):
            return f"{shape.words}: {_kind(names)}"
        case MapOf() | Record():
            return shape.words
        case Either():
            return f"{_kind(shape.scalar)}, or {_kind(shape.mapping)}"
        case JsonObject():
            return f"{shape.words} as a mapping"
        case Wrapped():
            return f"`{{{shape.name}: ...}}`"
    raise TypeError(f"no words for {shape!r}")


if __name__ == "__main__":
    print(listing())
