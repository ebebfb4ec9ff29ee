"""The fleet at a twenty-fifth of its size, and of the quota of STS."""

import pytest
from benchmarks.fleet import QUOTA, SCENARIOS, fleet, measure

pytestmark = pytest.mark.slow

SHARE = 25
HOSTS, PER_HOST, PART = 5_000 // SHARE, 20, QUOTA // SHARE


@pytest.mark.parametrize("name", ["steady", "outage", "rotation"])
def test_nobody_is_without_credentials_and_the_quota_is_kept(name: str) -> None:
    measured = measure(SCENARIOS[name], fleet, HOSTS * PER_HOST, HOSTS, quota=PART)
    assert (measured["without"], measured["throttled"]) == (0, 0)
    assert 0 < measured["peak_per_second"] <= PART


def test_at_a_start_beyond_the_quota_all_get_credentials_and_retries_keep_out_of_the_peak() -> None:
    measured = measure(SCENARIOS["start"], fleet, HOSTS * PER_HOST, HOSTS, quota=PART)
    assert measured["peak_per_second"] > PART  # the hosts' first calls: nothing can tell them to wait
    assert measured["without"] == 0
    assert measured["again_at_peak"] <= measured["peak_per_second"] / 10


def test_after_an_outage_longer_than_a_session_all_have_credentials_within_two_minutes_of_its_end() -> None:
    measured = measure(SCENARIOS["long_outage"], fleet, HOSTS * 2, HOSTS, quota=PART)
    assert measured["without"] == HOSTS * 2
    assert measured["peak_per_second"] <= PART
    # The session ends at most an hour after the outage begins, which lasts 90 minutes.
    assert measured["longest_wait_seconds"] < 90 * 60 - 0.55 * 3600 + 120
