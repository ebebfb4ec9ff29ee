"""A small fleet, simulated: the quota is kept, and nobody is without credentials."""

import pytest
from benchmarks.fleet import QUOTA, SCENARIOS, fleet, measure

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["start", "steady", "outage", "rotation"])
def test_nobody_is_without_credentials_and_the_quota_is_kept(name: str) -> None:
    measured = measure(SCENARIOS[name], fleet, processes=80, hosts=20)
    assert (measured["without"], measured["throttled"]) == (0, 0)
    assert 0 < measured["peak_per_second"] <= QUOTA


def test_after_an_outage_longer_than_a_session_all_have_credentials_within_two_minutes_of_its_end() -> None:
    measured = measure(SCENARIOS["long_outage"], fleet, processes=40, hosts=20)
    assert measured["without"] == 40
    # The session ends at most an hour after the outage begins, which lasts 90 minutes.
    assert measured["longest_wait_seconds"] < 90 * 60 - 0.55 * 3600 + 120
