"""The keys of an identity provider, found as AWS finds them: discovery document, then key set, both over https.

Mock issuers are answered from its own pages; every other one is fetched. What is fetched is
untrusted input: its size, its time and its redirects are limited.

Source: OpenID Connect Discovery 1.0, sections 3 and 4; IAM user guide, "Create an OIDC identity provider" [A].
"""

from __future__ import annotations

import ipaddress
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from bucketpass.clock import Clock
from bucketpass.identity.ask import ACCEPT, discovery_url
from bucketpass.wire.client import HttpRequest
from bucketpass.wire.network import Address, Network, addresses_of
from bucketpass.wire.url import Url, parse_url

__all__ = ["Fetch", "HttpsFetch", "IssuerKeys", "KeySource", "UnreachableIssuer"]

Jwk = Mapping[str, object]

MAX_DOCUMENT_BYTES = 512 * 1024
MAX_REDIRECTS = 3
MAX_SECONDS = 8.0
KEEP_SECONDS = 300.0
REFETCH_SECONDS = 10.0
MOST_REFETCHES = 3


class UnreachableIssuer(Exception):
    """The provider's documents could not be had, or are not what they should be."""


class KeySource(Protocol):
    """Where the public keys of an issuer come from."""

    def keys(self, issuer: str, *, wanted: str | None) -> tuple[Jwk, ...]:
        """The issuer's keys; `wanted` is the key ID that a token names. Raises UnreachableIssuer."""
        ...


class Fetch(Protocol):
    """How a document is had."""

    def __call__(self, url: str) -> bytes:
        """The document's bytes. Raises UnreachableIssuer."""
        ...


@dataclass(frozen=True, slots=True)
class _Known:
    """Keys, when they were fetched, and when they were last asked for; `problem` is why that failed, where it did.

    lookups: the times of the last requests, at most as many as are sent within `REFETCH_SECONDS`.
    """

    keys: tuple[Jwk, ...]
    fetched: float
    asked: float
    problem: str | None = None
    lookups: tuple[float, ...] = ()


class IssuerKeys:
    """The keys of any issuer. `mock(url)` answers for pages of the sandbox's own, None for all others."""

    def __init__(self, fetch: Fetch, mock: Callable[[str], bytes | None], clock: Clock) -> None:
        self._fetch = fetch
        self._mock = mock
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def keys(self, issuer: str, *, wanted: str | None) -> tuple[Jwk, ...]:
        """The issuer's keys; remembered for minutes, and fetched again where `wanted` is not among them."""
        if self._mock(discovery_url(issuer)) is not None:
            return self._read(issuer)
        now = self._clock.monotonic()
        with self._lock:
            known = self._known.get(issuer)
        # SECURITY: tokens with made-up key IDs must not turn the sandbox into a hammer on somebody's provider, up or down.
        # Keys that change twice within seconds are found all the same: some look-ups are free.
        recent = tuple(time for time in known.lookups if now - time < REFETCH_SECONDS) if known is not None else ()
        if known is not None and now - known.fetched < KEEP_SECONDS:
            rotated = wanted is not None and all(key.get("kid") != wanted for key in known.keys)
            if not rotated or len(recent) > MOST_REFETCHES:
                return known.keys
        if known is not None and now - known.asked < REFETCH_SECONDS and known.problem is not None:
            raise UnreachableIssuer(known.problem)
        lookups = (*recent, now)
        try:
            found = _Known(self._read(issuer), now, now, lookups=lookups)
        except UnreachableIssuer as problem:
            before = known or _Known((), -KEEP_SECONDS, now)
            self._remember(issuer, replace(before, asked=now, problem=str(problem), lookups=lookups))
            raise
        self._remember(issuer, found)
        return found.keys

    def _remember(self, issuer: str, known: _Known) -> None:
        with self._lock:
            self._known[issuer] = known

    def _read(self, issuer: str) -> tuple[Jwk, ...]:
        configuration = self._document(discovery_url(issuer))
        # SECURITY: a document that speaks for another issuer would lend its keys to this one.
        if configuration.get("issuer") != issuer:
            raise UnreachableIssuer("the discovery document is of another issuer")
        location = configuration.get("jwks_uri")
        if not isinstance(location, str):
            raise UnreachableIssuer("the discovery document has no jwks_uri")
        if _is_local_url(location) and not _is_local_url(issuer) and self._mock(location) is None:
            raise UnreachableIssuer("a public issuer at a private address")
        keys = self._document(location).get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise UnreachableIssuer("the key set is malformed")
        return tuple(keys)

    def _document(self, url: str) -> Mapping[str, object]:
        own = self._mock(url)
        try:
            found = json.loads(own if own is not None else self._fetch(url))
        except (ValueError, RecursionError):
            raise UnreachableIssuer("the document is not JSON") from None
        if not isinstance(found, dict):
            raise UnreachableIssuer("the document is not a JSON object")
        return found


