"""The period, and which days of it the logs cover."""

import pytest
from tests.cloudtrail_records import s3_record
from tests.unit.usage.conftest import Opened

from bucketpass.errors import RequestError
from bucketpass.usage.period import coverage_of, day_text, read_since, time_text


def test_lengths() -> None:
    assert [read_since(text) for text in ("90d", "2w", "48h")] == [90 * 86400, 14 * 86400, 48 * 3600]


@pytest.mark.parametrize("text", ["", "90", "d", "-3d", "0d", "3m", "²d", "3 d"])
def test_anything_else_is_a_mistake(text: str) -> None:
    with pytest.raises(RequestError):
        read_since(text)


def test_missing_days_and_kinds_of_requests(opened: Opened) -> None:
    engine, store = opened([s3_record("GetObject", time=f"2026-11-{day}T23:59:59Z", parameters={"key": "k"}) for day in (27, 30)])
    found = coverage_of(engine, store, None)
    assert [day_text(day) for day in found.missing] == ["2026-11-28", "2026-11-29"]
    assert (found.reads, found.writes, found.covers("datasets")) == (frozenset({"datasets"}), frozenset[str](), False)
    assert coverage_of(engine, store, 86400).covers("datasets")
    assert time_text(store.last or 0) == "2026-11-30T23:59:59Z"
