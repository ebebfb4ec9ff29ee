"""A fleet against the quota of STS, by simulation: what all hosts together ask, and who is without credentials.

`python -m benchmarks.fleet --json` runs the renewal code itself (the sans-I/O exchange, entries of the cache, backoff, the times of
renewal) under a simulated clock, for 100,000 processes on 5,000 hosts, and a model of what botocore does beside it. STS answers
600 calls a second for an account and Region, and throttles the rest. Scenarios:

- `start`: all processes start within a minute
- `steady`: two hours with sessions of one hour
- `outage`: STS answers 503 for 15 minutes; `long_outage`: for 90 minutes, which is longer than a session (with two processes a host:
  STS does not see how many there are)
- `rotation`: the issuer's keys change, and STS refuses its tokens for two minutes

Of each: `calls`, `peak_per_second` (after an outage: from its end on) and how many of these repeat a call that failed (`again_at_peak`),
`throttled`, `without` (processes that had no valid credentials for longer than a caller waits, 15 s), `longest_wait_seconds`.

Modelled, and not run, are only the waiting for the host's lock and the keeper's thread; botocore's refresh is modelled whole: no sharing,
15 minutes before the end at each request, an error at 10.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.integration.fake_sts import ROLE, granted, refused
from tests.tokens import unsigned_token

from bucketpass.credentials.budgets import BUSY_SECONDS, FOREGROUND_SECONDS, backoff
from bucketpass.credentials.claims import identity_of
from bucketpass.credentials.exchange import Pause, exchange
from bucketpass.credentials.host import Exchanger, Held, entry_name
from bucketpass.credentials.values import Refusal, RoleToAssume
from bucketpass.identity.callable import CallableSource
from bucketpass.identity.token import UnverifiedToken, read_token
from bucketpass.wire.client import HttpRequest, HttpResponse

QUOTA = 600  # AWS STS: AssumeRoleWithWebIdentity for an account and Region, a second [A]
SESSION_SECONDS = 3600.0
HOUR, MINUTE = 3600.0, 60.0
BOTO_REQUEST_SECONDS = 10.0  # between a botocore client's requests
BOTO_ADVISORY, BOTO_MANDATORY = 900.0, 600.0
BOTO_ATTEMPTS = 3
BEGIN = 1_800_000_000.0


class Simulation:
    """Time, what happens at which, and STS."""

    def __init__(self, seed: int, quota: int = QUOTA) -> None:
        self.at = BEGIN
        self.quota = quota
        self.random = random.Random(seed)
        self.queue: list[tuple[float, int, Callable[[], None]]] = []
        self.order = 0
        self.calls: Counter[int] = Counter()
        self.again: Counter[int] = Counter()  # of these, repetitions of a call that failed
        self.throttled = self.granted = 0
        self.ill: list[tuple[float, float, str, int]] = []  # from, to, code, status

    def now(self) -> datetime:
        """The simulated wall clock."""
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        """The simulated monotonic clock."""
        return self.at

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do it so much later."""
        self.order += 1
        heapq.heappush(self.queue, (self.at + seconds, self.order, action))

    def run(self, until: float) -> None:
        """Let everything happen until then."""
        while self.queue and self.queue[0][0] <= BEGIN + until:
            self.at, _, action = heapq.heappop(self.queue)
            action()
        self.at = BEGIN + until

    def answer(self, *, again: bool) -> tuple[float, HttpResponse]:
        """The seconds until STS answers a call of now, and the answer. `again`: the caller's last one failed."""
        second = int(self.at - BEGIN)
        self.calls[second] += 1
        self.again[second] += again
        for begin, end, code, status in self.ill:
            if begin <= self.at - BEGIN < end:
                return 0.1, HttpResponse(status, {}, refused(code).encode())
        if self.calls[second] > self.quota:
            self.throttled += 1
            return 0.05, HttpResponse(400, {}, refused("Throttling", "Rate exceeded").encode())
        self.granted += 1
        return self.random.uniform(0.05, 0.3), HttpResponse(200, {}, granted(self.granted, self.at + SESSION_SECONDS).encode())