class HttpsFetch:
    """Documents over https from hosts whose certificates this machine trusts (SSL_CERT_FILE or AWS_CA_BUNDLE where set)."""

    def __init__(self, clock: Clock, ca_file: str | None = None, max_seconds: float = MAX_SECONDS) -> None:
        self._max_seconds = max_seconds
        self._clock = clock
        self._ca_file = ca_file or os.environ.get("SSL_CERT_FILE") or os.environ.get("AWS_CA_BUNDLE") or None
        # No proxy, and no second look-up: the connection goes to the addresses that `_public_addresses` has checked.
        self._network = Network(resolve=_public_addresses)

    def __call__(self, url: str) -> bytes:
        """The document's bytes. Raises UnreachableIssuer."""
        deadline = self._clock.monotonic() + self._max_seconds
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._get(url, max(0.1, deadline - self._clock.monotonic()))
            if isinstance(answer, bytes):
                return answer
            moved = urljoin(url, answer)
            if _is_local_url(moved) and not _is_local_url(url):
                raise UnreachableIssuer(f"{urlsplit(url).hostname}: a public issuer at a private address")
            url = moved
        raise UnreachableIssuer(f"{urlsplit(url).hostname}: too many redirects")

    def _get(self, url: str, seconds: float) -> bytes | str:
        """The document, or the location that it was moved to."""
        try:
            parts = parse_url(url)
            if parts.scheme != "https" or parts.user:
                raise UnreachableIssuer(f"{parts.host}: only https is fetched")
            answer = self._network.send(HttpRequest("GET", url, (ACCEPT,)), timeout=seconds, ca_file=self._ca_file)
        except OSError as problem:
            raise UnreachableIssuer(f"{url}: {type(problem).__name__}") from problem
        if answer.status in (301, 302, 303, 307, 308):
            return answer.headers.get("location", "")
        if answer.status != 200:
            raise UnreachableIssuer(f"{parts.host} answered {answer.status}")
        if len(answer.body) > MAX_DOCUMENT_BYTES:
            raise UnreachableIssuer(f"{parts.host}: the document is too large")
        return answer.body


def _public_addresses(url: Url) -> list[Address]:
    """The addresses of the URL's host. Raises UnreachableIssuer where one is private to this machine or network."""
    addresses = addresses_of(url)
    local = _is_local(url.host)
    for _, found in addresses:
        address = ipaddress.ip_address(str(found[0]).partition("%")[0])
        # SECURITY: an issuer on the internet must not make the sandbox speak to this machine's or network's inside.
        if local != address.is_loopback or not (local or address.is_global):
            raise UnreachableIssuer(f"{url.host}: a public issuer at a private address")
    return addresses


def _is_local(host: str) -> bool:
    """Whether the name itself says that it is this machine."""
    return host == "localhost" or host.endswith(".localhost") or _is_loopback(host)


def _is_local_url(url: str) -> bool:
    # SECURITY: what a public issuer names must not be this machine's: neither where its keys are nor where it moves to.
    try:
        return _is_local((urlsplit(url).hostname or "").rstrip("."))
    except ValueError:
        return True


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
