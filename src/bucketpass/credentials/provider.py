"""Credentials for as long as the job runs: renewed ahead of time, off the caller's path.

A keeper thread renews at about half of a session's life, and goes on trying while STS fails; callers have the valid ones
meanwhile, in 100 ns. Only a caller who finds nothing valid waits, for a bounded time, and then gets one error that names the
cause and the last success. Threads, event loops and forked children may share a provider: a child starts a keeper of its own.
"""

from __future__ import annotations

import os
import sys
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Protocol, TypeVar, cast

from bucketpass.clock import Clock, SystemClock
from bucketpass.credentials.budgets import BUSY_SECONDS, FOREGROUND_SECONDS, KEEPER_LOOK_SECONDS, RETRY_ON_DEMAND_SECONDS, backoff
from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.exchange import jitter
from bucketpass.credentials.failures import error_of
from bucketpass.credentials.host import Exchanger, Held
from bucketpass.credentials.keeper import Keeper, keep
from bucketpass.credentials.native_threads import Threads, Turnstile, threads_of_this_process
from bucketpass.credentials.renewals import Observer, Observers, Renewal, RenewalLog, RenewalStatus
from bucketpass.credentials.rules import NO_ANSWER
from bucketpass.credentials.values import Credentials, Refusal, Trace
from bucketpass.errors import BucketpassError, ExchangeError

__all__ = ["FetchCredentials", "Look", "Provider", "provider_from"]

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


# The host's credentials for an identity that this process has shown before: `Exchanger.look`.
Look = Callable[[TokenIdentity], Held | None]


