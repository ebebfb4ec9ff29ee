"""Shapes: what may stand at a place of a declaration.

Each shape reads a YAML node into a value, or notes what is wrong with it and returns `WRONG`; the reading goes on, so that all
mistakes come out at once. A declaration that is given as values, such as a component's arguments, is read by the same shapes.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Protocol

import yaml

from bucketpass.digits import duration_seconds, whole_number
from bucketpass.model.notes import TAG, WRONG, Notes, found, nearest, pairs

__all__ = [
    "ANY_TEXT",
    "Boolean",
    "Choice",
    "Count",
    "Duration",
    "Either",
    "JsonObject",
    "JsonSchema",
    "ListOf",
    "MapOf",
    "Moment",
    "Shape",
    "Text",
    "Wrapped",
]

JsonSchema = dict[str, object]


ANY_TEXT = r"[\s\S]+"


def _tags(*kinds: str) -> frozenset[str]:
    return frozenset(TAG + kind for kind in kinds)


# Numbers and dates are taken as they are written: an ID need not be quoted.
TEXTS = _tags("str", "int", "float", "timestamp")
STRINGS, BOOLEANS, INTEGERS = _tags("str"), _tags("bool"), _tags("int")
DURATIONS, MOMENTS = _tags("str", "int"), _tags("str", "timestamp")


class Shape(Protocol):
    """What may stand at a place."""

    def __hash__(self) -> int:
        """A shape is a value."""
        ...

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return the value of the node, or WRONG."""
        ...

    def schema(self) -> JsonSchema:
        """Return the same as JSON Schema."""
        ...


def _scalar(node: yaml.Node, tags: frozenset[str]) -> str | None:
    return node.value if node.tag in tags and isinstance(node, yaml.ScalarNode) else None


