"""One exchange per host."""

import shutil
from pathlib import Path

import pytest
from tests.fake_machine import NOON
from tests.fixed_clock import FixedClock
from tests.integration.fake_sts import ROLE, granted, refused
from tests.tokens import unsigned_token

from bucketpass.credentials.budgets import BUSY_SECONDS
from bucketpass.credentials.cache import HostCache
from bucketpass.credentials.claims import TokenIdentity, identity_of
from bucketpass.credentials.entry import encode_entry
from bucketpass.credentials.host import Exchanger, Held, entry_name
from bucketpass.credentials.values import Refusal, RoleToAssume
from bucketpass.credentials.warm import head_of
from bucketpass.identity.callable import CallableSource
from bucketpass.identity.token import UnverifiedToken, read_token
from bucketpass.wire.client import HttpRequest, HttpResponse

NOW = NOON.timestamp()


class Host:
    """Processes of one host, which share a directory and an STS."""

    def __init__(self, tmp_path: Path) -> None:
        self.store = HostCache(str(tmp_path / "cache"))
        self.clock = FixedClock(NOON)
        self.calls = 0
        self.down: HttpResponse | None = None
        self.subject = "trainer"
        self.instance: str | None = None

    def send(self, request: HttpRequest, /, *, timeout: float, ca_file: str | None = None) -> HttpResponse:
        headers = {"x-bucketpass-instance": self.instance} if self.instance else {}
        if request.method == "GET":
            return HttpResponse(302, headers, b"")
        self.calls += 1
        return self.down or HttpResponse(200, headers, granted(self.calls, self.clock.now().timestamp() + 3600).encode())

    def token(self) -> str:
        now = int(self.clock.now().timestamp())
        return unsigned_token(self.subject, iat=now, exp=now + 3600)

    def process(self, role: RoleToAssume | None = None, *, keep: float = 0.0, shared: bool = True) -> Exchanger:
        return Exchanger(
            role or RoleToAssume(ROLE, endpoint_url="http://sts.test"),
            CallableSource(self.token),
            self.send,
            self.store if shared else None,
            self.clock,
            keep,
            draw=lambda: 0.5,
            sleep=self.clock.advance,
        )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def held(got: Held | Refusal) -> Held:
    assert isinstance(got, Held)
    return got


def refusal(got: Held | Refusal) -> Refusal:
    assert isinstance(got, Refusal)
    return got


def test_the_second_process_takes_what_the_first_got(host: Host) -> None:
    first, second = host.process().fetch_credentials(), host.process().fetch_credentials()
    assert held(first).credentials == held(second).credentials
    assert host.calls == 1


def test_another_role_or_identity_has_an_entry_of_its_own(host: Host) -> None:
    host.process().fetch_credentials()
    host.process(RoleToAssume(ROLE, endpoint_url="http://sts.test", policy="{}")).fetch_credentials()
    host.subject = "evaluator"
    got = held(host.process().fetch_credentials())
    assert (host.calls, got.credentials.identity.subject) == (3, "evaluator")


def test_one_who_has_none_takes_valid_ones_even_if_they_are_due(host: Host) -> None:
    first = held(host.process().fetch_credentials())
    host.clock.advance(3000)
    assert held(host.process().fetch_credentials()).credentials == first.credentials
    assert host.calls == 1


def test_one_who_renews_asks_once_they_are_due_and_the_next_takes_it(host: Host) -> None:
    first = held(host.process().fetch_credentials())
    host.clock.advance(1900)
    assert held(host.process().fetch_credentials(renewing=True)).credentials == first.credentials
    host.clock.advance(100)
    second = held(host.process().fetch_credentials(renewing=True))
    assert held(host.process().fetch_credentials(renewing=True)).credentials == second.credentials != first.credentials
    assert host.calls == 2


def test_one_who_finds_another_renewing_goes_on_with_the_old_ones(host: Host) -> None:
    first = held(host.process().fetch_credentials())
    host.clock.advance(2000)
    process = host.process()
    name = entry_name(process.role, identity(host.token()))
    lock = host.store.try_lock(name)
    assert lock is not None
    with lock:
        got = held(process.fetch_credentials(renewing=True))
    assert (got.credentials, got.renew - host.clock.now().timestamp()) == (first.credentials, 1.0)
    assert host.calls == 1


