"""URLs as a request needs them: taken apart, and a form's fields put together.

`urllib.parse` corrects and guesses; here what RFC 3986 does not allow is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bucketpass.digits import DIGITS, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LAST_PORT", "Url", "form_encoded", "parse_url"]

LAST_PORT = 65_535
DEFAULT_PORTS = {"http": 80, "https": 443}
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
NEVER_IN_A_URL = frozenset(' "<>\\^`{|}')


class Url(NamedTuple):
    """An http or https URL. `host` is in lower case, without the brackets of IPv6; `target` is the path and the query."""

    scheme: str
    user: str
    authority: str
    host: str
    port: int
    target: str

    @property
    def is_in_clear(self) -> bool:
        """True if a request goes to another machine without TLS."""
        numbers = self.host.replace(".", "")
        is_loopback = self.host in {"localhost", "::1"} or (self.host.startswith("127.") and DIGITS.issuperset(numbers))
        return self.scheme == "http" and not is_loopback

    def __repr__(self) -> str:
        # SECURITY: `user` may hold the password of a proxy.
        return f"Url({self.scheme}://{self.authority})"


def parse_url(text: str) -> Url:
    """The parts of an http or https URL. Raises ConnectionError where `text` is not one."""
    scheme, _, rest = text.partition("#")[0].partition("://")
    scheme = scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise ConnectionError(f"`{scheme[:80]}` is not an http or https URL")
    end = min((rest.index(mark) for mark in "/?" if mark in rest), default=len(rest))
    user, _, authority = rest[:end].rpartition("@")
    host, after = split_authority(authority)
    port = after.removeprefix(":")
    # SECURITY: what a URL cannot hold could be read as one host here and as another elsewhere.
    possible = text.isascii() and text.isprintable() and NEVER_IN_A_URL.isdisjoint(text) and after[:1] in {"", ":"}
    number = whole_number(port, LAST_PORT) if port else DEFAULT_PORTS[scheme]
    if not possible or not host or not number:
        raise ConnectionError(f"`{authority}` is not a host and port")
    target = rest[end:] if rest[end:].startswith("/") else f"/{rest[end:]}"
    return Url(scheme, user, authority, host.lower(), number, target)


def split_authority(authority: str) -> tuple[str, str]:
    """The host, and what follows it: a colon with the port, or nothing."""
    if authority.startswith("["):
        host, closed, after = authority[1:].partition("]")
        return host if closed else "", after
    host, colon, port = authority.partition(":")
    return host, colon + port


def form_encoded(fields: Mapping[str, str]) -> bytes:
    """The fields as application/x-www-form-urlencoded, a space as `%20`: Ceph takes a `+` for a plus sign."""
    return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in fields.items()).encode()


def quoted(text: str) -> str:
    """The text with everything percent-encoded that RFC 3986 does not call unreserved."""
    if UNRESERVED.issuperset(text):
        return text
    return "".join(chr(byte) if chr(byte) in UNRESERVED else f"%{byte:02X}" for byte in text.encode())
