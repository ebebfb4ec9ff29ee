"""S3's XML: answers in its namespace, and its refusal of what clients send and its schema does not have.

Source: S3 API reference; the namespace is that of its schema.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.server import ServerResponse
from bucketpass.wire.xml import Element, XmlError, document, element, parse_xml, text

__all__ = ["NAMESPACE", "access_control_policy", "malformed_xml", "owner", "parse_body", "text_of", "xml_response"]

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


@lru_cache(maxsize=64)
def owner(account: str, name: str = "Owner") -> str:
    """The element that names the account by its canonical user ID, which is the same wherever S3 shows it."""
    return element(name, _canonical_user(account))


def _canonical_user(account: str) -> str:
    return text("ID", hashlib.sha256(f"canonical user of {account}".encode()).hexdigest()) + text("DisplayName", "sandbox")


def access_control_policy(account: str, *, headers: Iterable[tuple[str, str]] = ()) -> ServerResponse:
    """The owner has everything, which is all that the ACL of an owner-enforced bucket or its objects can say."""
    schema = "http://www.w3.org/2001/XMLSchema-instance"
    grantee = f'<Grantee xmlns:xsi="{schema}" xsi:type="CanonicalUser">{_canonical_user(account)}</Grantee>'
    grants = element("AccessControlList", element("Grant", grantee, text("Permission", "FULL_CONTROL")))
    return xml_response("AccessControlPolicy", owner(account), grants, headers=headers)


def malformed_xml() -> AwsError:
    """What S3 says of a document that is not what its schema asks for."""
    return AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
