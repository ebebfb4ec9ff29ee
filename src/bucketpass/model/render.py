"""A declaration as the text of an access.yaml that is read back equal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import yaml

from bucketpass.model.access import Access
from bucketpass.model.declaration import DECLARATION
from bucketpass.model.notes import TAG
from bucketpass.model.record import Record, RecordField
from bucketpass.model.shape import Duration, ListOf, MapOf, Shape

__all__ = ["access_text", "access_tree", "default_words", "duration_text", "record_tree", "scalar_text", "tree_text"]

PLAIN = re.compile(r"[A-Za-z/_]([A-Za-z0-9_./:@+-]*[A-Za-z0-9_./-])?")
RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})  # some readers take them for other values


def access_text(access: Access) -> str:
    """Return the text: only what differs from the defaults is written."""
    return tree_text(access_tree(access))


def tree_text(tree: Mapping[str, Any]) -> str:
    """Return plain values as YAML that every reader takes for the same values."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def scalar_text(text: str) -> str:
    """Return text as a YAML scalar on one line, also within `[...]`: bare if every reader takes that for this very text, else quoted."""
    if PLAIN.fullmatch(text) and text.lower() not in RESERVED and yaml.safe_load(text) == text:
        return text
    # JSON's quotes are YAML's too, but what is above U+FFFF it escapes in two halves.
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\U{ord(character):08x}" for character in quoted)


def access_tree(access: Access) -> dict[str, Any]:
    """Return the declaration as plain values, as a file spells them."""
    return record_tree(DECLARATION, access)


def duration_text(seconds: int) -> str:
    """Return `4h` for 14,400 seconds, `90m` for 5,400, `901s` for 901."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def default_words(one: RecordField) -> str:
    """Return the default in words, if it says anything: nothing, an empty list and an empty text do not."""
    value = one.default if one.absent is None else one.absent
    value = value.value if isinstance(value, Enum) else value
    if isinstance(value, bool):
        return f" (default {str(value).lower()})"
    if isinstance(one.shape, Duration):
        return f" (default {duration_text(int(str(value)))})"
    if isinstance(value, int):
        return f" (default {value})"
    return f" (default `{value}`)" if isinstance(value, str) and value else ""


def record_tree(record: Record, value: object) -> dict[str, Any]:
    """Return a value of the record as plain values."""
    tree: dict[str, Any] = {}
    for one in record.fields:
        held = getattr(value, one.attribute)
        if one.rest:
            tree = {**tree, **held}
        elif one.required or held != (one.default if one.absent is None else one.absent):
            tree[one.name] = _plain(one.shape, held)
    return tree


def _plain(shape: Shape, value: object) -> Any:
    match shape:
        case Record():
            return record_tree(shape, value)
        case ListOf() if isinstance(value, tuple):
            return [_plain(shape.item, item) for item in value]
        case MapOf() if isinstance(value, Mapping):
            return {_plain(shape.key, name): _plain(shape.item, item) for name, item in value.items()}
        case Duration() if isinstance(value, int):
            return duration_text(value)
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
    return value


class _Dumper(yaml.SafeDumper):
    """Repeats equal values in place of anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # U+0085 would be written as it is and read as a line's end.
    return dumper.represent_scalar(f"{TAG}str", text, style=None if text.isprintable() else '"')


_Dumper.add_representer(str, _text)
