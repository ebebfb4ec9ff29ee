"""What the annotation of a field says besides its type, and the record of a dataclass whose fields are so annotated."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from bucketpass.model.record import Record, RecordField
from bucketpass.model.shape import Boolean, Choice, ListOf, MapOf, Moment, Shape, Text

__all__ = ["FIRST_VERSION", "Field", "record_of"]

FIRST_VERSION = "0.1.0"
SCALARS: Mapping[object, Shape] = {str: Text(), bool: Boolean(), datetime: Moment()}
UNIONS = (Union, types.UnionType)


@dataclass(frozen=True, slots=True)
class Field:
    """What a field is.

    words: its description. name: its name in a file, if that is not the attribute's. holds: what a mapping holds, in words.
    output: whether a component takes a `pulumi.Output` for it. component: whether components have it at all.
    rest: it takes all other fields of its record. absent: its value in a file that does not have it, if that is not the default.
    since: the version that brought it. of: which buckets can have it: those that are `made` here, or those of the target's `account`.
    """

    words: str
    name: str = ""
    holds: str = ""
    output: bool = False
    component: bool = True
    rest: bool = False
    absent: object = None
    since: str = FIRST_VERSION
    of: Literal["", "made", "account"] = ""


@cache
def record_of(kind: type[Any]) -> Record:
    """Return the record of a dataclass: what a file may say where a value of it stands."""
    return Record(kind, kind.called, (kind.__doc__ or "").partition("\n")[0], tuple(_field(one) for one in fields(kind)))


def _field(one: Any) -> RecordField:
    about = next(item for item in get_args(one.type)[1:] if isinstance(item, Field))
    name = about.name or one.name
    default = one.default_factory() if one.default_factory is not MISSING else one.default
    required = default is MISSING
    return RecordField(
        name=name,
        attribute=one.name,
        shape=_shape(one.type, about.holds or f"a mapping of {name.replace('_', ' ')}"),
        words=about.words,
        required=required,
        default=None if required else default,
        absent=about.absent,
        rest=about.rest,
        output=about.output,
        component=about.component,
        since=about.since,
        of=about.of,
    )


def _shape(hint: Any, holds: str) -> Shape:
    """The shape that a type stands for. A shape in its annotation goes before what follows from the type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        given = [item for item in arguments[1:] if hasattr(item, "read")]
        return given[0] if given else _shape(arguments[0], holds)
    if origin in UNIONS:
        return _shape(next(one for one in arguments if one is not type(None)), holds)
    if origin is Literal:
        return Choice(arguments)
    if origin is tuple:
        return ListOf(_shape(arguments[0], holds))
    if origin is Mapping:
        return MapOf(_shape(arguments[1], holds), holds, _shape(arguments[0], holds))
    if is_dataclass(hint):
        return record_of(hint)  # type: ignore[arg-type]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Choice(tuple(member.value for member in hint), hint)
    return SCALARS[hint]
