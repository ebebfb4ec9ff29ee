"""One request on its way through the sandbox, and what becomes known of it: for decisions, and for the event log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bucketpass.requests.request import Connection
from bucketpass.requests.s3 import S3Call
from bucketpass.sandbox.credentials import ANONYMOUS, Requester
from bucketpass.sandbox.events import AssumedSession, AuthorizationResult
from bucketpass.sandbox.sigv4 import Signature
from bucketpass.sandbox.wire_errors import Protocol
from bucketpass.wire.server import ServerRequest

__all__ = ["Exchange"]


@dataclass(slots=True)
class Exchange:
    """A request, who signed it, the operation that it is, and the decisions about it so far. `region` is the one that it is for."""

    request: ServerRequest
    protocol: Protocol = Protocol.S3
    region: str = ""
    operation: str = ""
    requester: Requester = ANONYMOUS
    signature: Signature | None = None
    authorizations: list[AuthorizationResult] = field(default_factory=list)
    call: S3Call | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)  # of another call than S3's, by CloudTrail's names
    assumed: AssumedSession | None = None

    def connection(self, now: datetime) -> Connection:
        """Return how the request reached the service."""
        request, signature = self.request, self.signature
        return Connection(
            self.region,
            request.secure,
            request.peer.tls_version,
            request.peer.address,
            now,
            request.fields.get("user-agent") or None,
            request.fields.get("referer") or None,
            "REST-QUERY-STRING" if signature is not None and signature.presigned else "REST-HEADER",
            max(0, int((now - signature.moment).total_seconds() * 1000)) if signature is not None else 0,
        )
