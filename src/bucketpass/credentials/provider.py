"""Credentials for as long as the job runs: renewed ahead of time, off the caller's path.

A keeper thread renews at about half of a session's life, and goes on trying while STS fails; callers have the valid ones
meanwhile, in 100 ns. Only a caller who finds nothing valid waits, for a bounded time, and then gets one error that names the
cause and the last success. Threads, event loops and forked children may share a provider: a child starts a keeper of its own.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import NamedTuple, Protocol, TypeVar, cast

from bucketpass.clock import Clock, SystemClock
from bucketpass.credentials.budgets import FOREGROUND_SECONDS, KEEPER_LOOK_SECONDS, RETRY_ON_DEMAND_SECONDS, backoff
from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.exchange import jitter
from bucketpass.credentials.failures import error_of
from bucketpass.credentials.host import Held
from bucketpass.credentials.rules import NO_ANSWER
from bucketpass.credentials.values import Credentials, Refusal
from bucketpass.errors import BucketpassError, ExchangeError

__all__ = ["FetchCredentials", "Provider", "Status"]

Made = TypeVar("Made")
SLEEP_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


# How another process makes the same provider: a function and its arguments, none of them secret.
Recipe = tuple[Callable[[dict[str, str]], "Provider"], tuple[dict[str, str]]]


class FetchCredentials(Protocol):
    """Where a provider's credentials come from: `Exchanger.fetch_credentials`."""

    def __call__(
        self, *, renewing: bool, pinned: TokenIdentity | None, skew: float | None, tell: Callable[[Refusal], None]
    ) -> Held | Refusal:
        """Credentials, or why there are none. Raises IdentityError."""
        ...


class Status(NamedTuple):
    """What became of a provider's renewals. Times are seconds since 1970; 0 for never."""

    renewals: int = 0
    failures: int = 0
    failures_in_a_row: int = 0
    last_success: float = 0.0
    expires: float = 0.0
    error: BucketpassError | None = None