@cache
def _fullmatch(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(pattern, re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class Text:
    """Text that matches `pattern`. around: a pattern whose groups are what people write around it, and which does not belong there.

    example: one that is right, for text that is only part of one.
    """

    words: str = "text"
    pattern: str = ANY_TEXT
    around: str = ""
    example: str = ""

    def matches(self, text: str) -> bool:
        """True if the whole text matches."""
        return bool(text) if self.pattern == ANY_TEXT else _fullmatch(self.pattern)(text) is not None

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return the text as written."""
        text = _scalar(node, TEXTS)
        if text is not None and self.matches(text):
            return text
        return notes.wrong(node, path, f"got {found(node)}, expected {self.words}", self._remedy(node, text, notes))

    def _remedy(self, node: yaml.Node, text: str | None, notes: Notes) -> str:
        if text is not None:
            return self.unwanted_in(text) or (f"write it in full, such as `{self.example}`" if self.example else "")
        if isinstance(node, yaml.MappingNode):
            inner = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            return next((notes.belongs(name, ()) for name in inner if name in notes.homes), "")
        return "write it in quotes" if node.tag in BOOLEANS else ""

    def unwanted_in(self, text: str) -> str:
        """Return the remedy for text with something around it that does not belong there, else nothing."""
        match = _fullmatch(self.around)(text) if self.around else None
        return f"remove {' and '.join(f'`{group}`' for group in match.groups() if group)}" if match and any(match.groups()) else ""

    def schema(self) -> JsonSchema:
        """Text or a number, since YAML reads an unquoted ID as a number."""
        return {"type": ["string", "number"], "pattern": f"^(?:{self.pattern})$"}


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return the truth value."""
        text = _scalar(node, BOOLEANS)
        if text is None:
            return notes.wrong(node, path, f"got {found(node)}, expected `true` or `false`")
        return text.lower() in {"true", "yes", "on"}

    def schema(self) -> JsonSchema:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number from `low` to `high`."""

    low: int
    high: int

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return the number."""
        text = _scalar(node, INTEGERS)
        number = whole_number(text or "")
        if number is None or not self.low <= number <= self.high:
            return notes.wrong(node, path, f"got {found(node)}, expected a number from {self.low} to {self.high}")
        return number

    def schema(self) -> JsonSchema:
        """An integer with its bounds."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time such as `4h`, `90m` or `1h30m`, in seconds; a bare number is seconds."""

    low: int
    high: int

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return the seconds."""
        text = _scalar(node, DURATIONS) or ""
        seconds = duration_seconds(text)
        least, most = f"{self.low // 60}m", f"{self.high // 3600}h"
        if seconds is None:
            remedy = f"write a number and its unit without a blank, from `{least}` to `{most}`"
            return notes.wrong(node, path, f"got {found(node)}, expected a duration such as `4h`, `90m` or `3600s`", remedy)
        if not self.low <= seconds <= self.high:
            remedy = f"write `{least}`" if seconds < self.low else f"write `{most}`, the longest that there is"
            return notes.wrong(node, path, f"got {found(node)}, expected {least} to {most}", remedy)
        return seconds

    def schema(self) -> JsonSchema:
        """Text with units, or seconds."""
        return {"type": ["string", "integer"], "pattern": r"^(?:([0-9]+[hms])+|[0-9]+)$", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time with its offset from UTC."""

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return the time, aware."""
        text = _scalar(node, MOMENTS) or ""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            return notes.wrong(node, path, f"got {found(node)}, expected a time with its zone such as `2026-12-31T18:00:00Z`")
        return moment

    def schema(self) -> JsonSchema:
        """An RFC 3339 time."""
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `options`, made into a value by `build`; or `other` text. remedies: what to do in place of words that people expect here."""

    options: tuple[str, ...]
    build: Callable[[str], object] = str
    other: Text | None = None
    remedies: tuple[tuple[str, str], ...] = ()

    @property
    def expected(self) -> str:
        """What may stand there, in words."""
        words = ", ".join(f"`{word}`" for word in self.options)
        return f"one of {words}" if self.other is None else f"{words} or {self.other.words}"

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return what `build` makes of the word, or the other text."""
        text = _scalar(node, STRINGS)
        if text is None or text not in self.options:
            if text is not None and self.other is not None and self.other.matches(text):
                return text
            close = difflib.get_close_matches(text or "", self.options, n=1)
            remedy = dict(self.remedies).get(text or "") or (f"did you mean `{close[0]}`?" if close else "")
            return notes.wrong(node, path, f"got {found(node)}, expected {self.expected}", remedy)
        return self.build(text)

    def schema(self) -> JsonSchema:
        """The words."""
        words: JsonSchema = {"enum": list(self.options)}
        return words if self.other is None else {"anyOf": [words, self.other.schema()]}


@dataclass(frozen=True, slots=True)
class ListOf:
    """Several of `item`; one may stand without its list."""

    item: Shape

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return a tuple, without the items that are wrong."""
        items = node.value if isinstance(node, yaml.SequenceNode) else (node,)
        read = tuple([self.item.read(item, f"{path}[{index}]", notes) for index, item in enumerate(items)])
        return tuple(value for value in read if value is not WRONG) if WRONG in read else read

    def schema(self) -> JsonSchema:
        """An array, or one item."""
        return {"anyOf": [self.item.schema(), {"type": "array", "items": self.item.schema()}]}


@dataclass(frozen=True, slots=True)
class MapOf:
    """Names, each with an `item`."""

    item: Shape
    words: str
    key: Shape = Text("a name of letters, digits, `.`, `_` and `-`", r"[A-Za-z0-9][A-Za-z0-9._-]*")

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return a dict, without the entries that are wrong."""
        if not isinstance(node, yaml.MappingNode):
            return notes.wrong(node, path, f"got {found(node)}, expected {self.words}")
        read: dict[object, object] = {}
        for text, key_node, value in pairs(node, path, notes):
            here = f"{path}.{text}"
            name = self.key.read(key_node, here, notes)
            item = self.item.read(value, here, notes)
            if name is not WRONG and item is not WRONG:
                read[name] = item
        return read

    def schema(self) -> JsonSchema:
        """An object with named entries."""
        return {"type": "object", "propertyNames": self.key.schema(), "additionalProperties": self.item.schema()}


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A mapping of the one name `name`, which stands for its value."""

    name: str
    item: Shape

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return the value below the name."""
        values: list[object] = []
        if isinstance(node, yaml.MappingNode):
            for name, key, value in pairs(node, path, notes):
                where = f"{path}.{name}"
                if name == self.name:
                    values.append(self.item.read(value, where, notes))
                else:
                    notes.wrong(key, where, f"got the unknown field `{name}`, expected `{self.name}`", nearest(name, (self.name,)))
        return values[0] if values else notes.wrong(node, path, f"`{self.name}` is missing", f"add `{self.name}:`")

    def schema(self) -> JsonSchema:
        """An object with the one name."""
        return {
            "type": "object",
            "properties": {self.name: self.item.schema()},
            "required": [self.name],
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class JsonObject:
    """A mapping that becomes the text of a JSON object. Dates are text, as they are in policies."""

    words: str

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return the text, in the order of the mapping."""
        before = len(notes.mistakes)
        value = self._plain(node, path, notes)
        return WRONG if len(notes.mistakes) > before else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def _plain(self, node: yaml.Node, path: str, notes: Notes) -> object:
        match node:
            case yaml.MappingNode():
                return {name: self._plain(value, f"{path}.{name}", notes) for name, _, value in pairs(node, path, notes)}
            case yaml.SequenceNode():
                return [self._plain(item, f"{path}[{index}]", notes) for index, item in enumerate(node.value)]
        if node.tag in BOOLEANS:
            return node.value.lower() in {"true", "yes", "on"}
        number = whole_number(str(node.value)) if node.tag in INTEGERS else None
        if number is not None:
            return number
        return node.value if node.tag in TEXTS else notes.wrong(node, path, f"got {found(node)} in {self.words}, expected text")

    def schema(self) -> JsonSchema:
        """An object."""
        return {"type": "object"}


@dataclass(frozen=True, slots=True)
class Either:
    """A mapping of one kind, or else a scalar of another."""

    scalar: Shape
    mapping: Shape

    def read(self, node: yaml.Node, path: str, notes: Notes) -> object:
        """Return the value of whichever it is."""
        return (self.mapping if isinstance(node, yaml.MappingNode) else self.scalar).read(node, path, notes)

    def schema(self) -> JsonSchema:
        """Either of the two."""
        return {"anyOf": [self.scalar.schema(), self.mapping.schema()]}
