"""YAML nodes: composed from a text, or made of values that a program holds; and where a path leads in them."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from datetime import date
from enum import Enum
from functools import cache
from pathlib import Path

import yaml

from bucketpass.digits import whole_number
from bucketpass.errors import DeclarationError, Place
from bucketpass.model.notes import TAG

__all__ = ["NodeIndex", "composed", "file_text", "made_node"]

BOUNDARY = re.compile(r"[.\[]")
FILE_BYTES = 16 * 1024 * 1024
# The C parser is ten times as fast, and its messages are poorer; larger texts than this are not parsed again for a better one.
PARSED_AGAIN = 1024 * 1024
EXPANDED_VALUES = 2_000_000
FAST: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def file_text(path: Path) -> str:
    """Return the text of a file. Raises `DeclarationError` for what is not a readable UTF-8 file of a sensible size."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a file"
            raise DeclarationError(f"`{path}` is {kind}, expected a declaration", remedy="name the access.yaml", place=Place(str(path)))
        if status.st_size > FILE_BYTES:
            raise DeclarationError(
                f"`{path}` has {status.st_size} bytes, expected at most {FILE_BYTES}", remedy="split the declaration in several files"
            )
        text = path.read_bytes().decode()
    except FileNotFoundError:
        remedy = "bucketpass init writes one" if path == Path("access.yaml") else "name a file that is there; `bucketpass init` writes one"
        raise DeclarationError(f"`{path}` does not exist", remedy=remedy, place=Place(str(path))) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DeclarationError(
            f"`{path}` cannot be read: {reason}", remedy="name a file that you can read", place=Place(str(path))
        ) from None
    except UnicodeDecodeError as error:
        raise DeclarationError(f"`{path}` is not UTF-8 at byte {error.start}", remedy="save it as UTF-8") from None
    if "\0" in text:
        raise DeclarationError(f"`{path}` has NUL bytes, as UTF-16 has", remedy="save it as UTF-8")
    return text


def composed(text: str, file: str) -> yaml.Node:
    """Return the root node of a YAML text. Raises `DeclarationError` with the place where it is not YAML."""
    try:
        root = _composed(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise _not_yaml(text, file, error) from None
    if root is None:
        raise DeclarationError("the file is empty, expected a declaration", remedy="bucketpass init writes one", place=Place(file, 1, 1))
    if "&" in text:
        _refuse_endless(root, file)
    return root


def _composed(text: str) -> yaml.Node | None:
    loader = FAST(text)
    # The same words stand in a declaration again and again: which type a word is of is looked up once.
    loader.resolve = cache(loader.resolve)
    try:
        node: yaml.Node | None = loader.get_single_node()
    finally:
        del loader.resolve
        loader.dispose()
    return node


def _refuse_endless(root: yaml.Node, file: str) -> None:
    """Raise `DeclarationError` for an alias inside of what it stands for, and for more values than a file has without aliases."""
    sizes: dict[int, int] = {}  # 0: of a node that is being counted
    waiting = [root]
    while waiting:
        node = waiting[-1]
        inner = _children(node)
        if id(node) not in sizes:
            sizes[id(node)] = 0
            open_again = next((child for child in inner if sizes.get(id(child)) == 0), None)
            if open_again is not None:
                place = Place(file, open_again.start_mark.line + 1, open_again.start_mark.column + 1)
                raise DeclarationError("got an alias inside of what it stands for", remedy="write out what is meant", place=place)
            waiting += [child for child in inner if id(child) not in sizes]
            continue
        waiting.pop()
        sizes[id(node)] = sizes[id(node)] or 1 + sum(sizes[id(child)] for child in inner)
        if sizes[id(node)] > EXPANDED_VALUES:
            place = Place(file, node.start_mark.line + 1, node.start_mark.column + 1)
            message = f"got aliases that stand for more than {EXPANDED_VALUES:,} values"
            raise DeclarationError(message, remedy="write out what is meant", place=place)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


# By what the parser found.
REMEDIES = {"'\\t'": "indent with blanks, not tabs", "another document": "keep one document in the file"}


def _not_yaml(text: str, file: str, error: Exception) -> DeclarationError:
    if len(text) <= PARSED_AGAIN:
        try:
            yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError) as better:
            error = better
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, error.position - before.rfind("\n"))
        return DeclarationError(f"not YAML: it has the character U+{error.character:04X}", remedy="remove it", place=place)
    if not isinstance(error, yaml.MarkedYAMLError):
        message = str(error).partition("\n")[0] or "it is nested too deeply"
        return DeclarationError(f"not YAML: {message}", remedy="correct the YAML", place=Place(file))
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    remedy = next((words for part, words in REMEDIES.items() if part in (error.problem or "")), "correct the YAML here")
    return DeclarationError(f"not YAML: {error.problem or error.context}", remedy=remedy, place=place)


def made_node(value: object, path: str, file: str) -> yaml.Node:
    """Return the node of plain values, without a line. Raises `DeclarationError` with the path of what no file could say."""
    match value:
        case None:
            return yaml.ScalarNode(f"{TAG}null", "")
        case bool():
            return yaml.ScalarNode(f"{TAG}bool", str(value).lower())
        case Enum():
            return made_node(value.value, path, file)
        case str():
            return yaml.ScalarNode(f"{TAG}str", value)
        case float() if value.is_integer():  # numbers come over Pulumi's wire as floating-point ones
            return yaml.ScalarNode(f"{TAG}int", str(int(value)))
        case int() | float():
            return yaml.ScalarNode(f"{TAG}{type(value).__name__}", str(value))
        case date():
            return yaml.ScalarNode(f"{TAG}timestamp", value.isoformat())
        case Mapping():
            pairs = [
                (made_node(name, path, file), made_node(item, f"{path}.{name}" if path else str(name), file))
                for name, item in value.items()
                if item is not None
            ]
            return yaml.MappingNode(f"{TAG}map", pairs)
        case list() | tuple():
            return yaml.SequenceNode(f"{TAG}seq", [made_node(item, f"{path}[{number}]", file) for number, item in enumerate(value)])
    raise DeclarationError(
        f"got a value of type `{type(value).__name__}`, expected text, a number, true or false, a list or a mapping",
        remedy="give a plain value",
        place=Place(file, path=path),
    )


class NodeIndex:
    """The nodes below a root, found by path."""

    def __init__(self, root: yaml.Node) -> None:
        self._root = root
        self._entries: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}

    def at(self, path: str) -> yaml.Node:
        """Return the node of `path`; if that is not written, the nearest one around it. A field is found at its name."""
        node, found, rest = self._root, self._root, path
        while rest:
            if rest.startswith("["):
                index, _, rest = rest[1:].partition("]")
                items = node.value if isinstance(node, yaml.SequenceNode) else [node]
                number = whole_number(index, len(items) - 1)
                if number is None:
                    break
                node = found = items[number]
            else:
                name = self._name(node, rest)
                if name is None:
                    break
                found, node = self._entries[id(node)][name]
                rest = rest[len(name) :]
            rest = rest.removeprefix(".")
        return found

    def _name(self, node: yaml.Node, path: str) -> str | None:
        """The name in a mapping that the path begins with: the longest, since names may have dots."""
        if not isinstance(node, yaml.MappingNode):
            return None
        if id(node) not in self._entries:
            pairs = reversed([(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)])
            self._entries[id(node)] = {key.value: (key, value) for key, value in pairs}
        ends = [*(mark.start() for mark in BOUNDARY.finditer(path)), len(path)]
        return next((path[:end] for end in reversed(ends) if path[:end] in self._entries[id(node)]), None)
