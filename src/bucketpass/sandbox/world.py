"""What the accounts and Regions of a sandbox have in common, and moto, which answers for all of them."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError

from bucketpass.aws.arn import partition_of_region
from bucketpass.model.access import Quotas
from bucketpass.sandbox.journal import ChangeJournal
from bucketpass.sandbox.stored_bucket import StoredBucket
from bucketpass.wire.server import ServerResponse

if TYPE_CHECKING:
    from bucketpass.sandbox.state import State

__all__ = ["UnusableRequest", "World", "recorded_request"]

# What a backend of moto looks like in which nothing was stored.
_EMPTY = SimpleNamespace(
    roles={}, users={}, groups={}, instance_profiles={}, managed_policies={}, open_id_providers={}, buckets={}, keys={}, access_points={}
)

# SECURITY: x-moto-account-id would choose another account; the others are about the connection, of a signature that has been
# checked or of a body that has been decoded.
_NOT_FORWARDED = frozenset(
    {
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-md5",
        "expect",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-decoded-content-length",
        "x-amz-security-token",
        "x-amz-trailer",
        "x-moto-account-id",
    }
)
_NOT_RETURNED = frozenset({"status", "content-length", "connection", "transfer-encoding"})


class UnusableRequest(Exception):
    """moto takes what it needs for granted, and breaks where a parameter or an element is missing or is something else."""


class World:
    """What the accounts and Regions of a sandbox have in common. `account` and `region` are those that it is started with."""

    def __init__(self, account: str, region: str, journal: ChangeJournal | None) -> None:
        self.account, self.region = account, region
        self.journal = journal
        self.generation = 0
        self.lock = threading.RLock()
        self.quotas = Quotas()
        self.buckets: dict[str, tuple[int, StoredBucket]] = {}
        self.states: dict[tuple[str, str], State] = {}
        self.moto: ModuleType | None = None

    def load(self) -> ModuleType:
        """Return what is used of moto, empty and without decisions of its own; import it where that was not done yet."""
        with self.lock:
            if self.moto is None:
                from bucketpass.sandbox import moto_backends

                moto_backends.take_over()
                self.moto = moto_backends
            return self.moto

    def backend(self, service: str, account: str, region: str) -> Any:
        """Return moto's backend, an empty one where nothing was stored yet."""
        return self.moto.get_backend(service)[account][region] if self.moto is not None else _EMPTY

    def answer(
        self, service: str, method: str, target: str, headers: Mapping[str, str], body: bytes, *, account: str, region: str
    ) -> ServerResponse:
        """Return moto's answer to a request. Raises UnusableRequest."""
        suffix = ".cn" if partition_of_region(region).name == "aws-cn" else ""
        try:
            status, received, content = self.load().answer(
                service, method, target, headers, body, account=account, region=region, suffix=suffix
            )
        except (AttributeError, LookupError, TypeError, ValueError, ExpatError) as broken:
            raise UnusableRequest(f"moto cannot use this request: {type(broken).__name__}") from broken
        data = content.encode() if isinstance(content, str) else bytes(content or b"")
        kept = [(name, str(value)) for name, value in received.items() if name.lower() not in _NOT_RETURNED]
        return ServerResponse(status, kept, data)


def recorded_request(service: str, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes) -> dict[str, str]:
    """Return the request as a change that the journal keeps."""
    sent = {name: value for name, value in headers if name.lower() not in _NOT_FORWARDED}
    return {"service": service, "method": method, "target": target, "headers": json.dumps(sent), "body": b64encode(body).decode()}
