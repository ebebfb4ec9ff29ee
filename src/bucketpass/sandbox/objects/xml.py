"""S3's XML: answers in its namespace, and its refusal of what clients send and its schema does not have.

Source: S3 API reference; the namespace is that of its schema.
"""

from __future__ import annotations

from collections.abc import Iterable

from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import Element, XmlError, document, parse_xml

__all__ = ["NAMESPACE", "malformed_xml", "parse_body", "text_of", "xml_response"]

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def xml_response(root: str, *content: str | Iterable[str], status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> ServerResponse:
    """A response whose body is the element `root` in S3's namespace."""
    return ServerResponse(status, [("Content-Type", "application/xml"), *headers], document(root, NAMESPACE, *content))


def parse_body(data: bytes, root: str) -> Element:
    """The element `root` that `data` is. Raises AwsError."""
    try:
        found = parse_xml(data)
    except XmlError:
        raise malformed_xml() from None
    if found.name != root:
        raise malformed_xml()
    return found


def text_of(parent: Element, name: str) -> str | None:
    """The text of the child of this name; None where there is none. Raises AwsError where there are several."""
    children = list(parent.find_all(name))
    if len(children) > 1:
        raise malformed_xml()
    return children[0].text if children else None


def malformed_xml() -> AwsError:
    """What S3 says of a document that is not what its schema asks for."""
    return AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
