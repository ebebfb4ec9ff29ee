"""Property values: what a Pulumi program gives its resources and gets from them.

JSON, and two things more: `UNKNOWN`, what a preview cannot know yet, and `Hidden`, a value that no file or screen may show.
On the wire (`google.protobuf.Struct`) Pulumi writes both with sentinels; `from_struct` and `to_struct` are the one way
across.

Source: the Pulumi SDK's `pulumi.runtime.rpc`, where the sentinels are defined.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Union

from bucketpass.errors import RequestError

if TYPE_CHECKING:
    from google.protobuf import struct_pb2

__all__ = [
    "UNKNOWN",
    "UNKNOWN_TEXT",
    "Hidden",
    "Properties",
    "Unknown",
    "Value",
    "asset_bytes",
    "flag",
    "from_struct",
    "has_unknown",
    "holds_asset",
    "is_hidden",
    "items",
    "known",
    "maybe_flag",
    "maybe_number",
    "maybe_text",
    "reveal",
    "shown",
    "table",
    "text",
    "texts",
    "to_struct",
]


class Unknown(Enum):
    """The kind of `UNKNOWN`."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True, repr=False)
class Hidden:
    """A secret value. It masks itself; `reveal` is the way in."""

    value: Value

    def __repr__(self) -> str:
        return "Hidden('***')"


Value = Union[  # noqa: UP007 - the names in quotes are not types yet
    None, bool, int, float, str, Unknown, Hidden, Sequence["Value"], Mapping[str, "Value"]
]
Properties = Mapping[str, Value]


class _Wire:
    """Pulumi's sentinels."""

    UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    SIGNATURE = "4dabf18193072939515e22adb298388d"
    SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the public mark of a secret, not one itself
    RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
    OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
    ASSET = "c44067f5952c0a294b673a41bacd8c17"


ASSET = "$asset"
UNKNOWN_TEXT = _Wire.UNKNOWN  # what stands for an ID that a preview cannot know


def from_struct(struct: struct_pb2.Struct, folder: Path = Path()) -> dict[str, Value]:
    """The properties that `struct` says. folder: where the program runs, from which its paths lead."""
    return {key: _from_wire(value, folder) for key, value in struct.fields.items()}


def _from_wire(value: struct_pb2.Value, folder: Path) -> Value:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value == _Wire.UNKNOWN else str(value.string_value)
        case "bool_value":
            return bool(value.bool_value)
        case "number_value":
            number = float(value.number_value)
            return int(number) if number.is_integer() else number
        case "list_value":
            return [_from_wire(item, folder) for item in value.list_value.values]
        case "struct_value":
            return _from_marked(from_struct(value.struct_value, folder), folder)
        case _:
            return None


def _from_marked(fields: dict[str, Value], folder: Path) -> Value:
    """A plain object as it is, an object with Pulumi's signature as what the signature says."""
    match fields.get(_Wire.SIGNATURE):
        case None:
            return fields
        case _Wire.SECRET:
            return Hidden(reveal(fields.get("value")))
        case _Wire.RESOURCE:
            return fields["id"] if "id" in fields else fields["urn"]
        case _Wire.OUTPUT:
            value = fields.get("value", UNKNOWN)
            return Hidden(reveal(value)) if fields.get("secret") is True else value
        case _Wire.ASSET:
            return _asset(fields, folder)
        case _:
            raise RequestError("archives are not supported by the embedded engine", remedy="Run the program with `pulumi up`.")


def _asset(fields: Properties, folder: Path) -> Value:
    """A file or text as an object with its digest, by which a change of it is seen."""
    if isinstance(fields.get("path"), str):
        path = folder / str(fields["path"])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise RequestError(f"the asset `{path}` cannot be read: {error.strerror}") from None
        return {ASSET: "file", "path": str(path.absolute()), "sha256": hashlib.sha256(content).hexdigest()}
    if isinstance(fields.get("text"), str):
        return {ASSET: "text", "text": fields["text"], "sha256": hashlib.sha256(str(fields["text"]).encode()).hexdigest()}
    raise RequestError("remote assets are not supported by the embedded engine", remedy="Use a pulumi.FileAsset or a pulumi.StringAsset.")


def asset_bytes(value: Properties) -> bytes:
    """Return the content of a file or text that a program gave."""
    return Path(text(value, "path")).read_bytes() if value.get(ASSET) == "file" else text(value, "text").encode()


def holds_asset(value: Value) -> bool:
    """Return whether a file or text that a program gave as an asset is in the value."""
    if isinstance(value, Mapping):
        return ASSET in value or any(map(holds_asset, value.values()))
    return any(map(holds_asset, value)) if isinstance(value, list | tuple) else False


