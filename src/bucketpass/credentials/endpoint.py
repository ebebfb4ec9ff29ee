"""What the local endpoint answers to each request. No I/O.

The AWS SDKs call this the container credentials endpoint: they GET an address on loopback with the content of a token file
as `Authorization`. Any program of the machine can reach a loopback address, and so can web pages in its browsers: every
request is hostile until it has shown the token.

See: AWS SDKs and Tools Reference, "Container credential provider".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from bucketpass.credentials.budgets import ENDPOINT_HEADER_BYTES
from bucketpass.credentials.renewals import Status
from bucketpass.credentials.values import Credentials
from bucketpass.errors import BucketpassError
from bucketpass.secret import Secret, same_text
from bucketpass.wire.server import reason, response_head
from bucketpass.wire.syntax import HttpError, body_length, parse_request_head

__all__ = [
    "CREDENTIALS_PATH",
    "EndpointAuthorizer",
    "EndpointRefusal",
    "EndpointRequest",
    "body_of",
    "metrics_text",
    "refusal",
    "response",
    "unavailable",
]

CREDENTIALS_PATH = "/credentials"
PATHS = frozenset({CREDENTIALS_PATH, "/health", "/metrics"})
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
    """A request that is answered: for credentials, health or metrics."""

    path: str
    keep_alive: bool


class EndpointRefusal(NamedTuple):
    """A refusal, ready to be sent. The connection is closed after it."""

    status: int
    data: bytes


class EndpointAuthorizer(NamedTuple):
    """Decides who gets an answer: those who name one of `hosts` and, for credentials, show `token`."""

    hosts: frozenset[str]
    token: Secret

    def authorize(self, head: bytes) -> EndpointRequest | EndpointRefusal:
        """What the request with this head asks for, or why it is refused. `head` has no empty line at its end."""
        if len(head) > ENDPOINT_HEADER_BYTES:
            return refusal(431, "the request's headers are too large")
        try:
            request = parse_request_head(head)
            length = body_length(request.fields)
        except HttpError as error:
            return refusal(error.status, str(error))
        fields = request.fields
        if fields.get("host", "") not in self.hosts:
            # SECURITY: DNS rebinding: a name of the attacker's resolves to 127.0.0.1, and the browser sends that name.
            return refusal(403, "the Host header names another server")
        if not FORWARDED.isdisjoint(fields):
            return refusal(403, "requests of browsers and proxies are not answered")
        if length != 0:
            return refusal(400, "a request here has no body")
        if request.method != "GET":
            return refusal(405, "only GET is answered")
        if request.path == CREDENTIALS_PATH and "authorization" not in fields:
            return refusal(401, TOO_OLD_A_CLIENT)
        if request.path == CREDENTIALS_PATH and not self.admits(fields["authorization"]):
            return refusal(401, "the Authorization header does not hold the token of this endpoint")
        if request.path not in PATHS:
            return refusal(404, f"only {CREDENTIALS_PATH}, /health and /metrics are here")
        return EndpointRequest(request.path, request.keep_alive)

    def admits(self, shown: str) -> bool:
        """Whether `shown` is the token. Compared in constant time: a caller on this machine can measure microseconds."""
        return same_text(shown, self.token.reveal())


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


def metrics_text(status: Status, answered: Mapping[int, int]) -> bytes:
    """The endpoint's state for Prometheus. It names no role, subject or key: whoever is on this machine may read it."""
    values = (
        ("renewals_total", "counter", "Sessions that STS gave.", status.renewals),
        ("renewal_failures_total", "counter", "Renewals that failed.", status.failures),
        ("renewal_failures_in_a_row", "gauge", "Renewals that failed since the last success.", status.failures_in_a_row),
        ("last_success_timestamp_seconds", "gauge", "When STS last gave a session.", status.last_success),
        ("expiration_timestamp_seconds", "gauge", "When the session at hand ends.", status.expires),
    )
    lines = [
        line
        for name, kind, text, value in values
        for line in (f"# HELP bucketpass_{name} {text}", f"# TYPE bucketpass_{name} {kind}", f"bucketpass_{name} {value:.3f}")
    ]
    lines += ["# HELP bucketpass_requests_total Requests by their answer.", "# TYPE bucketpass_requests_total counter"]
    lines += [f'bucketpass_requests_total{{code="{code}"}} {count}' for code, count in sorted(answered.items())]
    return ("\n".join(lines) + "\n").encode()
