"""Renewal ahead of time, off the caller's path. Sessions live for parts of a second here."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.fake_sts import ROLE

from bucketpass.credentials.budgets import BUSY_SECONDS
from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.host import Held
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.renewals import Renewal
from bucketpass.credentials.rules import rule_for
from bucketpass.credentials.values import Credentials, Refusal, Trace
from bucketpass.errors import BucketpassError, ExchangeError, IdentityError
from bucketpass.secret import Secret

SUBJECT = TokenIdentity("https://issuer.test", "trainer")
DENIED = Refusal("AccessDenied", "no", rule_for("AccessDenied", 403), 403)
DOWN = Refusal("http-503", "STS answered 503", rule_for("", 503), 503)


class Exchanges:
    """Gives sessions of `life` seconds, renewed at half of it; fails as `failure` says; waits while `hold` is clear."""

    def __init__(self, life: float = 0.6) -> None:
        self.life = life
        self.calls = 0
        self.seen: list[tuple[bool, TokenIdentity | None]] = []
        self.failure: Refusal | Exception | None = None
        self.hold = threading.Event()
        self.hold.set()

    def __call__(
        self, *, renewing: bool, pinned: TokenIdentity | None, skew: float | None, tell: Callable[[Refusal], None]
    ) -> Held | Refusal:
        self.calls += 1
        self.seen.append((renewing, pinned))
        self.hold.wait(30)
        if isinstance(self.failure, Exception):
            raise self.failure
        if self.failure is not None:
            return self.failure
        now = time.time()
        return Held(Credentials(f"ASIA{self.calls}", Secret("s"), Secret("t"), now, now + self.life, ROLE, SUBJECT), now + self.life / 2)


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_many_callers_at_once_make_one_exchange() -> None:
    exchanges = Exchanges(life=60)
    provider = Provider(exchanges)
    got: list[Credentials] = []
    threads = [threading.Thread(target=lambda: got.append(provider.current())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(set(got)), len(got), exchanges.calls) == (1, 16, 1)


def test_credentials_are_renewed_without_any_caller() -> None:
    exchanges = Exchanges()
    provider = Provider(exchanges)
    first = provider.current()
    assert until(lambda: exchanges.calls >= 3)
    assert provider.current().access_key_id != first.access_key_id
    assert exchanges.seen[:2] == [(False, None), (True, SUBJECT)]


def test_no_caller_waits_while_a_renewal_hangs_and_the_old_ones_are_valid() -> None:
    exchanges = Exchanges(life=2.0)
    provider = Provider(exchanges)
    provider.current()
    exchanges.hold.clear()
    assert until(lambda: exchanges.calls == 2)
    worst = 0.0
    for _ in range(2000):
        before = time.perf_counter()
        provider.current()
        worst = max(worst, time.perf_counter() - before)
    exchanges.hold.set()
    assert worst < 0.05


def test_an_outage_is_survived_until_the_session_ends() -> None:
    exchanges = Exchanges(life=1.0)
    provider = Provider(exchanges, draw=lambda: 0.02)
    first = provider.current()
    exchanges.failure = DOWN
    assert until(lambda: provider.status().failures >= 3)
    assert provider.current() == first
    exchanges.failure = None
    assert until(lambda: provider.status().failures_in_a_row == 0 and provider.status().renewals == 2)


def test_a_failed_renewal_is_logged_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    exchanges = Exchanges(life=60)
    provider = Provider(exchanges)
    provider.current()
    exchanges.failure = DOWN
    provider._renew = 0.0
    provider.renew_if_due()
    assert "renewing credentials failed, those at hand are good for" in caplog.text
    assert "http-503" in caplog.text


def test_a_caller_who_does_not_wait_hears_that_the_first_exchange_goes_on() -> None:
    exchanges = Exchanges(life=60)
    exchanges.hold.clear()
    with pytest.raises(ExchangeError, match="there are no credentials yet, STS is being asked"):
        Provider(exchanges).current(0.0)
    exchanges.hold.set()


def test_a_failure_that_a_caller_is_told_is_not_logged_as_well(caplog: pytest.LogCaptureFixture) -> None:
    exchanges = Exchanges()
    exchanges.failure = DENIED
    provider = Provider(exchanges)
    with pytest.raises(ExchangeError):
        provider.current()
    assert until(lambda: provider.status().failures == 1)
    assert caplog.text == ""


def test_a_failure_before_there_were_any_credentials_is_logged_where_nobody_waits(caplog: pytest.LogCaptureFixture) -> None:
    exchanges = Exchanges()
    exchanges.failure = DENIED
    Provider(exchanges).renew_if_due()
    assert "there are no credentials yet: " in caplog.text
    assert "renewing" not in caplog.text


def test_after_the_end_one_error_names_the_cause_and_the_last_success() -> None:
    exchanges = Exchanges(life=0.3)
    provider = Provider(exchanges, draw=lambda: 0.05)
    provider.current()
    exchanges.failure = DOWN
    time.sleep(0.4)
    with pytest.raises(ExchangeError, match=r"http-503.*the last success was \d s ago"):
        provider.current(patience=0.2)


def test_a_caller_who_waits_in_vain_hears_why() -> None:
    hold = threading.Event()

    def slow(*, renewing: bool, pinned: TokenIdentity | None, skew: float | None, tell: Callable[[Refusal], None]) -> Held | Refusal:
        tell(DOWN)
        hold.wait(10)
        return DOWN

    with pytest.raises(ExchangeError, match="http-503"):
        Provider(slow).current(patience=0.1)
    hold.set()


def test_a_denial_fails_at_once_and_heals_when_it_is_mended() -> None:
    exchanges = Exchanges(life=60)
    exchanges.failure = DENIED
    provider = Provider(exchanges)
    before = time.monotonic()
    with pytest.raises(ExchangeError, match="AccessDenied"):
        provider.current()
    assert time.monotonic() - before < 1
    calls = exchanges.calls
    for _ in range(100):
        with pytest.raises(ExchangeError):
            provider.current()
    assert exchanges.calls <= calls + 1
    exchanges.failure = None
    time.sleep(1.05)
    assert provider.current().access_key_id


@pytest.mark.parametrize(("raised", "kind"), [(IdentityError("no token"), IdentityError), (ValueError("bug"), ExchangeError)])
def test_a_source_that_raises_does_not_end_the_keeper(raised: Exception, kind: type[Exception]) -> None:
    exchanges = Exchanges()
    exchanges.failure = raised
    provider = Provider(exchanges, draw=lambda: 0.01)
    with pytest.raises(kind):
        provider.current()
    exchanges.failure = None
    assert until(lambda: provider.status().renewals > 0)


def test_a_failed_renewal_that_gave_the_hosts_old_ones_counts_as_a_failure() -> None:
    exchanges = Exchanges(life=60)
    provider = Provider(exchanges)
    first = provider.current()
    later = Held(first, time.time() + 30, DOWN)
    provider._fetch_credentials = lambda **asked: later
    provider._renew = 0.0
    provider.renew_if_due()
    assert provider.current() == first
    assert (provider.status().failures, provider.status().renewals) == (1, 1)
    assert provider.status().error is not None


def test_what_another_process_got_is_taken_at_once_while_ones_own_attempts_fail() -> None:
    shared: list[Held] = []
    exchanges = Exchanges(life=60)
    exchanges.failure = DOWN._replace(trace=Trace(SUBJECT))
    provider = Provider(exchanges, look=lambda identity: shared[0] if shared and identity == SUBJECT else None, draw=lambda: 1.0)
    provider._status = provider._status._replace(failures_in_a_row=6)  # the next attempt is a minute away
    with pytest.raises(ExchangeError, match="http-503"):
        provider.current(patience=0.05)
    now = time.time()
    shared.append(Held(Credentials("ASIAOTHER", Secret("s"), Secret("t"), now, now + 60, ROLE, SUBJECT), now + 30))
    asked = time.monotonic()
    assert provider.current().access_key_id == "ASIAOTHER"
    assert time.monotonic() - asked < 2 * BUSY_SECONDS
    assert provider.status().failures_in_a_row == 0


@pytest.mark.parametrize("refusal", [None, DOWN])
def test_a_session_that_ends_within_the_pause_of_the_host_is_renewed_at_its_end(refusal: Refusal | None) -> None:
    exchanges = Exchanges(life=0.4)

    def fetch_credentials(**asked: Any) -> Held | Refusal:
        got = exchanges(**asked)
        return got._replace(renew=got.renew + 60, refusal=refusal) if isinstance(got, Held) else got

    provider = Provider(fetch_credentials)
    first = provider.current()
    assert until(lambda: provider.current(patience=5).access_key_id != first.access_key_id)
    assert exchanges.seen[:2] == [(False, None), (False, SUBJECT)]


def test_the_end_of_a_session_within_a_pause_is_logged_when_it_comes(caplog: pytest.LogCaptureFixture) -> None:
    exchanges = Exchanges(life=1.5)
    provider = Provider(exchanges, draw=lambda: 1.0)
    provider.renew_if_due()
    exchanges.failure = DOWN
    provider._renew = 0.0
    provider.renew_if_due()
    time.sleep(max(provider._good_until - time.monotonic(), 0.0))
    for _ in range(3):
        provider.renew_if_due()
    assert [record.__dict__["bucketpass"]["event"] for record in caplog.records] == ["renewal-failed", "ended"]
    assert exchanges.calls == 3


def test_subscribers_hear_of_failures_too() -> None:
    exchanges = Exchanges(life=60)
    provider = Provider(exchanges)
    got: list[str] = []
    failed: list[BucketpassError] = []
    provider.subscribe(lambda credentials: got.append(credentials.access_key_id), failed.append)
    provider.renew_if_due()
    exchanges.failure = DOWN
    provider._renew = 0.0
    provider.renew_if_due()
    assert got == ["ASIA1"]
    assert [error.diagnostics()[0].code for error in failed] == ["http-503"]


def test_a_subscriber_that_raises_once_gets_the_new_keys_a_second_later() -> None:
    provider = Provider(Exchanges(life=60))
    got: list[str] = []
    refused = [ValueError("write-write conflict")]

    def busy(credentials: Credentials) -> None:
        if refused:
            raise refused.pop()
        got.append(credentials.access_key_id)

    provider.subscribe(busy)
    assert provider.renew_if_due() <= 1.0
    assert provider.renew_if_due() > 1.0
    assert got == ["ASIA1"]


def test_a_subscriber_that_always_raises_is_given_up_and_the_log_says_so_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    provider = Provider(Exchanges(life=60))
    calls: list[Renewal] = []

    def closed(renewal: Renewal) -> None:
        calls.append(renewal)
        raise ValueError("CREATE SECRET secret1")

    provider.observe(closed)
    for _ in range(5):
        provider.renew_if_due()
    assert len(calls) == 3
    assert caplog.messages == ["a subscriber raised ValueError each time, and hears of no more renewals"]


def test_one_whose_failure_listener_raises_still_gets_new_keys() -> None:
    exchanges = Exchanges(life=60)
    exchanges.failure = DOWN
    provider = Provider(exchanges)
    got: list[str] = []
    provider.subscribe(lambda credentials: got.append(credentials.access_key_id), lambda error: got.append(error.args[7]))
    for _ in range(4):
        provider.renew_if_due()
    exchanges.failure = None
    provider._renew = 0.0
    provider.renew_if_due()
    assert len(got) == 1


def test_a_view_is_made_once_for_each_session() -> None:
    exchanges, made = Exchanges(life=60), []
    provider = Provider(exchanges)

    def make(credentials: Credentials) -> str:
        made.append(credentials.access_key_id)
        return f"view of {credentials.access_key_id}"

    view = provider.view(make)
    assert [view(), view()] == ["view of ASIA1"] * 2
    provider._renew = 0.0
    provider.renew_if_due()
    assert [view(), view()] == ["view of ASIA2"] * 2
    assert made == ["ASIA1", "ASIA2"]


def test_an_event_loop_waits_without_standing_still() -> None:
    exchanges = Exchanges(life=60)
    exchanges.hold.clear()
    provider = Provider(exchanges)

    async def both() -> int:
        asking = asyncio.create_task(provider.current_async())
        ticks = 0
        while ticks < 20:
            await asyncio.sleep(0.005)
            ticks += 1
        assert not asking.done()
        exchanges.hold.set()
        await asking
        return ticks

    assert asyncio.run(both()) == 20


def test_a_provider_that_nobody_holds_ends_its_keeper() -> None:
    exchanges = Exchanges(life=0.2)
    provider = Provider(exchanges)
    provider.current()
    keeper = provider._keeper
    assert keeper is not None
    del provider
    gc.collect()
    assert until(lambda: not keeper.lives)


def test_a_closed_provider_renews_no_more() -> None:
    exchanges = Exchanges(life=0.2)
    provider = Provider(exchanges)
    provider.current()
    provider.close()
    keeper = provider._keeper
    assert keeper is not None
    assert until(lambda: not keeper.lives)
    calls = exchanges.calls
    time.sleep(0.3)
    assert exchanges.calls == calls


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_that_was_forked_during_a_renewal_has_credentials_and_a_keeper_of_its_own() -> None:
    exchanges = Exchanges(life=2.0)
    provider = Provider(exchanges)
    provider.current()
    exchanges.hold.clear()
    assert until(lambda: exchanges.calls == 2)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        exchanges.hold = threading.Event()
        exchanges.hold.set()
        first = provider.current().access_key_id
        renewed = until(lambda: provider.current().access_key_id != first)
        os.write(writer, f"{first} {renewed}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    exchanges.hold.set()
    assert os.read(reader, 100) == b"ASIA1 True"
    os.close(reader)
    os.close(writer)


def test_time_that_the_machine_was_asleep_counts() -> None:
    exchanges = Exchanges(life=60)
    provider = Provider(exchanges)
    provider.current()
    provider._slept -= 3600
    provider.renew_if_due()
    assert exchanges.calls == 2
