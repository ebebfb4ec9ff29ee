"""Shapes: what may stand at a place of access.yaml, for reading it and for the JSON Schema alike.

Each shape reads a YAML node into a value, or writes down what is wrong with it and gives `WRONG`; the reading goes on, so
that all mistakes come out at once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, Protocol

import yaml

from bucketpass.errors import Diagnostic, Place
from bucketpass.findings import printable

__all__ = [
    "WRONG",
    "Choice",
    "Count",
    "Duration",
    "Either",
    "Field",
    "Flag",
    "ListOf",
    "MapOf",
    "Moment",
    "Notes",
    "Record",
    "Shape",
    "Text",
    "nearest",
]

Schema = dict[str, object]


class _Wrong(Enum):
    WRONG = "wrong"


WRONG: Final = _Wrong.WRONG
TAG = "tag:yaml.org,2002:"
WORDS = {"map": "a mapping", "seq": "a list", "str": "text", "int": "a number", "bool": "true or false", "null": "nothing"}
SECONDS = {"h": 3600, "m": 60, "s": 1}


@dataclass(slots=True)
class Notes:
    """What is written down while a file is read: where things stand, and all mistakes."""

    file: str
    places: dict[str, Place] = field(default_factory=dict)
    mistakes: list[Diagnostic] = field(default_factory=list)

    def put(self, node: yaml.Node, path: str) -> None:
        """The place of `path` is known."""
        self.places[path] = Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1, path)

    def wrong(self, node: yaml.Node, path: str, message: str, remedy: str = "") -> _Wrong:
        """The mistake is written down at the node's place."""
        place = Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1, path)
        self.mistakes.append(Diagnostic("declaration", printable(message), remedy, place))
        return WRONG


class Shape(Protocol):
    """What may stand at a place."""

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """The value of the node, or WRONG."""
        ...

    def schema(self) -> Schema:
        """The same as JSON Schema."""
        ...


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest known word, or all of them where none is near."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"known: {', '.join(f'`{name}`' for name in names)}" if names else ""


def found(node: yaml.Node) -> str:
    """The node in words: its text where it is short, else its kind."""
    kind = node.tag.removeprefix(TAG)
    if isinstance(node, yaml.ScalarNode) and kind != "null":
        return f"`{node.value}`" if len(node.value) <= 60 else f"`{node.value[:57]}...`"
    return WORDS.get(kind, f"`{node.tag}`")


def _scalar(node: yaml.Node, *kinds: str) -> str | None:
    return node.value if isinstance(node, yaml.ScalarNode) and node.tag.removeprefix(TAG) in kinds else None


