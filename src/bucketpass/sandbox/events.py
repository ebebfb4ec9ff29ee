"""What the sandbox was asked, what it answered, and which statement decided: in memory, without secrets."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bucketpass.decide import Decision
from bucketpass.requests.callers import NOTHING

__all__ = ["AssumedSession", "AuthorizationResult", "Event", "EventLog"]

KEPT = 10_000


class AuthorizationResult(NamedTuple):
    """One action that an operation needs, and the decision. An operation may need several."""

    action: str
    resource: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class AssumedSession:
    """What AssumeRoleWithWebIdentity was asked and gave, without the token and the secrets."""

    role_arn: str
    session_name: str
    access_key_id: str
    provider: str
    audience: str
    subject: str
    seconds: int
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str = ""


class Event(NamedTuple):
    """One request. `error` is AWS's code where it was refused or failed. No signature, secret, token or body is in it.

    `role_arn` is that of the caller's role, with its path. `parameters` are those of the request, by CloudTrail's names. `note` says
    what the caller is not told.
    """

    number: int
    time: datetime
    service: str
    operation: str
    method: str
    path: str
    secure: bool
    principal: str
    access_key_id: str
    status: int
    error: str = ""
    message: str = ""
    authorizations: tuple[AuthorizationResult, ...] = ()
    source_ip: str = ""
    user_agent: str = ""
    tls_version: str = ""
    role_arn: str = ""
    parameters: Mapping[str, str] = NOTHING
    assumed: AssumedSession | None = None
    region: str = ""
    note: str = ""

    @property
    def allowed(self) -> bool:
        """Nobody refused it."""
        return self.status < 400 and all(one.decision.allowed for one in self.authorizations)


class EventLog:
    """The latest events, oldest first. Subscribers get each new one."""

    def __init__(self, kept: int = KEPT) -> None:
        self._events: deque[Event] = deque(maxlen=kept)
        self._lock = threading.Lock()
        self._subscribers: tuple[Callable[[Event], None], ...] = ()
        self._number = 0

    def next_number(self) -> int:
        """The number of the event to come."""
        with self._lock:
            self._number += 1
            return self._number

    def add(self, event: Event) -> None:
        """`event` is the latest."""
        self._events.append(event)
        for subscriber in self._subscribers:
            subscriber(event)

    def since(self, number: int = 0) -> tuple[Event, ...]:
        """The kept events with a larger number."""
        return tuple(event for event in tuple(self._events) if event.number > number)

    @contextmanager
    def subscribe(self, subscriber: Callable[[Event], None]) -> Iterator[None]:
        """Call `subscriber` with each event, in the thread that answers the request."""
        with self._lock:
            self._subscribers += (subscriber,)
        try:
            yield
        finally:
            with self._lock:
                self._subscribers = tuple(known for known in self._subscribers if known is not subscriber)