class Provider:
    """Valid credentials, whenever asked. Make one for a process, and share it."""

    def __init__(
        self,
        fetch_credentials: FetchCredentials,
        *,
        clock: Clock | None = None,
        draw: Callable[[], float] = jitter,
        recipe: Recipe | None = None,
    ) -> None:
        self._fetch_credentials = fetch_credentials
        self._clock = clock or SystemClock()
        self._draw = draw
        self._recipe = recipe
        self._held: Credentials | None = None
        self._until = 0.0  # callers are served without a look at anything else; monotonic, as are the next two
        self._good_until = 0.0
        self._renew = 0.0
        self._failed_at = 0.0
        self._slept = 0.0
        self._status = Status()
        self._refusal: Refusal | None = None
        self._closed = False
        self._listeners: list[Callable[[Credentials], None]] = []
        self._keeper: threading.Thread | None = None
        self._begin()
        PROVIDERS.add(self)

    def current(self, patience: float = FOREGROUND_SECONDS) -> Credentials:
        """Valid credentials; waits only where there are none, `patience` seconds at most. Raises BucketpassError."""
        held = self._held
        if held is not None and monotonic() < self._until:
            return held
        return self._wait(patience)

    def view(self, make: Callable[[Credentials], Made]) -> Callable[[], Made]:
        """A function that gives `make(current())`, made once for each session: what a client asks at every request."""
        made = cast("Made", None)
        seen: object = None

        def viewed() -> Made:
            nonlocal made, seen
            until = self._until
            # Each session, and each fork, has a deadline that is an object of its own: the cheapest sign that nothing changed.
            if until is seen and monotonic() < until:
                return made
            held = self.current()
            made = fresh = make(held)
            seen = self._until if held is self._held else None
            return fresh

        return viewed

    async def current_async(self, patience: float = FOREGROUND_SECONDS) -> Credentials:
        """The same without holding up the event loop."""
        held = self._held
        if held is not None and monotonic() < self._until:
            return held
        import asyncio  # only here: an endpoint that serves other programs has 24 MiB

        return await asyncio.to_thread(self._wait, patience)

    def start(self) -> None:
        """The keeper gets credentials; nobody waits for them."""
        with self._changed:
            self._start_keeper()

    def subscribe(self, listener: Callable[[Credentials], None]) -> None:
        """`listener` gets new credentials as they come, in the keeper's thread; for clients that keep a copy of the keys."""
        self._listeners.append(listener)

    def status(self) -> Status:
        """What became of the renewals so far."""
        return self._status

    def close(self) -> None:
        """The keeper ends; credentials at hand stay usable until they expire."""
        self._closed = True
        self._wake.set()

    def __reduce__(self) -> Recipe:
        # SECURITY: a pickle has the options and no key: the process that reads it gets credentials of its own.
        if self._recipe is None:
            raise TypeError("this provider has a token source of its own, and cannot be pickled: make one in each process")
        return self._recipe

    def _wait(self, patience: float) -> Credentials:
        """Credentials as soon as the keeper has them."""
        asked = monotonic()
        with self._changed:
            self._start_keeper()
            self._waiting += 1
            try:
                return self._awaited(asked, patience)
            finally:
                self._waiting -= 1

    def _awaited(self, asked: float, patience: float) -> Credentials:
        """Valid credentials, or the error that the keeper met. Called with the lock held, which is let go while it waits."""
        while True:
            if self._held is not None and monotonic() < self._good_until:
                self._until = self._good_until
                return self._held
            self._raise_known_failure(asked)
            left = asked + patience - monotonic()
            if left <= 0:
                so_far = f"no credentials within {patience:g} s" if patience else "there are no credentials yet, STS is being asked"
                raise self._status.error or error_of(self._refusal or Refusal("no-answer", so_far, NO_ANSWER))
            self._changed.wait(left)

    def _raise_known_failure(self, asked: float) -> None:
        """Raise a failure that waiting does not mend; one that was known before has the keeper try again, but not at each request."""
        error = self._status.error
        if error is None or error.retryable:
            return
        if self._failed_at >= asked - RETRY_ON_DEMAND_SECONDS:
            raise error
        self._renew = 0.0
        self._wake.set()

    def _start_keeper(self) -> None:
        if self._keeper is None or not self._keeper.is_alive():
            self._keeper = threading.Thread(target=keep, args=(weakref.ref(self), self._wake), name="bucketpass-keeper", daemon=True)
            # At the interpreter's end, or at the system's limit, no thread starts: valid credentials are served all the same.
            with suppress(RuntimeError):
                self._keeper.start()

    def renew_if_due(self) -> float:
        """Renew where it is time, and give the seconds to the next look. Called by the keeper."""
        self._notice_sleep()
        if monotonic() < self._renew:
            return self._renew - monotonic()
        held = self._held
        self._refusal = None
        try:
            got = self._fetch_credentials(
                renewing=held is not None and monotonic() < self._good_until,
                pinned=held.identity if held else None,
                skew=held.skew if held else None,
                tell=self._hear,
            )
            error = error_of(got, last_success=self._last_success()) if isinstance(got, Refusal) else None
        except BucketpassError as raised:
            got, error = None, raised
        except Exception as raised:
            got, error = None, ExchangeError(f"renewing failed with {type(raised).__name__}", remedy="see the token source")
        with self._changed:
            if isinstance(got, Held):
                self._adopt(got)
            elif error is not None:
                self._fail(error)
            unseen = not self._waiting
            self._changed.notify_all()
        if unseen and self._status.failures_in_a_row:
            self._log()
        if isinstance(got, Held) and (held is None or got.credentials.access_key_id != held.access_key_id):
            self._tell(got.credentials)
        return max(self._renew - monotonic(), 0.0)

    def _adopt(self, got: Held) -> None:
        """Serve these from now on."""
        wall, now = self._clock.now().timestamp(), monotonic()
        credentials, old = got.credentials, self._held
        self._held = credentials
        self._good_until = self._until = now + credentials.good_until - wall
        self._renew = now + got.renew - wall
        status = self._status
        if got.refusal is not None:
            self._status = status._replace(
                failures=status.failures + 1,
                failures_in_a_row=status.failures_in_a_row + 1,
                expires=credentials.expires,
                error=error_of(got.refusal, last_success=self._last_success()),
            )
        elif old is None or credentials.access_key_id != old.access_key_id:
            self._status = Status(status.renewals + 1, status.failures, 0, credentials.issued, credentials.expires, None)

    def _fail(self, error: BucketpassError) -> None:
        """Keep what is held, and try again after a while."""
        status = self._status
        in_a_row = status.failures_in_a_row + 1
        self._status = status._replace(failures=status.failures + 1, failures_in_a_row=in_a_row, error=error)
        self._failed_at = monotonic()
        self._renew = self._failed_at + backoff(in_a_row, self._draw())

    def _tell(self, credentials: Credentials) -> None:
        """Hand new credentials to the listeners; one that fails (its client was closed) is not told again."""
        for listener in tuple(self._listeners):
            try:
                listener(credentials)
            except Exception:
                self._listeners.remove(listener)

    def _log(self) -> None:
        """Say in the program's log what no caller is told: that a renewal failed, and for how long that does not matter yet."""
        import logging  # only here: an endpoint has 24 MiB, and most processes never fail

        log = logging.getLogger("bucketpass")
        if self._held is None:
            log.warning("there are no credentials yet: %s", self._status.error)
            return
        left = max(self._good_until - monotonic(), 0.0)
        log.warning("renewing credentials failed, those at hand are good for %.0f s: %s", left, self._status.error)

    def _hear(self, refusal: Refusal) -> None:
        """Know why the exchange takes long."""
        self._refusal = refusal

    def _last_success(self) -> str:
        at = self._status.last_success
        return f"{self._clock.now().timestamp() - at:,.0f} s ago" if at else ""

    def _notice_sleep(self) -> None:
        """Bring the deadlines forward by the time that the machine was asleep, in which monotonic clocks stand still."""
        slept = time.clock_gettime(SLEEP_CLOCK) - monotonic()
        if slept - self._slept > 1.0:
            lost = slept - self._slept
            self._until, self._good_until, self._renew = self._until - lost, self._good_until - lost, self._renew - lost
        self._slept = slept

    def _begin(self) -> None:
        """In a new process: no keeper yet, and locks that nobody holds; the first caller looks further."""
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._keeper = None
        self._waiting = 0
        self._slept = time.clock_gettime(SLEEP_CLOCK) - monotonic()
        self._until = 0.0


PROVIDERS: weakref.WeakSet[Provider] = weakref.WeakSet()


def renew_providers_after_fork() -> None:
    """In a child: a keeper that held a lock while the fork happened exists no more, and would never release it."""
    for provider in tuple(PROVIDERS):
        provider._begin()


os.register_at_fork(after_in_child=renew_providers_after_fork)


def keep(reference: weakref.ref[Provider], wake: threading.Event) -> None:
    """A keeper's life: it ends with its provider."""
    while True:
        provider = reference()
        if provider is None or provider._closed:
            return
        delay = provider.renew_if_due()
        del provider
        wake.wait(min(delay, KEEPER_LOOK_SECONDS))
        wake.clear()
