"""Requests to an identity provider or metadata service over HTTP, with errors that repeat its error code and description."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from bucketpass.errors import IdentityError
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest, Send

__all__ = ["ACCEPT", "ask", "ask_json", "discovery_url", "form", "token_field"]

# As AWS asks: a kube-apiserver answers its key set as the first alone (RFC 7517, section 8.5), and 406 to whoever does not take it.
ACCEPT = ("Accept", "application/jwk-set+json, application/json")
ASK_SECONDS = 10.0  # an identity provider far away, on a bad day; a metadata service answers in 10 ms


def ask(send: Send, request: HttpRequest, server: str, *, remedy: str, timeout: float = ASK_SECONDS) -> bytes:
    """The body of a successful answer. Raises IdentityError with the provider's own error code and description."""
    address = request.url.partition("?")[0]
    try:
        response = send(request, timeout=timeout)
    except OSError as error:
        raise IdentityError(f"{server} at `{address}` cannot be reached: {error.strerror or error}", remedy=remedy) from None
    if response.status != 200:
        raise IdentityError(f"{server} at `{address}` answered {response.status}{oauth_error(response.body)}", remedy=remedy)
    return response.body


def ask_json(send: Send, request: HttpRequest, server: str, *, remedy: str, timeout: float = ASK_SECONDS) -> dict[str, object]:
    """The JSON object of a successful answer. Raises IdentityError."""
    body = ask(send, request, server, remedy=remedy, timeout=timeout)
    fields = json_object(body)
    if fields is None:
        raise IdentityError(
            f"{server} answered with no JSON object", remedy="see that the address is that of the provider itself, not of a proxy"
        )
    return fields


def token_field(fields: Mapping[str, object], name: str, server: str) -> Secret:
    """The token in an answer's field. Raises IdentityError."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        got = ", ".join(f"`{each}`" for each in fields) or "nothing"
        raise IdentityError(f"{server} gave no `{name}` (it gave {got})", remedy="see which kind of token the provider was asked for")
    return Secret(value)


def discovery_url(issuer: str) -> str:
    """Return where an issuer's discovery document is (OpenID Connect Discovery 1.0, section 4)."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def form(fields: Mapping[str, str]) -> bytes:
    """Fields as the body of a form."""
    return urlencode(fields).encode()


def json_object(body: bytes) -> dict[str, object] | None:
    """The JSON object in `body`, or None."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def oauth_error(body: bytes) -> str:
    """An OAuth error (RFC 6749 section 5.2) in words, as far as the answer has one."""
    fields = json_object(body) or {}
    parts = [str(fields[name])[:300] for name in ("error", "error_description", "message") if isinstance(fields.get(name), str)]
    return f": {', '.join(parts)}".replace("\n", " ") if parts else ""