def test_a_failed_renewal_keeps_the_old_ones_and_puts_off_the_next_for_all(host: Host) -> None:
    first = held(host.process().fetch_credentials())
    host.clock.advance(2000)
    host.down = HttpResponse(403, {}, refused("AccessDenied").encode())
    failed = held(host.process().fetch_credentials(renewing=True))
    assert failed.refusal is not None
    assert (failed.credentials, failed.refusal.code) == (first.credentials, "AccessDenied")
    assert failed.renew > host.clock.now().timestamp()
    assert held(host.process().fetch_credentials(renewing=True)).refusal is None
    assert host.calls == 2


def test_the_pause_between_failures_grows_to_a_minute_for_all_together(host: Host) -> None:
    host.process().fetch_credentials()
    host.clock.advance(2000)
    host.down = HttpResponse(403, {}, refused("AccessDenied").encode())
    pauses = []
    for _ in range(8):
        got = held(host.process().fetch_credentials(renewing=True))
        pauses.append(got.renew - host.clock.now().timestamp())
        host.clock.advance(pauses[-1] + 0.01)
    assert pauses == pytest.approx([0.5, 1, 2, 4, 8, 16, 30, 30], abs=0.01)


def test_the_pause_between_failures_is_one_in_the_time_that_the_session_has_left(host: Host) -> None:
    end = held(host.process().fetch_credentials()).credentials.good_until
    host.down = HttpResponse(503, {}, b"")
    pauses = []
    while (left := end - host.clock.now().timestamp()) > 0:
        renew = held(host.process().fetch_credentials(renewing=True)).renew
        pauses.append((renew - host.clock.now().timestamp(), left))
        host.clock.advance(max(renew - host.clock.now().timestamp(), 0.1))
    assert all(pause <= max(left / 2, BUSY_SECONDS) + 0.001 for pause, left in pauses[1:])
    assert pauses[-1][1] <= BUSY_SECONDS


def test_without_valid_ones_a_refusal_is_the_answer(host: Host) -> None:
    host.down = HttpResponse(403, {}, refused("AccessDenied").encode())
    assert refusal(host.process().fetch_credentials()).code == "AccessDenied"


def test_expired_ones_are_never_given_out(host: Host) -> None:
    host.process().fetch_credentials()
    host.down = HttpResponse(403, {}, refused("AccessDenied").encode())
    host.clock.advance(3571)
    assert refusal(host.process().fetch_credentials()).code == "AccessDenied"


def test_a_waiter_gives_up_after_its_patience(host: Host) -> None:
    process = host.process()
    lock = host.store.try_lock(entry_name(process.role, identity(host.token())))
    assert lock is not None
    with lock:
        assert refusal(process.fetch_credentials(patience=0.05)).code == "no-answer"


@pytest.mark.parametrize("what", ["write", "try_lock"])
def test_a_cache_that_fails_costs_the_sharing_and_nothing_else(host: Host, what: str) -> None:
    class Full(HostCache):
        def write(self, name: str, data: bytes) -> None:
            raise OSError(28, "No space left on device")

    class Removed(HostCache):
        def try_lock(self, name: str) -> None:
            raise FileNotFoundError(2, "No such file or directory")

    host.store = (Full if what == "write" else Removed)(host.store.directory)
    held(host.process().fetch_credentials())
    held(host.process().fetch_credentials())
    assert host.calls == 2


def test_a_corrupt_entry_heals(host: Host) -> None:
    host.process().fetch_credentials()
    host.store.write(entry_name(host.process().role, identity(host.token())), b"bucketpass 2 garbage")
    host.process().fetch_credentials()
    host.process().fetch_credentials()
    assert host.calls == 2


def test_a_process_keeps_its_identity_even_if_the_cache_has_another(host: Host) -> None:
    pinned = held(host.process().fetch_credentials()).credentials.identity
    host.subject = "evaluator"
    host.process().fetch_credentials()
    assert refusal(host.process().fetch_credentials(pinned=pinned)).code == "changed-identity"


def test_a_token_that_is_none_is_refused(host: Host) -> None:
    process = host.process()._replace(source=CallableSource(lambda: "opaque"))
    assert refusal(process.fetch_credentials()).code == "bad-token"


def test_without_a_shared_cache_each_asks_for_itself(host: Host) -> None:
    host.process(shared=False).fetch_credentials()
    host.process(shared=False).fetch_credentials()
    assert host.calls == 2