class Provider:
    """Valid credentials, whenever asked. Make one for a process, and share it."""

    def __init__(
        self,
        fetch_credentials: FetchCredentials,
        *,
        look: Look | None = None,
        clock: Clock | None = None,
        draw: Callable[[], float] = jitter,
        recipe: Recipe | None = None,
    ) -> None:
        self._fetch_credentials = fetch_credentials
        self._look = look
        self._clock = clock or SystemClock()
        self._draw = draw
        self._recipe = recipe
        self._held: Credentials | None = None
        self._until = 0.0  # callers are served without a look at anything else; monotonic, as are the next two
        self._good_until = 0.0
        self._renew = 0.0
        self._failed_at = 0.0
        self._slept = 0.0
        self._status = RenewalStatus()
        self._refusal: Refusal | None = None
        self._identity: TokenIdentity | None = None
        self._closed = False
        self._keeper: Keeper | None = None
        self._log = RenewalLog()
        self._observers = Observers()
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
        with self._turnstile:
            self._start_keeper()

    def subscribe(self, listener: Callable[[Credentials], None], on_failure: Callable[[BucketpassError], None] | None = None) -> None:
        """`listener` gets new credentials as they come, in the keeper's thread; for clients that keep a copy of the keys.

        `on_failure` gets the error of each attempt that gave none; those at hand may still be good.
        """

        def renewed(renewal: Renewal) -> None:
            if renewal.credentials is not None:
                listener(renewal.credentials)

        def failed(renewal: Renewal) -> None:
            if renewal.credentials is None and renewal.error is not None and on_failure is not None:
                on_failure(renewal.error)

        self.observe(renewed)
        self.observe(failed)

    def observe(self, observer: Observer) -> None:
        """`observer` gets each attempt's `Renewal`, in the keeper's thread. One that raises gets it again, twice; then it is given up."""
        self._observers.add(observer)

    def is_kept(self) -> bool:
        """True while a thread renews these credentials, or nobody has asked for any yet."""
        return self._keeper is None or self._keeper.lives

    def status(self) -> RenewalStatus:
        """What became of the renewals so far."""
        return self._status

    def close(self) -> None:
        """The keeper ends; credentials at hand stay usable until they expire."""
        self._closed = True
        self._turnstile.wake()

    def __reduce__(self) -> Recipe:
        # SECURITY: a pickle has the options and no key: the process that reads it gets credentials of its own.
        if self._recipe is None:
            raise TypeError("this provider has a token source of its own, and cannot be pickled: make one in each process")
        return self._recipe

    def _wait(self, patience: float) -> Credentials:
        """Credentials as soon as the keeper has them."""
        asked = monotonic()
        with self._turnstile:
            self._start_keeper()
            return self._awaited(asked, patience)

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
            self._turnstile.wait(left)

    def _raise_known_failure(self, asked: float) -> None:
        """Raise a failure that waiting does not fix; one that was known before has the keeper try again, but not at each request."""
        error = self._status.error
        if error is None or error.retryable:
            return
        if self._failed_at >= asked - RETRY_ON_DEMAND_SECONDS:
            raise error
        self._renew = 0.0
        self._turnstile.wake()

    def _start_keeper(self) -> None:
        """The keeper runs. Called with the lock held."""
        if self._keeper is not None and self._keeper.lives:
            return
        self._keeper = Keeper()
        # At the interpreter's end, or at the system's limit, no thread starts: valid credentials are served all the same.
        try:
            self._threads.start(keep, (weakref.ref(self), self._turnstile, self._keeper))
        except RuntimeError:
            self._keeper = None

    def renew_if_due(self) -> float:
        """Renew where it is time, and give the seconds to the next look. Called by the keeper."""
        self._notice_sleep()
        self._observers.report_again()
        if monotonic() < self._renew:
            found = self._found_at_host() if self._status.failures_in_a_row else None
            if found is not None:
                self._settle(found, None, found.trace)
            return self._next_look()
        held = self._held
        self._refusal = None
        trace = Trace()
        try:
            got = self._fetch_credentials(
                renewing=held is not None and monotonic() < self._good_until,
                pinned=held.identity if held else None,
                skew=held.skew if held else None,
                tell=self._hear,
            )
            trace = got.trace
            error = error_of(got, last_success=self._last_success()) if isinstance(got, Refusal) else None
        except BucketpassError as raised:
            got, error = None, raised
        except Exception as raised:
            got, error = None, ExchangeError(f"renewing failed with {type(raised).__name__}", remedy="see the token source")
        retry_after = got.retry_after if isinstance(got, Refusal) else 0.0
        self._settle(got if isinstance(got, Held) else None, error, trace, retry_after)
        return self._next_look()

    def _next_look(self) -> float:
        """Seconds to the next renewal; while they fail, to the next look at what the host has."""
        soon = (self._status.failures_in_a_row and self._look is not None) or self._observers.missed
        most = BUSY_SECONDS if soon else KEEPER_LOOK_SECONDS
        return min(max(self._renew - monotonic(), 0.0), most)

    def _found_at_host(self) -> Held | None:
        """What another process of the host got while this one's own attempts fail, if it lasts longer than what is held."""
        identity = self._held.identity if self._held is not None else self._identity
        if self._look is None or identity is None:
            return None
        with suppress(Exception):
            found = self._look(identity)
            if found is not None and (self._held is None or found.credentials.expires > self._held.expires):
                return found
        return None

    def _settle(self, got: Held | None, error: BucketpassError | None, trace: Trace, retry_after: float = 0.0) -> None:
        """Serve what was got, or keep what is held; tell callers and observers."""
        old = self._held
        self._identity = trace.identity or self._identity
        with self._turnstile:
            if trace.token_expires:
                self._status = self._status._replace(token_expires=trace.token_expires)
            if got is not None:
                self._adopt(got)
                error = self._status.error if got.refusal is not None else None
            elif error is not None:
                self._fail(error, retry_after)
            somebody_hears = self._turnstile.has_waiters
            self._turnstile.changed()
        is_new = got is not None and (old is None or got.credentials.access_key_id != old.access_key_id)
        left = max(self._good_until - monotonic(), 0.0) if self._held is not None else 0.0
        now = self._clock.now().timestamp()
        renewal = Renewal(now, self._status, got.credentials if got is not None and is_new else None, error, left, trace)
        self._log(renewal, somebody_hears=somebody_hears)
        self._observers.report(renewal)

    def _adopt(self, got: Held) -> None:
        """Serve these from now on."""
        wall, now = self._clock.now().timestamp(), monotonic()
        credentials, old = got.credentials, self._held
        self._held = credentials
        self._good_until = self._until = now + credentials.good_until - wall
        self._renew = self._within_session(now + got.renew - wall)
        if got.refusal is not None:
            failed = self._status.after_failure(error_of(got.refusal, last_success=self._last_success()))
            self._status = failed._replace(expires=credentials.expires)
        elif old is None or credentials.access_key_id != old.access_key_id:
            self._status = self._status.after_renewal(credentials)

    def _fail(self, error: BucketpassError, retry_after: float) -> None:
        """Keep what is held, and try again when the host does, or after a while of one's own."""
        self._status = self._status.after_failure(error)
        self._failed_at = monotonic()
        renew = self._failed_at + (retry_after or backoff(self._status.failures_in_a_row, self._draw()))
        self._renew = self._within_session(renew) if self._failed_at < self._good_until else renew

    def _within_session(self, renew: float) -> float:
        """The time of a renewal, which is that of the session's end at the latest: who is asked then must not sleep through a pause."""
        return min(renew, self._good_until)

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
        self._threads: Threads = threads_of_this_process()
        self._turnstile = Turnstile(self._threads)
        self._keeper = None
        self._slept = time.clock_gettime(SLEEP_CLOCK) - monotonic()
        self._until = 0.0


def provider_from(exchanger: Exchanger, *, recipe: Recipe | None = None) -> Provider:
    """A provider of what the exchanger gets, by itself or by the host's cache."""
    provider = Provider(exchanger.fetch_credentials, look=exchanger.look, clock=exchanger.clock, recipe=recipe)
    observe_by_telemetry(provider)
    return provider


def observe_by_telemetry(provider: Provider) -> None:
    """OpenTelemetry hears of the provider's renewals, where this process uses it or its environment asks for it."""
    if "opentelemetry" in sys.modules or any(name.startswith("OTEL_") for name in os.environ):
        with suppress(ModuleNotFoundError):
            from bucketpass.credentials.telemetry import Telemetry

            provider.observe(Telemetry())


PROVIDERS: weakref.WeakSet[Provider] = weakref.WeakSet()


def renew_providers_after_fork() -> None:
    """In a child: a keeper that held a lock while the fork happened exists no more, and would never release it."""
    for provider in tuple(PROVIDERS):
        provider._begin()


os.register_at_fork(after_in_child=renew_providers_after_fork)
