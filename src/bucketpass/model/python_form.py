"""Whether a declaration made in Python has the shapes that access.yaml has: the same fields hold for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from bucketpass.errors import Diagnostic
from bucketpass.model.mistake import mistake
from bucketpass.model.record import Record
from bucketpass.model.shape import Boolean, Choice, Count, Duration, Either, ListOf, MapOf, Moment, Shape, Text

__all__ = ["form_mistakes"]


Test = Callable[[Any], bool]


def form_mistakes(shape: Shape, value: object, path: str) -> Iterator[Diagnostic]:
    """Yield what a file could not have said."""
    if _test(shape)(value):
        return
    match shape:
        case ListOf():
            if not isinstance(value, tuple):
                yield mistake(path, f"got `{value!r}`, expected a tuple of {_words(shape.item)}")
                return
            for index, item in enumerate(value):
                yield from form_mistakes(shape.item, item, f"{path}[{index}]")
        case MapOf():
            if not isinstance(value, Mapping):
                yield mistake(path, f"got `{value!r}`, expected {shape.words}")
                return
            for name, item in value.items():
                yield from form_mistakes(shape.key, name, path)
                yield from form_mistakes(shape.item, item, f"{path}.{name}" if path else str(name))
        case Record():
            yield from _record(shape, value, path)
        case _:
            yield mistake(path, f"got `{value!r}`, expected {_words(shape)}")


def _record(shape: Record, value: object, path: str) -> Iterator[Diagnostic]:
    if not is_dataclass(value) or isinstance(value, type):
        yield mistake(path, f"got `{value!r}`, expected {shape.words}")
        return
    usual = _defaults(type(value))
    for one in shape.fields:
        held = getattr(value, one.attribute, None)
        if held is None and one.required:
            yield mistake(path, f"`{one.name}` is missing in {shape.words}", f"give `{one.name}` ({one.words})")
        elif held is not None and held is not usual.get(one.attribute) and held != {}:
            # Other fields stand beside the known ones in a file.
            yield from form_mistakes(one.shape, held, path if one.rest else f"{path}.{one.name}" if path else one.name)


@cache
def _defaults(kind: type) -> dict[str, object]:
    """What the fields of a kind of value are where nothing is said: that is right without a look."""
    return {field.name: field.default for field in fields(kind)}


@cache
def _test(shape: Shape) -> Test:
    """Whether a value is right: True for most, without a word about where it stands. False asks for a closer look."""
    match shape:
        case Text():
            return lambda value: isinstance(value, str) and shape.matches(value)
        case Boolean():
            return lambda value: isinstance(value, bool)
        case Count() | Duration():
            return lambda value: isinstance(value, int) and not isinstance(value, bool) and shape.low <= value <= shape.high
        case Moment():
            return lambda value: isinstance(value, datetime) and value.tzinfo is not None
        case Choice():
            options = tuple(map(shape.build, shape.options))
            other = _test(shape.other) if shape.other is not None else None
            return lambda value: value in options or (other is not None and other(value))
        case Either():
            return _test(shape.scalar)
        case ListOf():
            item = _test(shape.item)
            return lambda value: isinstance(value, tuple) and all(map(item, value))
        case MapOf():
            name, item = _test(shape.key), _test(shape.item)
            return lambda value: isinstance(value, Mapping) and all(map(name, value)) and all(map(item, value.values()))
        case Record():
            return _record_test(shape)
    return lambda _: False


def _record_test(shape: Record) -> Test:
    kind = shape.build
    # Needed at once only where a value of the kind is tested: kinds hold each other.
    defaults = _defaults(kind) if isinstance(kind, type) else {}
    held_by = attrgetter(*(one.attribute for one in shape.fields))
    rows = [(defaults.get(one.attribute), one.required, _test(one.shape)) for one in shape.fields]

    def test(value: object) -> bool:
        if type(value) is not kind:
            return False
        for held, (usual, required, right) in zip(held_by(value), rows, strict=True):
            if held is not usual and held != {} and not right(held) and (held is not None or required):
                return False
            if held is None and required:
                return False
        return True

    return test


def _words(shape: Shape) -> str:
    match shape:
        case Text() | MapOf() | Record():
            return shape.words
        case Boolean():
            return "True or False"
        case Count() | Duration():
            return f"a number from {shape.low} to {shape.high}"
        case Moment():
            return "an aware datetime"
        case Choice():
            words = ", ".join(f"`{shape.build(option)}`" for option in shape.options)
            return f"one of {words}" if shape.other is None else f"{words} or {shape.other.words}"
        case ListOf():
            return f"a tuple of {_words(shape.item)}"
        case Either():
            return _words(shape.scalar)
    return "something else"
