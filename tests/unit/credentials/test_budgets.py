"""When credentials are renewed and tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bucketpass.credentials.budgets import backoff, expiry_margin, refresh_age

DRAWS = st.floats(0, 1, exclude_max=True)


@given(st.floats(1, 43_200), DRAWS)
def test_a_session_is_renewed_at_about_half_of_its_life(life: float, draw: float) -> None:
    assert 0.49 * life < refresh_age(life, draw) < 0.61 * life


def test_the_jitter_goes_both_ways() -> None:
    assert refresh_age(1000, 0.0) == pytest.approx(495)
    assert refresh_age(1000, 0.999999) == pytest.approx(605, abs=0.1)


@given(st.floats(1921, 43_200), DRAWS)
def test_a_long_session_keeps_the_life_that_an_endpoint_needs(life: float, draw: float) -> None:
    assert life - refresh_age(life, draw, keep=960) >= min(960, 0.39 * life)


@given(st.floats(900, 1920), DRAWS)
def test_a_short_session_is_not_renewed_all_the_time(life: float, draw: float) -> None:
    assert refresh_age(life, draw, keep=960) >= 0.49 * life


@given(st.integers(1, 10_000), DRAWS)
def test_the_backoff_is_never_longer_than_a_minute(failures: int, draw: float) -> None:
    assert 0 <= backoff(failures, draw) < 60


def test_the_backoff_doubles() -> None:
    assert [backoff(failures, 0.5) for failures in (1, 2, 3, 7, 8)] == [0.5, 1.0, 2.0, 30.0, 30.0]


def test_the_margin_is_half_a_minute_or_a_tenth_of_a_short_life() -> None:
    assert (expiry_margin(900), expiry_margin(5)) == (30, 0.5)
