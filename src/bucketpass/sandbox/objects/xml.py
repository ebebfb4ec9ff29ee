"""XML for S3's answers, and the strict reading of what clients send.

Source: S3 API reference; the namespace is that of its schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerResponse

__all__ = ["Element", "element", "malformed_xml", "parse_xml", "text", "text_of", "xml_response"]

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
MAX_DEPTH = 12
MAX_ELEMENTS = 50_000

Element = ElementTree.Element


Content = str | Iterable[str]


def _joined(content: Iterable[Content]) -> str:
    return "".join(part if isinstance(part, str) else "".join(part) for part in content)


def element(name: str, *content: Content) -> str:
    """An element that holds other elements, already written."""
    return f"<{name}>{_joined(content)}</{name}>"


def text(name: str, value: str | float | bool | None) -> str:
    """An element that holds text; nothing where `value` is None."""
    if value is None:
        return ""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(shown)}</{name}>"


def xml_response(root: str, *content: Content, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> ServerResponse:
    """A response whose body is the element `root` in S3's namespace."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{_joined(content)}</{root}>'
    return ServerResponse(status, [("Content-Type", "application/xml"), *headers], body.encode())


def parse_xml(data: bytes, root: str) -> Element:
    """The element `root` that `data` is, its names without namespaces. Raises AwsError."""
    # SECURITY: entities can grow without bound or read files, so a document that declares a type is not looked at.
    parser = ParserCreate()
    builder = ElementTree.TreeBuilder()
    depth, count = 0, 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise ValueError("too deep or too large")
        builder.start(name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name.rpartition(":")[2])

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
        found = builder.close()
    except (ExpatError, ValueError, AssertionError, LookupError):
        raise malformed_xml() from None
    if found.tag != root:
        raise malformed_xml()
    return found


def text_of(parent: Element, name: str) -> str | None:
    """The text of the child of this name; None where there is none. Raises AwsError where there are several."""
    children = parent.findall(name)
    if len(children) > 1:
        raise malformed_xml()
    return (children[0].text or "") if children else None


def malformed_xml() -> AwsError:
    """What S3 says of a document that is not what its schema asks for."""
    return AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