def to_struct(properties: Properties) -> struct_pb2.Struct:
    """`properties` as Pulumi's SDK reads them."""
    from google.protobuf import struct_pb2

    struct = struct_pb2.Struct()
    for key, value in properties.items():
        _write(struct.fields[key], value)
    return struct


def _write(target: struct_pb2.Value, value: Value) -> None:
    match value:
        case None:
            target.null_value = 0
        case Unknown():
            target.string_value = _Wire.UNKNOWN
        case Hidden():
            _write(target, {_Wire.SIGNATURE: _Wire.SECRET, "value": value.value})
        case bool():
            target.bool_value = value
        case int() | float():
            target.number_value = value
        case str():
            target.string_value = value
        case Mapping():
            target.struct_value.SetInParent()
            for key, inner in value.items():
                _write(target.struct_value.fields[key], inner)
        case _:
            target.list_value.SetInParent()
            for inner in value:
                _write(target.list_value.values.add(), inner)


def _map(value: Value, change: Callable[[Value], Value]) -> Value:
    """`value` with `change` applied to each leaf and each `Hidden`."""
    match value:
        case Mapping():
            return {key: _map(inner, change) for key, inner in value.items()}
        case list() | tuple():
            return [_map(inner, change) for inner in value]
        case _:
            return change(value)


def _any(value: Value, test: Callable[[Value], bool]) -> bool:
    match value:
        case Hidden():
            return test(value) or _any(value.value, test)
        case Mapping():
            return any(_any(inner, test) for inner in value.values())
        case list() | tuple():
            return any(_any(inner, test) for inner in value)
        case _:
            return test(value)


def reveal(value: Value) -> Value:
    """`value` with nothing hidden, for what must use it: AWS, a comparison."""
    return _map(value, lambda leaf: reveal(leaf.value) if isinstance(leaf, Hidden) else leaf)


def is_hidden(value: Value) -> bool:
    """Something in `value` is secret."""
    return _any(value, lambda leaf: isinstance(leaf, Hidden))


def has_unknown(value: Value) -> bool:
    """Something in `value` is not known yet."""
    return _any(value, lambda leaf: leaf is UNKNOWN)


def known(properties: Properties) -> dict[str, Value]:
    """The properties that are given, with nothing hidden."""
    return {key: reveal(value) for key, value in properties.items() if value is not None}


def shown(value: Value, *, secrets: bool = False) -> object:
    """`value` as JSON for people and programs: what is not known yet says only that, and so does what is secret, unless `secrets`."""
    match value:
        case Unknown():
            return "[unknown]"
        case Hidden():
            return shown(value.value, secrets=True) if secrets else "[secret]"
        case Mapping():
            # A program's maps come over the wire in any order: saved outputs of two runs are to be compared.
            return {key: shown(value[key], secrets=secrets) for key in sorted(value)}
        case list() | tuple():
            return [shown(inner, secrets=secrets) for inner in value]
        case _:
            return value


def text(properties: Properties, name: str) -> str:
    """The text in `name`."""
    value = properties.get(name)
    if not isinstance(value, str):
        raise _unfit(name, "text", value)
    return value


def maybe_text(properties: Properties, name: str) -> str | None:
    """The text in `name`, or None where it is absent or empty."""
    return text(properties, name) or None if properties.get(name) is not None else None


def flag(properties: Properties, name: str) -> bool:
    """The truth in `name`; false where it is absent."""
    return maybe_flag(properties, name) or False


def maybe_flag(properties: Properties, name: str) -> bool | None:
    """The truth in `name`, or None where it is absent."""
    value = properties.get(name)
    if value is not None and not isinstance(value, bool):
        raise _unfit(name, "true or false", value)
    return value


def maybe_number(properties: Properties, name: str) -> int | None:
    """The whole number in `name`, or None where it is absent."""
    value = properties.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise _unfit(name, "a whole number", value)
    return value


def items(properties: Properties, name: str) -> Sequence[Value]:
    """The list in `name`; empty where it is absent."""
    value = properties.get(name)
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _unfit(name, "a list", value)
    return value


def texts(properties: Properties, name: str) -> list[str]:
    """The list of texts in `name`; empty where it is absent."""
    found = [item for item in items(properties, name) if isinstance(item, str)]
    if len(found) != len(items(properties, name)):
        raise _unfit(name, "a list of texts", properties.get(name))
    return found


def table(properties: Properties, name: str) -> Properties:
    """The object in `name`; empty where it is absent."""
    value = properties.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _unfit(name, "an object", value)
    return value


def _unfit(name: str, expected: str, value: Value) -> RequestError:
    return RequestError(f"property `{name}` is a value of kind `{type(value).__name__}`, expected {expected}")
