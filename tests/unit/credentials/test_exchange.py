"""The exchange as a flow: what it asks for, in which order, and what it makes of each answer."""

from collections.abc import Sequence

import pytest
from tests.fake_machine import NOON
from tests.fixed_clock import FixedClock
from tests.integration.fake_sts import ROLE, granted, refused
from tests.tokens import unsigned_token

from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.exchange import drive, exchange, jitter, unanswered
from bucketpass.credentials.values import Credentials, Outcome, Refusal, RoleToAssume
from bucketpass.errors import IdentityError
from bucketpass.identity.callable import CallableSource
from bucketpass.identity.token import UnverifiedToken, read_token
from bucketpass.wire.client import HttpRequest, HttpResponse
from bucketpass.wire.network import UnreadableAuthorities

NOW = NOON.timestamp()
OK = HttpResponse(200, {}, granted(1, NOW + 3600).encode())
ROLE_HERE = RoleToAssume(ROLE, endpoint_url="http://sts.test")
REQUEST_COST = 0.1


def no(code: str, status: int = 400) -> HttpResponse:
    return HttpResponse(status, {}, refused(code).encode())


def token(**changes: object) -> str:
    return unsigned_token(claims={"iat": int(NOW), "exp": int(NOW) + 300, **changes})


class World:
    """A token source, an STS and a clock, driven by the real driver. Each request costs a tenth of a second."""

    def __init__(self, answers: Sequence[HttpResponse | OSError], tokens: Sequence[str] = (), clock: FixedClock | None = None) -> None:
        self.answers = list(answers)
        self.tokens = list(tokens) or [token()]
        self.clock = clock or FixedClock(NOON)
        self.fetched = 0
        self.asked: list[HttpRequest] = []
        self.slept: list[float] = []

    def fetch(self) -> str:
        self.fetched += 1
        return self.tokens[min(self.fetched, len(self.tokens)) - 1]

    def send(self, request: HttpRequest, /, *, timeout: float, ca_file: str | None = None) -> HttpResponse:
        self.asked.append(request)
        self.clock.advance(REQUEST_COST)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, OSError):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)

    def outcome(self, role: RoleToAssume = ROLE_HERE, *, pinned: TokenIdentity | None = None, skew: float | None = None) -> Outcome:
        flow = exchange(role, self.clock, patience=15, pinned=pinned, skew=skew, draw=lambda: 0.5)
        return drive(flow, CallableSource(self.fetch), self.send, sleep=self.sleep)


def test_one_token_and_one_request_make_credentials() -> None:
    world = World([OK])
    assert isinstance(world.outcome(), Credentials)
    assert (world.fetched, len(world.asked), world.slept) == (1, 1, [])


OUTAGES: list[HttpResponse | OSError] = [
    no("IDPCommunicationError"),
    no("Throttling"),
    no("x", 500),
    no("x", 503),
    ConnectionResetError(104, "reset"),
    TimeoutError("late"),
]


@pytest.mark.parametrize("failure", OUTAGES)
def test_an_outage_is_asked_again_after_a_growing_pause(failure: HttpResponse | OSError) -> None:
    world = World([failure, failure, failure, OK])
    assert isinstance(world.outcome(), Credentials)
    throttled = isinstance(failure, HttpResponse) and b"Throttling" in failure.body
    # A throttled fleet spreads over more seconds from the first; the last pause is in the time that is left.
    assert world.slept == pytest.approx([2.0, 4.0, 4.5] if throttled else [0.5, 1.0, 2.0], abs=0.2)


def test_an_outage_that_lasts_ends_within_the_patience() -> None:
    world = World([no("x", 503)])
    refusal = world.outcome()
    assert isinstance(refusal, Refusal)
    assert refusal.rule.retry
    assert world.clock.monotonic() <= 15


def test_a_denial_is_final_at_once() -> None:
    world = World([no("AccessDenied", 403)])
    refusal = world.outcome()
    assert isinstance(refusal, Refusal)
    assert (refusal.code, len(world.asked)) == ("AccessDenied", 1)
    assert world.clock.monotonic() < 1


def test_an_invalid_token_is_asked_anew_a_bounded_number_of_times() -> None:
    world = World([no("InvalidIdentityToken")])
    assert isinstance(world.outcome(), Refusal)
    assert (world.fetched, len(world.asked)) == (3, 3)