def test_one_who_wants_more_life_renews_earlier(host: Host) -> None:
    host.process().fetch_credentials()
    host.clock.advance(2650)
    name = entry_name(host.process().role, identity(host.token()))
    assert held(host.process().fetch_credentials(renewing=True)).credentials.access_key_id == "ASIATEST00000002"
    host.clock.advance(1500)
    assert held(host.process(keep=2200.0).fetch_credentials(renewing=True)).credentials.access_key_id == "ASIATEST00000002"
    assert host.store.read(name) is not None


def identity(text: str) -> TokenIdentity:
    token = read_token(text)
    assert isinstance(token, UnverifiedToken)
    return identity_of(token)


def test_an_entry_is_known_by_all_that_the_answer_depends_on() -> None:
    role = RoleToAssume(ROLE, endpoint_url="http://sts.test")
    token = identity(unsigned_token())
    others = [
        entry_name(role, identity(unsigned_token("other"))),
        entry_name(role, identity(unsigned_token(issuer="https://other.test"))),
        entry_name(role, identity(unsigned_token(aud="other"))),
        entry_name(role, identity(unsigned_token(azp="other"))),
        entry_name(role, identity(unsigned_token(repository_id="7"))),
        entry_name(role, identity(unsigned_token(claims={"https://aws.amazon.com/tags": {"principal_tags": {"tenant": ["a"]}}}))),
        entry_name(role._replace(arn=f"{ROLE}2"), token),
        entry_name(role._replace(policy="{}"), token),
        entry_name(role._replace(policy_arns=("arn:1",)), token),
        entry_name(role._replace(seconds=900), token),
        entry_name(role._replace(session_name="me"), token),
        entry_name(role._replace(endpoint_url="http://other.test"), token),
    ]
    assert len({entry_name(role, token), *others}) == 13
    assert entry_name(role, identity(unsigned_token(life=60.0, jti="another"))) == entry_name(role, token)


def test_a_token_of_another_tenant_or_audience_is_not_taken_over_by_a_running_process(host: Host) -> None:
    pinned = held(host.process().fetch_credentials()).credentials.identity
    for claim in ("https://aws.amazon.com/tags/principal_tags/team", "aud"):
        process = host.process()._replace(source=CallableSource(lambda claim=claim: unsigned_token(claims={claim: "beta"})))  # type: ignore[misc]
        got = refusal(process.fetch_credentials(pinned=pinned))
        assert (got.code, claim in got.message, "beta" in got.message) == ("changed-identity", True, False)
    assert host.calls == 1


def test_a_token_that_becomes_anothers_during_an_exchange_never_leaves_its_session_to_the_first(host: Host) -> None:
    host.down = HttpResponse(400, {}, refused("ExpiredTokenException").encode())
    tokens = [host.token()]

    def fetch() -> str:
        if tokens:
            return tokens.pop()
        host.down, host.subject = None, "other"
        return host.token()

    got = host.process()._replace(source=CallableSource(fetch)).fetch_credentials()
    assert refusal(got).code == "changed-identity"
    host.subject = "trainer"
    assert held(host.process().fetch_credentials()).credentials.identity.subject == "trainer"


def test_an_entry_of_a_sandbox_ends_with_it(host: Host) -> None:
    host.instance = "first"
    held(host.process().fetch_credentials())
    held(host.process().fetch_credentials())
    assert host.calls == 1
    host.instance = "second"
    assert held(host.process().fetch_credentials()).credentials.instance == "second"
    assert host.calls == 2
    host.instance, host.down = "third", HttpResponse(403, {}, refused("AccessDenied").encode())
    assert refusal(host.process().fetch_credentials(renewing=True)).code == "AccessDenied"


def test_a_credential_process_asks_before_it_takes_a_sandboxs_entry(host: Host) -> None:
    host.instance = "first"
    held(host.process().fetch_credentials())
    head = head_of(host.store.read(entry_name(host.process().role, identity(host.token()))))
    assert head is not None
    assert head[1] == 0.0


def test_what_was_got_before_the_clock_was_set_back_is_asked_for_again(host: Host) -> None:
    held(host.process().fetch_credentials())
    host.clock.advance(-7200)
    held(host.process().fetch_credentials())
    host.clock.advance(2000)
    assert held(host.process().fetch_credentials()).refusal is None
    assert host.calls == 2