class MemoryStore:
    """The host's cache, in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        """As `Store.read`."""
        return self.entries.get(name)

    def write(self, name: str, data: bytes) -> None:
        """As `Store.write`."""
        self.entries[name] = data

    def remove(self, *names: str) -> None:
        """As `Store.remove`."""
        for name in names:
            self.entries.pop(name, None)

    def prune(self, now: float) -> None:
        """Nothing is a day old here."""


@dataclass
class Host:
    """One host: its cache, and whether somebody holds the lock."""

    exchanger: Exchanger
    token: UnverifiedToken
    name: str
    store: Any
    locked: bool = False
    failed: bool = False  # its last call of STS
    processes: list[Process] = field(default_factory=list)


@dataclass
class Waits:
    """How long processes were without credentials."""

    longest: float = 0.0
    without: int = 0

    def add(self, seconds: float) -> None:
        """One process had none for so long."""
        self.longest = max(self.longest, seconds)
        self.without += seconds > FOREGROUND_SECONDS


class Process:
    """A provider of a process, whose keeper renews."""

    def __init__(self, simulation: Simulation, host: Host, waits: Waits) -> None:
        self.simulation, self.host, self.waits = simulation, host, waits
        self.good_until = 0.0
        self.lacking_since: float | None = None
        self.failures = 0
        self.wakes = 0
        self.waiting = False
        self.asks_next = False  # the one of the host that asks when its pause is over

    def start(self) -> None:
        """A caller wants credentials."""
        self.lacking_since = self.simulation.at
        self.wake(self.wakes)

    def wake(self, number: int) -> None:
        """The keeper looks. `number` tells a wake that was put off from the current one."""
        if number != self.wakes or self.waiting:
            return
        host, now = self.host, self.simulation.at
        self.asks_next = False
        renewing = now < self.good_until
        if not renewing and self.lacking_since is None:
            self.lacking_since = self.good_until
        found = host.exchanger.found(host.store, host.name)
        if found is not None and (not renewing or now < host.exchanger.due(found)):
            self.adopt(found)
        elif not renewing and (outage := host.exchanger.outage(host.store, host.name)) is not None and outage.retry_after > 0:
            self.waiting = any(other.asks_next for other in host.processes)
            if not self.waiting:
                self.asks_next = True
                self.next_wake(outage.retry_after)
        elif host.locked:
            self.waiting = not renewing
            if renewing:
                self.next_wake(BUSY_SECONDS)
        else:
            host.locked = True
            patience = 0.0 if renewing or host.exchanger.outage(host.store, host.name) else FOREGROUND_SECONDS
            clock: Any = self.simulation
            flow = exchange(host.exchanger.role, clock, patience=patience, token=host.token, draw=self.simulation.random.random)
            self.step(flow, None)

    def step(self, flow: Generator[Any, Any, Any], answer: object) -> None:
        """Give the flow its answer, and see what it needs next."""
        try:
            wanted = flow.send(answer)
        except StopIteration as end:
            self.finish(end.value)
            return
        if isinstance(wanted, HttpRequest):
            seconds, response = self.simulation.answer(again=self.host.failed)
            self.host.failed = response.status != 200
            self.simulation.after(seconds, lambda: self.step(flow, response))
        elif isinstance(wanted, Pause):
            self.simulation.after(wanted.seconds, lambda: self.step(flow, None))
        else:
            self.simulation.after(0.0, lambda: self.step(flow, host_token(self.host)))

    def finish(self, outcome: Any) -> None:
        """The exchange is over: what it gave is for every process of the host."""
        host = self.host
        host.locked = False
        got = host.exchanger.published(host.store, host.name, outcome)
        self.take(got)
        for other in host.processes:
            if other.waiting and isinstance(got, Held):
                # After a refusal they wait on: whoever of them asks first at the host's next attempt asks for all.
                other.waiting = False
                other.take(got)
            elif isinstance(got, Held) and got.refusal is None and other.failures:
                other.next_wake(self.simulation.random.uniform(0, BUSY_SECONDS))

    def take(self, got: Held | Refusal) -> None:
        """What an attempt gave."""
        if isinstance(got, Held):
            self.adopt(got)
        else:
            self.failures += 1
            self.asks_next = True
            self.next_wake(got.retry_after or backoff(self.failures, self.simulation.random.random()))

    def adopt(self, got: Held) -> None:
        """Credentials to go on with."""
        if self.lacking_since is not None:
            self.waits.add(self.simulation.at - self.lacking_since)
            self.lacking_since = None
        self.failures = self.failures + 1 if got.refusal is not None else 0
        self.good_until = got.credentials.good_until
        self.next_wake(max(got.renew - self.simulation.at, 0.0))

    def next_wake(self, seconds: float) -> None:
        """Look again then, and not when it was planned before."""
        self.wakes += 1
        number = self.wakes
        self.simulation.after(seconds, lambda: self.wake(number))


def host_token(host: Host) -> object:
    """The token anew, as its source has it."""
    return host.token.text


class BotoProcess:
    """A process with botocore's own web identity credentials."""

    def __init__(self, simulation: Simulation, waits: Waits) -> None:
        self.simulation, self.waits = simulation, waits
        self.expires = 0.0
        self.lacking_since: float | None = None

    def start(self) -> None:
        """The first request."""
        self.lacking_since = self.simulation.at
        self.attempt(0)

    def attempt(self, number: int) -> None:
        """Ask STS, in the request that needs it."""
        seconds, response = self.simulation.answer(again=number > 0)
        self.simulation.after(seconds, lambda: self.answered(number, response))

    def answered(self, number: int, response: HttpResponse) -> None:
        """Go on, try again, or leave it to the next request."""
        now = self.simulation.at
        if response.status == 200:
            self.expires = now + SESSION_SECONDS
            if self.lacking_since is not None:
                self.waits.add(now - self.lacking_since)
                self.lacking_since = None
            idle = SESSION_SECONDS - BOTO_ADVISORY + self.simulation.random.uniform(0, BOTO_REQUEST_SECONDS)
            self.simulation.after(idle, lambda: self.attempt(0))
        elif number + 1 < BOTO_ATTEMPTS:
            self.simulation.after(self.simulation.random.random() * 2.0**number, lambda: self.attempt(number + 1))
        else:
            if now >= self.expires - BOTO_MANDATORY and self.lacking_since is None:
                self.lacking_since = now
            self.simulation.after(BOTO_REQUEST_SECONDS, lambda: self.attempt(0))


