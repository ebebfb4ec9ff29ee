"""XML as AWS writes it in answers and reads it in requests: one strict reader on expat, and one writer.

Names are read without their namespaces' prefixes, attributes are not looked at: AWS's protocols say nothing with either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError, ParserCreate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Content = str | Iterable[str]

__all__ = ["Element", "XmlError", "copied", "document", "element", "leaf_texts", "parse_xml", "printable", "text"]

MAX_DEPTH = 12
MAX_ELEMENTS = 50_000


class XmlError(ValueError):
    """Not well-formed, with a document type, too deep or too large."""


class Element:
    """An element: its name, the text before its first child, and its children."""

    __slots__ = ("children", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        self.children: list[Element] = []

    def find(self, name: str) -> Element | None:
        """The first child of this name."""
        return next(self.find_all(name), None)

    def find_all(self, name: str) -> Iterator[Element]:
        """The children of this name in their order."""
        return (child for child in self.children if child.name == name)


def parse_xml(data: bytes) -> Element:
    """The root element of a document. Raises XmlError."""
    root = Element("")
    path, count = [root], 0

    def start(name: str, attributes: object) -> None:
        nonlocal count
        count += 1
        if len(path) > MAX_DEPTH or count > MAX_ELEMENTS:
            raise XmlError("the document is too deep or too large")
        child = Element(name.rpartition(":")[2])
        path[-1].children.append(child)
        path.append(child)

    def end(name: str) -> None:
        path.pop()

    def characters(data: str) -> None:
        if not path[-1].children:
            path[-1].text += data

    def refuse(*declaration: object) -> None:
        # SECURITY: a document type brings entities, which grow without bound or read files.
        raise XmlError("the document declares a type")

    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (ExpatError, LookupError) as error:  # LookupError: an encoding that Python does not have
        raise XmlError(str(error)) from None
    return root.children[0]


def leaf_texts(data: bytes) -> dict[str, str]:
    """The text of each element without children that has some, the first of its name. None of them where `data` is not XML."""
    found: dict[str, str] = {}
    try:
        waiting = [parse_xml(data)]
    except XmlError:
        return found
    while waiting:
        one = waiting.pop()
        waiting += reversed(one.children)
        if not one.children and one.text.strip():
            found.setdefault(one.name, one.text)
    return found


def text(name: str, value: str | float | bool | None) -> str:
    """An element that holds text; nothing where `value` is None."""
    if value is None:
        return ""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{shown.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</{name}>"


def element(name: str, *content: Content) -> str:
    """An element that holds other elements, already written."""
    return f"<{name}>{joined(content)}</{name}>"


def copied(one: Element) -> str:
    """An element that was read, with all that is in it."""
    return element(one.name, *map(copied, one.children)) if one.children else text(one.name, one.text)


def document(root: str, namespace: str, *content: Content) -> bytes:
    """A document whose root has this namespace, none where it is empty."""
    declared = f' xmlns="{namespace}"' if namespace else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{declared}>{joined(content)}</{root}>'.encode()


def joined(content: Iterable[Content]) -> str:
    """Elements that are already written, in their order."""
    return "".join(part if isinstance(part, str) else "".join(part) for part in content)


def printable(message: str) -> str:
    """The message with `?` for the characters that XML 1.0 cannot hold."""
    return "".join(
        char if char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff" else "?" for char in message
    )