@pytest.mark.parametrize("moved", [False, True])
def test_a_process_shares_again_after_the_cache_was_removed_or_replaced(host: Host, moved: bool) -> None:
    running = host.process()
    held(running.fetch_credentials())
    directory = Path(host.store.directory)
    if moved:
        directory.rename(directory.with_name("moved"))
        HostCache(str(directory))
    else:
        shutil.rmtree(directory)
    second = held(running.fetch_credentials())
    other = host.process()._replace(store=HostCache(str(directory)))
    assert held(other.fetch_credentials()).credentials == second.credentials
    assert host.calls == 2


def test_a_cache_that_was_replaced_by_one_that_cannot_be_trusted_is_not_followed(host: Host) -> None:
    running = host.process()
    first = held(running.fetch_credentials())
    directory = Path(host.store.directory)
    directory.rename(directory.with_name("moved"))
    directory.symlink_to(directory.with_name("moved"))
    assert held(running.fetch_credentials()).credentials == first.credentials
    directory.unlink()
    directory.mkdir()
    directory.chmod(0o777)
    assert held(running.fetch_credentials()).credentials == first.credentials
    assert list(directory.iterdir()) == []


DOWN = HttpResponse(503, {}, refused("ServiceUnavailable").encode())


def test_while_sts_is_down_the_host_asks_once_at_a_time_and_then_waits(host: Host) -> None:
    host.down = DOWN
    first = refusal(host.process().fetch_credentials())
    assert (first.code, first.retry_after) == ("ServiceUnavailable", 0.5)
    asked = host.calls
    pauses = []
    for _ in range(8):
        host.clock.advance(first.retry_after)
        first = refusal(host.process().fetch_credentials(patience=0.0))
        pauses.append(first.retry_after)
        assert refusal(host.process().fetch_credentials(patience=0.0)).retry_after == first.retry_after
    assert host.calls == asked + 8
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


@pytest.mark.parametrize("down", [DOWN, HttpResponse(403, {}, refused("AccessDenied").encode())])
def test_a_refusal_from_before_the_host_was_started_anew_holds_nobody_up(host: Host, down: HttpResponse) -> None:
    host.clock.elapsed = 1_000_000.0
    host.down = down
    refusal(host.process().fetch_credentials())
    host.clock.elapsed, host.down = 30.0, None
    process = host.process()
    lock = host.store.try_lock(entry_name(process.role, identity(host.token())))
    assert lock is not None
    with lock:
        assert refusal(process.fetch_credentials(patience=0.05)).code == "no-answer"
    assert held(process.fetch_credentials()).refusal is None
    assert host.clock.elapsed == 30.0


def test_one_who_comes_while_the_host_waits_takes_what_another_gets_or_asks_when_the_pause_is_over(host: Host) -> None:
    host.down = DOWN
    refusal(host.process().fetch_credentials())
    host.down = None
    host.clock.advance(0.1)
    before = host.clock.monotonic()
    held(host.process().fetch_credentials())
    assert host.clock.monotonic() - before == pytest.approx(0.4, abs=0.01)
    assert host.store.read(f"{entry_name(host.process().role, identity(host.token()))}.refused") is None


def test_one_who_waits_under_its_lock_takes_what_one_who_passed_it_over_got(host: Host) -> None:
    other = held(host.process(shared=False).fetch_credentials())
    host.down = HttpResponse(503, {}, refused("ServiceUnavailable").encode())
    process = host.process()

    def sleep(seconds: float) -> None:
        host.clock.advance(seconds)
        host.store.write(entry_name(process.role, identity(host.token())), encode_entry(other.credentials, other.renew))

    before = host.calls
    got = held(process._replace(sleep=sleep).fetch_credentials())
    assert (got.credentials.access_key_id, host.calls - before) == (other.credentials.access_key_id, 1)
    host.store.try_lock(entry_name(process.role, identity(host.token()))).release()  # type: ignore[union-attr]


def test_what_waiting_does_not_mend_is_asked_again_at_once(host: Host) -> None:
    host.down = HttpResponse(403, {}, refused("AccessDenied").encode())
    assert refusal(host.process().fetch_credentials()).retry_after == 0.0
    host.down = None
    host.clock.advance(0.1)
    before = host.clock.monotonic()
    held(host.process().fetch_credentials())
    assert host.clock.monotonic() == before