def test_a_token_that_was_rotated_in_mid_refresh_is_picked_up() -> None:
    fresh = token(jti="fresh")
    world = World([no("InvalidIdentityToken"), OK], [token(), fresh])
    assert isinstance(world.outcome(), Credentials)
    assert fresh in world.asked[1].body.decode()


def test_garbage_is_believed_after_three_times() -> None:
    world = World([HttpResponse(200, {}, b"<html>portal</html>")])
    refusal = world.outcome()
    assert isinstance(refusal, Refusal)
    assert (refusal.code, len(world.asked)) == ("unreadable-answer", 3)


def test_an_expired_token_is_never_sent() -> None:
    world = World([HttpResponse(302, {}, b"")], [token(exp=int(NOW) - 301)])
    refusal = world.outcome()
    assert isinstance(refusal, Refusal)
    assert refusal.code == "bad-token"
    assert [request.method for request in world.asked] == ["GET"]
    assert all(not request.body for request in world.asked)


def test_an_expired_token_is_asked_anew_from_its_source() -> None:
    world = World([HttpResponse(302, {}, b""), OK], [token(exp=int(NOW) - 301), token()])
    assert isinstance(world.outcome(), Credentials)


def test_a_clock_that_is_ten_minutes_ahead_does_not_make_a_good_token_look_expired() -> None:
    ahead = FixedClock(NOON)
    ahead.advance(600)
    date = {"date": "Tue, 24 Nov 2026 12:00:00 GMT"}
    world = World([HttpResponse(302, date, b""), HttpResponse(200, date, granted(1, NOW + 3600).encode())], clock=ahead)
    credentials = world.outcome()
    assert isinstance(credentials, Credentials)
    assert credentials.skew == pytest.approx(600, abs=1)
    assert credentials.expires - credentials.issued == pytest.approx(3600, abs=1)


def test_a_clock_that_is_ten_minutes_behind_does_not_make_an_expired_token_look_good() -> None:
    behind = FixedClock(NOON)
    behind.advance(-600)
    world = World([HttpResponse(302, {"date": "Tue, 24 Nov 2026 12:00:00 GMT"}, b"")], [token(exp=int(NOW) - 360)], behind)
    refusal = world.outcome(skew=-600.0)
    assert isinstance(refusal, Refusal)
    assert all(request.method == "GET" for request in world.asked)


def test_a_token_of_another_subject_is_refused_before_it_is_sent() -> None:
    world = World([OK], [token(sub="other")])
    refusal = world.outcome(pinned=TokenIdentity("https://issuer.test", "trainer"))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, world.asked) == ("changed-identity", [])


def test_a_token_with_another_audience_is_not_sent() -> None:
    world = World([OK])
    refusal = world.outcome(ROLE_HERE._replace(audience="other"))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, world.asked) == ("bad-token", [])


def test_a_certificate_that_cannot_be_checked_is_final() -> None:
    import ssl

    world = World([ssl.SSLCertVerificationError(1, "certificate verify failed")])
    refusal = world.outcome()
    assert isinstance(refusal, Refusal)
    assert (refusal.code, len(world.asked)) == ("bad-certificate", 1)


def test_a_source_without_a_token_raises() -> None:
    with pytest.raises(IdentityError):
        World([OK], ["  "]).outcome()


def test_a_token_that_was_fetched_already_is_not_fetched_again() -> None:
    world = World([OK])
    read = read_token(token())
    assert isinstance(read, UnverifiedToken)
    flow = exchange(ROLE_HERE, world.clock, patience=15, token=read)
    assert isinstance(drive(flow, CallableSource(world.fetch), world.send), Credentials)
    assert world.fetched == 0


def test_jitter_is_below_one() -> None:
    draws = [jitter() for _ in range(100)]
    assert all(0 <= draw < 1 for draw in draws)
    assert len(set(draws)) > 90


def test_authorities_that_cannot_be_read_are_told_at_once() -> None:
    refusal = unanswered(UnreadableAuthorities("cannot read the authorities in `/nope`: No such file or directory"))
    assert (refusal.code, refusal.rule.retry) == ("bad-authorities", False)
    assert "/nope" in refusal.message
