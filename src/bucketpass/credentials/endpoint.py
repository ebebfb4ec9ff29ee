"""What the local endpoint answers to each request. No I/O.

The AWS SDKs call this the container credentials endpoint: they GET an address on loopback with the content of a token file
as `Authorization`. Any program of the machine can reach a loopback address, and so can web pages in its browsers: every
request is taken for hostile until it has shown the token.

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

__all__ = ["CREDENTIALS_PATH", "Answer", "Ask", "Gate", "body_of", "metrics_text", "refusal", "response", "unavailable"]

CREDENTIALS_PATH = "/credentials"
JSON = "application/json"
TEXT = "text/plain; version=0.0.4"
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
# SECURITY: what browsers and proxies add. A page that rebinds its name to 127.0.0.1, or a forwarder that was pointed at this
# endpoint, speaks for somebody who is not a program of this machine.
FORWARDED = ("origin", "x-forwarded-for", "forwarded", "via", "sec-fetch-site")
TOO_OLD_A_CLIENT = (
    "no Authorization header: a client that does not know AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE sends none: "
    "take a newer one, or `bucketpass credential-process`"
)
ONCE = frozenset({"host", "authorization"})


class Ask(NamedTuple):
    """A request that may be answered: for credentials, health or metrics."""

    path: str
    keep_alive: bool


class Answer(NamedTuple):
    """A refusal, ready to be sent. The connection is closed after it."""

    status: int
    data: bytes


class Gate(NamedTuple):
    """Who is let in: those who name one of `hosts` and, for credentials, show `token`."""

    hosts: frozenset[str]
    token: Secret

    def judge(self, head: bytes) -> Ask | Answer:
        """What the request with this head asks for, or why it is not answered. `head` has no empty line at its end."""
        if len(head) > ENDPOINT_HEADER_BYTES:
            return refusal(431, "the request's headers are too large")
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or words[2] not in {"HTTP/1.1", "HTTP/1.0"}:
            return refusal(400, "this is no HTTP/1.1 request")
        headers = read_headers(lines[1:])
        if headers is None:
            return refusal(400, "the request's headers cannot be read")
        method, path, version = words
        if headers.get("host", "") not in self.hosts:
            # SECURITY: DNS rebinding: a name of the attacker's resolves to 127.0.0.1, and the browser sends that name.
            return refusal(403, "the Host header names another server")
        if any(name in headers for name in FORWARDED):
            return refusal(403, "requests of browsers and proxies are not answered")
        if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
            return refusal(400, "a request here has no body")
        if method != "GET":
            return refusal(405, "only GET is answered")
        if path == CREDENTIALS_PATH and "authorization" not in headers:
            return refusal(401, TOO_OLD_A_CLIENT)
        if path == CREDENTIALS_PATH and not self.admits(headers["authorization"]):
            return refusal(401, "the Authorization header does not hold the token of this endpoint")
        if path not in {CREDENTIALS_PATH, "/health", "/metrics"}:
            return refusal(404, f"only {CREDENTIALS_PATH}, /health and /metrics are here")
        return Ask(path, keep_alive=version == "HTTP/1.1" and headers.get("connection", "").lower() != "close")

    def admits(self, shown: str) -> bool:
        """Whether `shown` is the token. Compared in constant time: a caller on this machine can measure microseconds."""
        return same_text(shown, self.token.reveal())


def read_headers(lines: list[str]) -> dict[str, str] | None:
    """Headers by name in lower case, or None where they are ambiguous or malformed."""
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        # SECURITY: a folded line, a space before the colon or a second Host is read differently by different servers.
        if not colon or not name or name != name.strip() or (name in ONCE and name in headers):
            return None
        headers[name] = value.strip()
    return headers


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
    headers = (("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"))
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", *(f"{name}: {value}" for name, value in headers)]
    if not keep_alive:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode() + body


def refusal(status: int, message: str) -> Answer:
    """An answer that says why there is nothing."""
    return Answer(status, response(status, json.dumps({"code": REASONS[status].replace(" ", ""), "message": message}).encode()))


def unavailable(error: BucketpassError) -> Answer:
    """An answer that says why there are no credentials now."""
    diagnostic = error.diagnostics()[0]
    message = f"{diagnostic.message} ({diagnostic.remedy})" if diagnostic.remedy else diagnostic.message
    return Answer(503, response(503, json.dumps({"code": diagnostic.code, "message": message}).encode()))


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
