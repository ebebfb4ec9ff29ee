"""What listens behind an endpoint's port: credentials for clients that show a token, or health and metrics for operations."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from bucketpass.credentials.endpoint import (
    OPERATIONS_PATHS,
    PROCESS_PATH,
    TEXT,
    EndpointAuthorizer,
    EndpointRefusal,
    EndpointRequest,
    authorize_operations,
    body_of,
    response,
    unavailable,
)
from bucketpass.credentials.entry import process_output
from bucketpass.credentials.metrics import RenewalMetrics, Sample, metrics_text
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.values import Credentials
from bucketpass.errors import BucketpassError, ExchangeError
from bucketpass.secret import Secret

__all__ = ["CredentialService", "EndpointClient", "EndpointService", "OperationsService"]


class EndpointClient:
    """A client of an endpoint: the token that it shows, or the user who it is, and the provider of its credentials."""

    def __init__(self, provider: Provider, token: Secret, user: int | None = None) -> None:
        self.provider = provider
        self.token = token
        self.user = user
        self.metrics = RenewalMetrics()
        self._bodies: tuple[Credentials | None, bytes, bytes] = (None, b"", b"")
        provider.observe(self.metrics)

    def answer(self, *, keep_alive: bool) -> bytes:
        """A whole answer with credentials, made once for each session. Raises BucketpassError where there are none."""
        credentials = self.provider.current(0.0)
        if self._bodies[0] is not credentials:
            body = body_of(credentials)
            self._bodies = (credentials, response(200, body), response(200, body, keep_alive=True))
        return self._bodies[2] if keep_alive else self._bodies[1]


class EndpointService(Protocol):
    """What a server asks about each request. `answered` counts the answers by status."""

    answered: Counter[int]

    def authorize(self, head: bytes, user: int | None) -> EndpointRequest | EndpointRefusal:
        """What the request asks for, or why it is refused. user: whose process asks, where the kernel says so."""
        ...

    def content(self, asked: EndpointRequest, *, may_wait: bool) -> bytes | EndpointRefusal | None:
        """The answer; None where the caller `may_wait` for one."""
        ...


class CredentialService:
    """Answers with credentials, health and metrics on loopback."""

    def __init__(self, clients: Mapping[str, EndpointClient], hosts: frozenset[str]) -> None:
        self.answered: Counter[int] = Counter()
        self._clients = clients
        users = {client.user: name for name, client in clients.items() if client.user is not None}
        self._authorizer = EndpointAuthorizer(hosts, {name: client.token for name, client in clients.items()}, users)

    def authorize(self, head: bytes, user: int | None = None) -> EndpointRequest | EndpointRefusal:
        """Let in those who show a client's token, or are its user; anybody on loopback to health and metrics."""
        return self._authorizer.authorize(head, user)

    def content(self, asked: EndpointRequest, *, may_wait: bool) -> bytes | EndpointRefusal | None:
        """The client's credentials, or what operations see."""
        if asked.path in OPERATIONS_PATHS:
            return operations_answer(asked, self._clients, self.answered)
        client = self._clients[asked.client]
        try:
            if asked.path == PROCESS_PATH:
                return response(200, process_output(client.provider.current(0.0)), keep_alive=asked.keep_alive)
            return client.answer(keep_alive=asked.keep_alive)
        except BucketpassError as error:
            return None if may_wait and error.retryable else unavailable(error)


class OperationsService:
    """Answers Prometheus and kubelet, on any address: no credentials, and nothing that a stranger may not know."""

    def __init__(self, clients: Mapping[str, EndpointClient], answered: Counter[int]) -> None:
        self.answered: Counter[int] = Counter()
        self._clients = clients
        self._of_credentials = answered

    def authorize(self, head: bytes, user: int | None = None) -> EndpointRequest | EndpointRefusal:
        """Let in whoever asks for what is here."""
        return authorize_operations(head)

    def content(self, asked: EndpointRequest, *, may_wait: bool) -> bytes | EndpointRefusal | None:
        """Metrics, or whether the process works and has credentials."""
        return operations_answer(asked, self._clients, self._of_credentials)


def operations_answer(asked: EndpointRequest, clients: Mapping[str, EndpointClient], answered: Counter[int]) -> bytes | EndpointRefusal:
    """The answer to a request for one of the paths of operations."""
    if asked.path == "/metrics":
        samples = tuple(Sample(client.provider.status(), client.metrics, name) for name, client in clients.items())
        return response(200, metrics_text(samples, answered, time.time()), TEXT, keep_alive=asked.keep_alive)
    for client in clients.values():
        error = WRONG[asked.path](client.provider)
        if error is not None:
            return unavailable(error)
    return response(200, b'{"status": "ok"}', keep_alive=asked.keep_alive)


def stopped(provider: Provider) -> BucketpassError | None:
    """Why the process should be started again. Lack of credentials does not count: a new process would lack them too."""
    return None if provider.is_kept() else ExchangeError("the credentials are no longer renewed", remedy="restart this process")


def lacking(provider: Provider) -> BucketpassError | None:
    """Why there are no valid credentials; None where there are."""
    try:
        provider.current(0.0)
    except BucketpassError as error:
        return error
    return None


WRONG: Mapping[str, Callable[[Provider], BucketpassError | None]] = {"/health": stopped, "/ready": lacking}
