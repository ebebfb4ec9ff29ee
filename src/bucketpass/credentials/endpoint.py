"""What the local endpoint answers to each request. No I/O.

The AWS SDKs call this the container credentials endpoint: they GET an address on loopback with the content of a token file
as `Authorization`. Any program of the machine can reach a loopback address, and so can web pages in its browsers: every
request is hostile until it has shown the token.

See: AWS SDKs and Tools Reference, "Container credential provider".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from bucketpass.credentials.budgets import ENDPOINT_HEADER_BYTES
from bucketpass.credentials.values import Credentials
from bucketpass.errors import BucketpassError
from bucketpass.secret import Secret, same_text
from bucketpass.wire.server import reason, response_head
from bucketpass.wire.syntax import HttpError, body_length, parse_request_head

__all__ = [
    "CREDENTIALS_PATH",
    "OPERATIONS_PATHS",
    "PROCESS_PATH",
    "EndpointAuthorizer",
    "EndpointRefusal",
    "EndpointRequest",
    "authorize_operations",
    "body_of",
    "refusal",
    "response",
    "unavailable",
]

CREDENTIALS_PATH = "/credentials"
PROCESS_PATH = "/credential-process"  # the same as a credential process prints it
OPERATIONS_PATHS = frozenset({"/health", "/ready", "/metrics"})
PATHS = OPERATIONS_PATHS | {CREDENTIALS_PATH, PROCESS_PATH}
JSON = "application/json"
TEXT = "text/plain; version=0.0.4"
# SECURITY: what browsers and proxies add. A page that rebinds its name to 127.0.0.1, or a forwarder that was pointed at this
# endpoint, speaks for somebody who is not a program of this machine.
FORWARDED = frozenset({"origin", "x-forwarded-for", "forwarded", "via", "sec-fetch-site"})
TOO_OLD_A_CLIENT = (
    "no Authorization header: a client that does not know AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE sends none: "
    "take a newer one, or `bucketpass credential-process`"
)


class EndpointRequest(NamedTuple):
    """A request that is answered: for credentials by the client that showed its token, or for metrics and health."""

    path: str
    keep_alive: bool
    client: str = ""


class EndpointRefusal(NamedTuple):
    """A refusal, ready to be sent. The connection is closed after it."""

    status: int
    data: bytes


class EndpointAuthorizer(NamedTuple):
    """Decides who gets an answer: those who name one of `hosts` and, for credentials, show one of `tokens`, which are by client.

    A process of one of `users` needs no token: the kernel says whose it is.
    """

    hosts: frozenset[str]
    tokens: Mapping[str, Secret]
    users: Mapping[int, str] = {}

    def authorize(self, head: bytes, user: int | None = None) -> EndpointRequest | EndpointRefusal:
        """What the request with this head asks for, or why it is refused.

        head: without the empty line at its end. user: whose process asks, where the kernel says so (on a Unix socket).
        """
        read = read_request(head, PATHS)
        if isinstance(read, EndpointRefusal):
            return read
        asked, fields = read
        if fields.get("host", "") not in self.hosts:
            # SECURITY: DNS rebinding: a name of the attacker's resolves to 127.0.0.1, and the browser sends that name.
            return refusal(403, "the Host header names another server")
        if not FORWARDED.isdisjoint(fields):
            return refusal(403, "requests of browsers and proxies are not answered")
        if asked.path in OPERATIONS_PATHS:
            return asked
        if user is not None and user in self.users and "authorization" not in fields:
            return asked._replace(client=self.users[user])
        if "authorization" not in fields:
            return refusal(401, TOO_OLD_A_CLIENT)
        client = self.client_of(fields["authorization"])
        if client is None:
            return refusal(401, "the Authorization header does not hold a token of this endpoint")
        return asked._replace(client=client)

    def client_of(self, shown: str) -> str | None:
        """Whose token `shown` is. Compared with all, in constant time: a caller on this machine can measure microseconds."""
        matches = [name for name, token in self.tokens.items() if same_text(shown, token.reveal())]
        return matches[0] if matches else None


def authorize_operations(head: bytes) -> EndpointRequest | EndpointRefusal:
    """What a request of operations asks for: by any name and through any proxy, because nothing there is secret."""
    read = read_request(head, OPERATIONS_PATHS)
    return read if isinstance(read, EndpointRefusal) else read[0]


@lru_cache(maxsize=64)
def read_request(head: bytes, paths: frozenset[str]) -> tuple[EndpointRequest, Mapping[str, str]] | EndpointRefusal:
    """The request and its headers, or why it is refused whoever sent it.

    Kept for the last heads, since each client sends the same one again and again; who may have what is decided anew each time.
    """
    if len(head) > ENDPOINT_HEADER_BYTES:
        return refusal(431, "the request's headers are too large")
    try:
        request = parse_request_head(head)
        length = body_length(request.fields)
    except HttpError as error:
        return refusal(error.status, str(error))
    if length != 0:
        return refusal(400, "a request here has no body")
    if request.method != "GET":
        return refusal(405, "only GET is answered")
    if request.path not in paths:
        return refusal(404, f"only {', '.join(sorted(paths))} are here")
    return EndpointRequest(request.path, request.keep_alive), request.fields


def body_of(credentials: Credentials) -> bytes:
    """The credentials as the SDKs read them."""
    fields = {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.reveal(),
        "Token": credentials.session_token.reveal(),
        "Expiration": credentials.expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "RoleArn": credentials.role_arn,
    }
    return json.dumps(fields).encode()


def response(status: int, body: bytes, kind: str = JSON, *, keep_alive: bool = False) -> bytes:
    """A whole answer."""
    headers = [("Content-Type", kind), ("Cache-Control", "no-store")]
    return response_head(status, headers, keep_alive=keep_alive, length=len(body)) + body


def refusal(status: int, message: str) -> EndpointRefusal:
    """An answer that says why there is nothing."""
    return EndpointRefusal(status, response(status, json.dumps({"code": reason(status).replace(" ", ""), "message": message}).encode()))


def unavailable(error: BucketpassError) -> EndpointRefusal:
    """An answer that says why there are no credentials now."""
    diagnostic = error.diagnostics()[0]
    message = f"{diagnostic.message} ({diagnostic.remedy})" if diagnostic.remedy else diagnostic.message
    return EndpointRefusal(503, response(503, json.dumps({"code": diagnostic.code, "message": message}).encode()))
