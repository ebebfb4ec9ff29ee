from datetime import UTC, datetime

from bucketpass.decide import Decision
from bucketpass.sandbox.events import AuthorizationResult, Event, EventLog

ALLOWED, DENIED = (AuthorizationResult("s3:GetObject", "r", Decision(allowed, False, "")) for allowed in (True, False))


def event(number: int, status: int = 200, *authorizations: AuthorizationResult) -> Event:
    return Event(
        number,
        datetime(2026, 1, 1, tzinfo=UTC),
        "s3",
        "GetObject",
        "GET",
        "/b/k",
        True,
        "me",
        "AKIA",
        status,
        authorizations=authorizations,
    )


def test_the_latest_events_are_kept_and_told() -> None:
    log = EventLog(kept=2)
    told: list[Event] = []
    with log.subscribe(told.append):
        for number in range(1, 4):
            log.add(event(number))
    log.add(event(4))
    assert [found.number for found in log.since()] == [3, 4]
    assert [found.number for found in log.since(3)] == [4]
    assert [found.number for found in told] == [1, 2, 3]


def test_numbers_only_grow() -> None:
    log = EventLog()
    assert [log.next_number() for _ in range(3)] == [1, 2, 3]


def test_a_request_is_allowed_where_nobody_refused_it() -> None:
    assert event(1, 200, ALLOWED, ALLOWED).allowed
    assert not event(1, 200, ALLOWED, DENIED).allowed
    assert not event(1, 403, ALLOWED).allowed
