"""What is noted while a declaration is read: mistakes with their places, in words that say what was found and what is near."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import yaml

from bucketpass.errors import Diagnostic, Place
from bucketpass.findings import printable

__all__ = ["MERGE", "MERGE_KEY", "NULL", "TAG", "TOP", "WRONG", "Notes", "found", "nearest", "pairs"]


class _Wrong(Enum):
    WRONG = "wrong"


WRONG: Final = _Wrong.WRONG
TAG = "tag:yaml.org,2002:"
NULL, MERGE = TAG + "null", TAG + "merge"
TOP = "the top of the file"
MERGE_KEY = "the merge key `<<`"
KINDS = {"map": "a mapping", "seq": "a list", "str": "text", "int": "a number", "bool": "true or false", "null": "nothing"}


@dataclass(slots=True)
class Notes:
    """What is wrong with a file that is being read. homes: by the name of a field, the records that have it."""

    file: str
    homes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mistakes: list[Diagnostic] = field(default_factory=list)

    def wrong(self, node: yaml.Node, path: str, message: str, remedy: str = "") -> _Wrong:
        """Note a mistake at the node's place."""
        self.mistakes.append(Diagnostic("declaration", printable(message), remedy, self.place(node, path)))
        return WRONG

    def place(self, node: yaml.Node, path: str) -> Place:
        """Return where the node stands: its line and column, if it has been read from a file."""
        mark = node.start_mark
        return Place(self.file, path=path) if mark is None else Place(self.file, mark.line + 1, mark.column + 1, path)

    def is_section(self, path: str) -> bool:
        """Return whether what stands at `path` has the name of a section of the whole file, one level too deep."""
        return "." in path and TOP in self.homes.get(path.rpartition(".")[2], ())

    def belongs(self, name: str, known: Iterable[str]) -> str:
        """Return the remedy for an unknown field: where it belongs, or else the nearest field that is known here."""
        if name in self.homes:
            return f"`{name}` belongs in {' or '.join(self.homes[name])}"
        return nearest(name, known)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a remedy that names the nearest known word, or all of them if none is near."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"known: {', '.join(f'`{name}`' for name in names)}" if names else ""


def found(node: yaml.Node) -> str:
    """Return the node in words: its text if that is short, else its kind."""
    kind = node.tag.removeprefix(TAG)
    if isinstance(node, yaml.ScalarNode) and kind != "null":
        return f"`{node.value}`" if len(node.value) <= 60 else f"`{node.value[:57]}...`"
    return KINDS.get(kind, f"`{node.tag}`")


def pairs(node: yaml.MappingNode, path: str, notes: Notes) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Yield names with their key and value nodes. Keys that stand twice, or that are not text, are noted and left out."""
    seen: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            notes.wrong(key, path, f"got {found(key)} as a key, expected a name")
        elif key.tag == MERGE:
            notes.wrong(key, path, f"got {MERGE_KEY}, expected each field to be written out", "copy the fields")
        elif key.value in seen:
            mark = seen[key.value].start_mark
            first = "" if mark is None else f", first on line {mark.line + 1}"
            notes.wrong(key, f"{path}.{key.value}" if path else key.value, f"got `{key.value}` twice{first}", "keep one of them")
        else:
            seen[key.value] = key
            yield key.value, key, value
