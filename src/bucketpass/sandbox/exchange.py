"""One request on its way through the sandbox, and what becomes known of it: for decisions, and for the event log."""

from __future__ import annotations

from dataclasses import dataclass, field

from bucketpass.sandbox.credentials import ANONYMOUS, Caller
from bucketpass.sandbox.events import Judgement
from bucketpass.sandbox.sigv4 import Signature
from bucketpass.sandbox.wire_errors import Protocol
from bucketpass.wire.server import ServerRequest

__all__ = ["Exchange"]


@dataclass(slots=True)
class Exchange:
    """A request, who makes it, the operation that it is, and the decisions about it so far."""

    request: ServerRequest
    protocol: Protocol = Protocol.S3
    operation: str = ""
    caller: Caller = ANONYMOUS
    signature: Signature | None = None
    judgements: list[Judgement] = field(default_factory=list)