@dataclass(frozen=True)
class Scenario:
    """What happens to STS, in seconds after the begin, and from when on the peak counts."""

    until: float
    ill: tuple[tuple[float, float, str, int], ...] = ()
    counted_from: float = 0.0
    most_per_host: int = 1000


SCENARIOS = {
    "start": Scenario(5 * MINUTE),
    "steady": Scenario(4 * HOUR, counted_from=2 * HOUR),
    "outage": Scenario(4 * HOUR, ((2 * HOUR, 2 * HOUR + 15 * MINUTE, "ServiceUnavailable", 503),), 2 * HOUR + 15 * MINUTE),
    "long_outage": Scenario(5 * HOUR, ((2 * HOUR, 3.5 * HOUR, "ServiceUnavailable", 503),), 3.5 * HOUR, most_per_host=2),
    "rotation": Scenario(3 * HOUR, ((2 * HOUR, 2 * HOUR + 2 * MINUTE, "InvalidIdentityToken", 400),), 2 * HOUR),
}


def fleet(simulation: Simulation, processes: int, hosts: int, waits: Waits) -> None:
    """All processes of bucketpass, started within a minute."""
    for number in range(hosts):
        token = read_token(unsigned_token(f"trainer-{number}", iat=int(BEGIN), exp=int(BEGIN) + 10**6))
        assert isinstance(token, UnverifiedToken)
        clock: Any = simulation
        role = RoleToAssume(ROLE, endpoint_url="https://sts.test")
        exchanger = Exchanger(role, CallableSource(lambda: ""), send=nothing, clock=clock, draw=simulation.random.random)
        host = Host(exchanger, token, entry_name(role, identity_of(token)), MemoryStore())
        for _ in range(processes // hosts):
            host.processes.append(Process(simulation, host, waits))
            simulation.after(simulation.random.uniform(0, MINUTE), host.processes[-1].start)


def nothing(request: HttpRequest, /, *, timeout: float, ca_file: str | None = None) -> HttpResponse:
    """No request goes past the simulated STS."""
    raise OSError("the simulation has no network")


def boto_fleet(simulation: Simulation, processes: int, hosts: int, waits: Waits) -> None:
    """The same number of processes of botocore."""
    for _ in range(processes):
        simulation.after(simulation.random.uniform(0, MINUTE), BotoProcess(simulation, waits).start)


def measure(
    scenario: Scenario, make: Callable[[Simulation, int, int, Waits], None], processes: int, hosts: int, *, quota: int = QUOTA
) -> dict[str, float]:
    """What a scenario shows."""
    simulation, waits = Simulation(1, quota), Waits()
    simulation.ill = list(scenario.ill)
    make(simulation, min(processes, hosts * scenario.most_per_host), hosts, waits)
    if scenario.counted_from:
        simulation.run(scenario.ill[0][0] if scenario.ill else scenario.counted_from)
        waits.longest, waits.without, simulation.throttled = 0.0, 0, 0
    simulation.run(scenario.until)
    counted = {second: count for second, count in simulation.calls.items() if second >= scenario.counted_from}
    peak = max(counted, key=lambda second: counted[second], default=0)
    return {
        "calls": sum(counted.values()),
        "peak_per_second": counted.get(peak, 0),
        "again_at_peak": simulation.again[peak],
        "throttled": simulation.throttled,
        "without": waits.without,
        "longest_wait_seconds": round(waits.longest, 1),
    }


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--processes", type=int, default=100_000)
    parser.add_argument("--hosts", type=int, default=5_000)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="only this one; may be repeated")
    parser.add_argument("--without-botocore", action="store_true", help="leave the model of botocore out, which takes most of the time")
    arguments = parser.parse_args()
    measured: dict[str, dict[str, float]] = {}
    for name in arguments.scenario or SCENARIOS:
        measured[name] = measure(SCENARIOS[name], fleet, arguments.processes, arguments.hosts)
        if not arguments.without_botocore:
            measured[f"{name}_botocore"] = measure(SCENARIOS[name], boto_fleet, arguments.processes, arguments.hosts)
    if arguments.json:
        print(json.dumps(measured))
        return
    for name, values in measured.items():
        print(f"{name:22} " + "  ".join(f"{key} {value:,}" for key, value in values.items()))


if __name__ == "__main__":
    main()