@dataclass(frozen=True, slots=True)
class Text:
    """Text that matches `pattern`. Numbers and dates are taken as they are written: an ID need not be quoted."""

    words: str = "text"
    pattern: str = r"[\s\S]+"

    @property
    def expression(self) -> re.Pattern[str]:
        """The pattern, compiled (`re` keeps it)."""
        return re.compile(self.pattern, re.ASCII)

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """The text, as written."""
        text = _scalar(node, "str", "int", "float", "timestamp")
        if text is None:
            remedy = "write it in quotes" if _scalar(node, "bool") else ""
            return notes.wrong(node, path, f"got {found(node)}, expected {self.words}", remedy)
        if self.expression.fullmatch(text) is None:
            return notes.wrong(node, path, f"got {found(node)}, expected {self.words}")
        return text

    def schema(self) -> Schema:
        """Text or a number, since YAML reads an unquoted ID as a number."""
        return {"type": ["string", "number"], "pattern": f"^(?:{self.pattern})$"}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """The truth value."""
        text = _scalar(node, "bool")
        if text is None:
            return notes.wrong(node, path, f"got {found(node)}, expected `true` or `false`")
        return text.lower() in {"true", "yes", "on"}

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number from `low` to `high`."""

    low: int
    high: int

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """The number."""
        text = _scalar(node, "int")
        if text is None or not text.isdecimal() or not self.low <= int(text) <= self.high:
            return notes.wrong(node, path, f"got {found(node)}, expected a number from {self.low} to {self.high}")
        return int(text)

    def schema(self) -> Schema:
        """An integer with its bounds."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time such as `4h`, `90m` or `1h30m`, in seconds; a bare number is seconds."""

    low: int
    high: int

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """The seconds."""
        text = _scalar(node, "str", "int") or ""
        parts = re.findall(r"(\d+)([hms]?)", text)
        if not re.fullmatch(r"(\d+[hms])+|\d+", text):
            return notes.wrong(node, path, f"got {found(node)}, expected a duration such as `4h`, `90m` or `3600s`")
        seconds = sum(int(number) * SECONDS[unit or "s"] for number, unit in parts)
        if not self.low <= seconds <= self.high:
            return notes.wrong(node, path, f"got {found(node)}, expected {self.low // 60}m to {self.high // 3600}h")
        return seconds

    def schema(self) -> Schema:
        """Text with units, or seconds."""
        return {"type": ["string", "integer"], "pattern": r"^(?:(\d+[hms])+|\d+)$", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time with its offset from UTC."""

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """The time, aware."""
        text = _scalar(node, "str", "timestamp") or ""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            return notes.wrong(node, path, f"got {found(node)}, expected a time with its zone such as `2026-12-31T18:00:00Z`")
        return moment

    def schema(self) -> Schema:
        """An RFC 3339 time."""
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `options`, made into a value by `build`."""

    options: tuple[str, ...]
    build: Callable[[str], object] = str

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """What `build` makes of the word."""
        text = _scalar(node, "str")
        if text is None or text not in self.options:
            close = difflib.get_close_matches(text or "", self.options, n=1)
            remedy = f"did you mean `{close[0]}`?" if close else ""
            expected = ", ".join(f"`{word}`" for word in self.options)
            return notes.wrong(node, path, f"got {found(node)}, expected one of {expected}", remedy)
        return self.build(text)

    def schema(self) -> Schema:
        """The words."""
        return {"enum": list(self.options)}


@dataclass(frozen=True, slots=True)
class ListOf:
    """Several of `item`. `single`: one may stand without its list."""

    item: Shape
    single: bool = True

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """A tuple, without those that are wrong."""
        if not isinstance(node, yaml.SequenceNode) and not self.single:
            return notes.wrong(node, path, f"got {found(node)}, expected a list", "write each on a line of its own after `- `")
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for index, item in enumerate(items):
            notes.put(item, f"{path}[{index}]")
        read = [self.item.read(item, f"{path}[{index}]", notes) for index, item in enumerate(items)]
        return tuple(value for value in read if value is not WRONG)

    def schema(self) -> Schema:
        """An array, or one item."""
        array: Schema = {"type": "array", "items": self.item.schema()}
        return {"anyOf": [self.item.schema(), array]} if self.single else array


def _pairs(node: yaml.MappingNode, path: str, notes: Notes) -> dict[str, tuple[yaml.ScalarNode, yaml.Node]]:
    """Key and value nodes by key. Keys that stand twice, or that are no text, are written down."""
    pairs: dict[str, tuple[yaml.ScalarNode, yaml.Node]] = {}
    for key, value in node.value:
        where = f"{path}.{key.value}" if path and isinstance(key, yaml.ScalarNode) else path
        if not isinstance(key, yaml.ScalarNode):
            notes.wrong(key, path, f"got {found(key)} as a key, expected a name")
        elif key.tag == TAG + "merge":
            notes.wrong(key, path, "got the merge key `<<`, expected each field to be written out")
        elif key.value in pairs:
            first = pairs[key.value][0].start_mark.line + 1
            notes.wrong(key, where, f"got `{key.value}` twice, first on line {first}", "keep one of them")
        else:
            pairs[key.value] = (key, value)
            notes.put(key, f"{path}.{key.value}" if path else key.value)
    return pairs


@dataclass(frozen=True, slots=True)
class MapOf:
    """Names, each with an `item`."""

    item: Shape
    words: str
    key: Shape = Text("a name of letters, digits, `.`, `_` and `-`", r"[A-Za-z0-9][A-Za-z0-9._-]*")

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """A dict, without those that are wrong."""
        if not isinstance(node, yaml.MappingNode):
            return notes.wrong(node, path, f"got {found(node)}, expected {self.words}")
        read: dict[object, object] = {}
        for text, (key_node, value) in _pairs(node, path, notes).items():
            name = self.key.read(key_node, f"{path}.{text}", notes)
            item = self.item.read(value, f"{path}.{text}", notes)
            if name is not WRONG and item is not WRONG:
                read[name] = item
        return read

    def schema(self) -> Schema:
        """An object with named entries."""
        return {"type": "object", "propertyNames": self.key.schema(), "additionalProperties": self.item.schema()}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record. `attribute`: its name in the Python form, where that differs."""

    name: str
    shape: Shape
    words: str
    required: bool = False
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with known fields, made into a value by `build`. `rest`: the attribute that takes all other fields, as text."""

    build: Callable[..., object]
    words: str
    fields: tuple[Field, ...]
    rest: str = ""

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """The value; fields that are wrong are left out of it, so that what else is wrong can be found. WRONG where a required one is."""
        values = self._values(node, path, notes)
        if any((one.attribute or one.name) not in values for one in self.fields if one.required):
            return WRONG
        return self.build(**values)

    def _values(self, node: yaml.Node, path: str, notes: Notes) -> dict[str, object]:
        if node.tag == TAG + "null":
            pairs: dict[str, tuple[yaml.ScalarNode, yaml.Node]] = {}
        elif isinstance(node, yaml.MappingNode):
            pairs = _pairs(node, path, notes)
        else:
            notes.wrong(node, path, f"got {found(node)}, expected {self.words}")
            return {}
        known = {one.name: one for one in self.fields}
        values: dict[str, object] = {}
        others: dict[str, object] = {}
        for name, (key, value) in pairs.items():
            where = f"{path}.{name}" if path else name
            if name in known:
                values[known[name].attribute or name] = known[name].shape.read(value, where, notes)
            elif self.rest:
                others[name] = Text().read(value, where, notes)
            else:
                notes.wrong(key, where, f"got the unknown field `{name}` in {self.words}", nearest(name, known))
        for one in self.fields:
            if one.required and one.name not in pairs:
                notes.wrong(node, path, f"`{one.name}` is missing in {self.words}", f"add `{one.name}:` ({one.words})")
        if self.rest:
            values[self.rest] = {name: value for name, value in others.items() if value is not WRONG}
        return {name: value for name, value in values.items() if value is not WRONG}

    def schema(self) -> Schema:
        """An object with its fields, their descriptions and which are required."""
        required = [one.name for one in self.fields if one.required]
        return {
            "type": "object",
            "description": self.words,
            "properties": {one.name: {"description": one.words, **one.shape.schema()} for one in self.fields},
            **({"required": required} if required else {}),
            "additionalProperties": Text().schema() if self.rest else False,
        }


@dataclass(frozen=True, slots=True)
class Either:
    """A mapping of one kind, or else a scalar of another."""

    scalar: Shape
    mapping: Shape

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """The value of whichever it is."""
        return (self.mapping if isinstance(node, yaml.MappingNode) else self.scalar).read(node, path, notes)

    def schema(self) -> Schema:
        """Either of the two."""
        return {"anyOf": [self.scalar.schema(), self.mapping.schema()]}
