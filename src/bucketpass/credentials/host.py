"""One exchange per host: whoever comes first asks STS, the others take what it got.

The first who needs new credentials holds the entry's lock while it asks; those who come meanwhile wait for the entry, or
for the refusal, which is shared too: an answer that came after I asked is my answer. A failed renewal puts off the next
one for every process of the host.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from bucketpass.clock import SystemClock
from bucketpass.credentials.budgets import BACKOFF_MOST_SECONDS, BUSY_SECONDS, CLOCK_STEP_SECONDS, FOREGROUND_SECONDS, backoff, refresh_age
from bucketpass.credentials.cache import Lock, postponed, promise
from bucketpass.credentials.claims import identity_of
from bucketpass.credentials.entry import decode_entry, decode_outage, decode_refusal, encode_entry, encode_refusal
from bucketpass.credentials.exchange import answered, changed_identity, drive, exchange, jitter, refusal_of
from bucketpass.credentials.rules import NO_ANSWER
from bucketpass.credentials.sts import INSTANCE_HEADER, INSTANCE_PATH
from bucketpass.credentials.values import Refusal, Trace
from bucketpass.credentials.warm import digest
from bucketpass.identity.token import TokenFault, read_token
from bucketpass.wire.client import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from bucketpass.clock import Clock
    from bucketpass.credentials.cache import HostCache
    from bucketpass.credentials.claims import TokenIdentity
    from bucketpass.credentials.values import Credentials, Outcome, RoleToAssume
    from bucketpass.identity.interface import TokenSource
    from bucketpass.wire.client import HttpResponse, Send

__all__ = ["Exchanger", "Held", "entry_name", "failure_names"]


class Held(NamedTuple):
    """Credentials, and when they shall be renewed, in seconds since 1970 by this machine's clock.

    `refusal` is why they are not newer, where the last renewal failed.
    """

    credentials: Credentials
    renew: float
    refusal: Refusal | None = None
    trace: Trace = Trace()


class FoundMeanwhile(Exception):
    """Another process of the host got credentials while this one waited to ask STS again."""

    def __init__(self, held: Held) -> None:
        super().__init__()
        self.held = held


class Exchanger(NamedTuple):
    """What it takes to get credentials of one role with one source's tokens.

    `store` is None where nothing is shared. `keep`: seconds of life that shall stay, where a session is long enough for it.
    `alias` is a second name for the entry, by which a credential process finds it without reading its token's claims. `reread` gives the
    role as its files say now, where it has any: its session policy may change while a process runs.
    """

    role: RoleToAssume
    source: TokenSource
    send: Send
    store: HostCache | None = None
    clock: Clock = SystemClock()
    keep: float = 0.0
    alias: str | None = None
    draw: Callable[[], float] = jitter
    sleep: Callable[[float], None] = time.sleep
    reread: Callable[[], RoleToAssume] | None = None

    def fetch_credentials(
        self,
        *,
        renewing: bool = False,
        patience: float = FOREGROUND_SECONDS,
        pinned: TokenIdentity | None = None,
        skew: float | None = None,
        tell: Callable[[Refusal], None] | None = None,
    ) -> Held | Refusal:
        """The host's credentials for the token's identity, or new ones for all. Raises IdentityError where there is no token.

        A caller who has none takes any that are valid, and asks STS for `patience` seconds otherwise. One who is `renewing`
        has valid ones: it asks once, where they are due and nobody else does. `pinned` is the only identity that is accepted,
        `skew` what was last seen of this machine's clock; `tell` hears of refusals after which STS is asked again.
        """
        if self.reread is not None:
            current = self._replace(role=self.reread(), reread=None)
            return current.fetch_credentials(renewing=renewing, patience=patience, pinned=pinned, skew=skew, tell=tell)
        token = read_token(self.source.fetch().reveal())
        if isinstance(token, TokenFault):
            return refusal_of(token)
        identity = identity_of(token)
        if pinned is not None and identity != pinned:
            # Said here too: the exchange would say it, but the cache may have an entry for the new identity.
            return changed_identity(identity, pinned)
        # SECURITY: what is got stands under this identity's name: a token that its source changes meanwhile is not sent.
        pinned = identity
        took: list[float] = []

        def timed(request: HttpRequest, /, *, timeout: float, ca_file: str | None = None) -> HttpResponse:
            asked = self.clock.monotonic()
            try:
                return self.send(request, timeout=timeout, ca_file=ca_file)
            finally:
                took.append(self.clock.monotonic() - asked)

        def outcome(trying: float, sleep: Callable[[float], None]) -> Outcome:
            flow = exchange(self.role, self.clock, patience=trying, token=token, pinned=pinned, skew=skew, draw=self.draw)
            return drive(flow, self.source, timed, ca_file=self.role.ca_file, sleep=sleep, tell=tell, promise=promise)

        if self.store is None:
            got = self.held(outcome(0.0 if renewing else patience, self.sleep))
        else:
            self.store.follow()
            got = self.shared(self.store, entry_name(self.role, identity), outcome, renewing=renewing, patience=patience)
        return got._replace(trace=Trace(identity, token.expires or 0.0, tuple(took)))

    def look(self, identity: TokenIdentity) -> Held | None:
        """The host's credentials for an identity that this process has shown before, if there are valid ones. Asks nobody."""
        return None if self.store is None else self.found(self.store, entry_name(self.role, identity))

    def found(self, store: HostCache, name: str) -> Held | None:
        """The entry's credentials, if they are valid."""
        found = decode_entry(store.read(name))
        return Held(found[0], found[1]) if found is not None and self.is_valid(found[0]) else None

    def shared(
        self,
        store: HostCache,
        name: str,
        outcome: Callable[[float, Callable[[float], None]], Outcome],
        *,
        renewing: bool,
        patience: float,
    ) -> Held | Refusal:
        """The host's credentials, or those that `outcome` gets for all, within the seconds that it is given."""
        started = self.clock.monotonic()
        if self.alias is not None:
            put(store, self.alias, name.encode())

        def good() -> Held | Refusal | None:
            found = self.found(store, name)
            if found is not None and (not renewing or self.now() < self.due(found)):
                return found
            return decode_refusal(store.read(refusal_name(name)), started, self.clock.monotonic() + BUSY_SECONDS)

        def pause(seconds: float) -> None:
            # One who passed over this process's lock, since it stood still for a while, may have got what this one waits for.
            found = self.waited(store, name, seconds)
            if found is not None:
                raise FoundMeanwhile(found)

        old = self.found(store, name) if renewing else None
        got: Held | Refusal | Lock | None
        outage = self.outage(store, name) if old is None else None
        if outage is not None:
            got = outage if outage.retry_after > patience else self.waited(store, name, outage.retry_after)
            if got is not None:
                return got
        # While STS is down the host asks once at a time, and then waits: each process's own attempts would add up.
        trying = 0.0 if old or outage else patience
        try:
            got = store.found_or_lock(name, good, 0.0 if old else max(started + patience - self.clock.monotonic(), 0.0))
        except OSError:
            return self.held(outcome(trying, self.sleep))
        if isinstance(got, Lock):
            try:
                with got:
                    return self.published(store, name, outcome(trying, pause))
            except FoundMeanwhile as meanwhile:
                return meanwhile.held
        if got is not None:
            return got
        if old is not None:
            return old._replace(renew=self.now() + BUSY_SECONDS)
        return Refusal("no-answer", f"another process of this host has asked STS for {patience:g} s, without an answer", NO_ANSWER)

    def outage(self, store: HostCache, name: str) -> Refusal | None:
        """Why the host waits before it asks STS again, and how long, where nobody of it has valid credentials."""
        known = decode_outage(store.read(refusal_name(name)))
        if known is None or not known[0].passes:
            return None
        left = known[2] - self.clock.monotonic()
        # A longer pause is one from before the host was started anew, in a cache that outlives that.
        return known[0]._replace(retry_after=left) if left <= BACKOFF_MOST_SECONDS else None

    def waited(self, store: HostCache, name: str, seconds: float) -> Held | None:
        """What another process of the host got within these seconds; None after them."""
        until = self.clock.monotonic() + seconds
        while (left := until - self.clock.monotonic()) > 0:
            found = self.found(store, name)
            if found is not None:
                return found
            self.sleep(min(left, BUSY_SECONDS / 4))
        return None

    def is_valid(self, credentials: Credentials) -> bool:
        """True if the session has not ended: neither by its time nor, for a sandbox's, with the sandbox that gave it."""
        # Credentials of the future are from before the clock was set back, and nobody knows by how much they have aged.
        if not credentials.issued - CLOCK_STEP_SECONDS <= self.now() < credentials.good_until:
            return False
        if not credentials.instance:
            return True
        return self.instance() == credentials.instance

    def instance(self) -> str | OSError | None:
        """The run of the sandbox that answers at the role's endpoint now, None where that is not a sandbox; or why nothing answers."""
        answer = answered(self.send, HttpRequest("GET", self.role.endpoint() + INSTANCE_PATH), self.role.ca_file)
        return answer if isinstance(answer, OSError) else answer.headers.get(INSTANCE_HEADER)

    def published(self, store: HostCache, name: str, outcome: Outcome) -> Held | Refusal:
        """The outcome, for every process of the host: after a failure the old credentials, as long as they are good."""
        result = self.held(outcome)
        if isinstance(result, Held):
            put(store, name, encode_entry(result.credentials, result.renew))
            store.remove(*failure_names(name), refusal_name(name))
            store.prune(self.now())
            return result
        data = store.read(name)
        old = decode_entry(data)
        if old is None or data is None or not self.is_valid(old[0]):
            if not result.status and not result.rule.retry:
                return result  # of this process's own token or authorities: those who wait have theirs
            before = decode_outage(store.read(refusal_name(name)))
            failures = before[1] + 1 if before is not None else 1
            pause = backoff(failures + result.rule.slower, self.draw()) if result.passes else 0.0
            now = self.clock.monotonic()
            put(store, refusal_name(name), encode_refusal(result, now, failures, now + pause))
            return result._replace(retry_after=pause)
        failures = old[2] + 1
        if failures == 1:
            # For a credential process, which has nobody else to tell, and for the doctor.
            put(store, failure_names(name)[0], encode_refusal(result, self.now()))
        share, now = self.draw(), self.now()
        # A pause that would end too late is one in the time that is left: when the session has ended there is nothing else.
        left = max((old[0].good_until - now) * share, BUSY_SECONDS)
        renew = now + min(backoff(failures + result.rule.slower, share), left)
        put(store, name, postponed(data, renew, failures))
        return Held(old[0], renew, result)

    def held(self, outcome: Outcome) -> Held | Refusal:
        """New credentials with the time of their renewal."""
        if isinstance(outcome, Refusal):
            return outcome
        life = outcome.expires - outcome.issued
        return Held(outcome, outcome.issued + refresh_age(life, self.draw(), self.keep))

    def due(self, held: Held) -> float:
        """When these credentials, which another process may have got, are to be renewed for this one."""
        life = held.credentials.expires - held.credentials.issued
        return min(held.renew, held.credentials.expires - self.keep) if self.keep < life / 2 else held.renew

    def now(self) -> float:
        """Seconds since 1970 by this machine's clock."""
        return self.clock.now().timestamp()


def entry_name(role: RoleToAssume, identity: TokenIdentity) -> str:
    """The entry's file: one for each identity, and for each thing that STS could answer differently to."""
    # SECURITY: every claim but a few that are known to change nothing: whoever finds an entry gets the session in it.
    return digest(
        *identity,
        role.arn,
        role.session_name or "",
        str(role.seconds),
        role.policy or "",
        " ".join(role.policy_arns),
        role.endpoint_url or role.region or "",
    )


def put(store: HostCache, name: str, data: bytes) -> None:
    """The entry is `data`, if the cache can be written: on a full or removed disk this process still has what it got."""
    try:
        store.write(name, data)
    except OSError:
        return


def failure_names(name: str) -> tuple[str, str]:
    """Return the names of the file that records why renewals fail, before and after it was reported."""
    return f"{name}.failing", f"{name}.failing-told"


def refusal_name(name: str) -> str:
    """The file that holds the last refusal."""
    return f"{name}.refused"
