"""Templates: text with `<<name>>` where a value goes, quoted as the file's format asks for.

A line whose value is None is left out. A line that has `<<list.field>>` is there once for each record of the list; a field
of several values has commas between them. There is nothing else: no branches, no loops over blocks.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files

from bucketpass.errors import InvalidInput
from bucketpass.model.render import scalar_text

__all__ = ["QUOTES", "Records", "Value", "fill", "read_template"]

Records = Sequence[Mapping[str, str | int | tuple[str, ...]]]
Value = str | int | None | Records

PLACE = re.compile(r"<<(\w+)(?:\.(\w+))?>>")
# YAML reads these characters as nothing but themselves, in flow and block style, at the start and inside of a scalar.


def read_template(name: str) -> str:
    """The text of `templates/<name>`."""
    return (files("bucketpass.configure") / "templates" / name).read_text()


def fill(template: str, values: Mapping[str, Value], quote: Callable[[str], str]) -> str:
    """The template with its values. Raises `KeyError` for a place that has none, `InvalidInput` where one cannot be written."""
    return "".join(line for written in template.splitlines(keepends=True) for line in _lines(written, values, quote))


def _lines(line: str, values: Mapping[str, Value], quote: Callable[[str], str]) -> Iterator[str]:
    places = PLACE.findall(line)
    lists = {name for name, field in places if field}
    if any(not field and values[name] is None for name, field in places):
        return
    for record in _records(values[next(iter(lists))]) if lists else ({},):

        def written(place: re.Match[str], record: Mapping[str, str | int | tuple[str, ...]] = record) -> str:
            name, field = place.groups()
            value = record[field] if field else values[name]
            if isinstance(value, tuple):
                return ", ".join(map(quote, value))
            return str(value) if isinstance(value, int) else quote(str(value))

        yield PLACE.sub(written, line)


def _records(value: Value) -> Records:
    if value is None or isinstance(value, str | int):
        raise TypeError("a place with a field needs a list of records")
    return value


def yaml_scalar(text: str) -> str:
    """`text` as a YAML scalar."""
    return scalar_text(_one_line(text))


def systemd_word(text: str) -> str:
    """`text` in double quotes for a unit file, where `%` would start a specifier."""
    return '"' + _one_line(text).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def _one_line(text: str) -> str:
    # SECURITY: a line break in a value would add settings of its own to the file.
    if not text.isprintable():
        raise InvalidInput(f"`{text!r}` has characters that this file cannot hold", remedy="use printable characters on one line")
    return text


# The file's format -> how a value is written in it.
QUOTES: Mapping[str, Callable[[str], str]] = {
    "yaml": yaml_scalar,
    "json": json.dumps,
    "python": repr,
    "shell": shlex.quote,
    "ini": _one_line,
    "systemd": systemd_word,
    "text": _one_line,
}
