"""Which days the question is about, and which of them the logs cover: what is not logged is not unused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bucketpass.errors import RequestError
from bucketpass.usage.engines.interface import QueryEngine
from bucketpass.usage.sql import Fragment
from bucketpass.usage.store import LogStore

__all__ = ["Coverage", "coverage_of", "day_text", "read_since", "time_text"]

_DAY = 86400
_SINCE = re.compile(r"([0-9]{1,5})([dhw])", re.ASCII)
_LONGEST = 20 * 366 * _DAY
_UNITS = {"h": 3600, "d": _DAY, "w": 7 * _DAY}
_READING = ("Get", "Head", "List", "Select")


@dataclass(frozen=True, slots=True)
class Coverage:
    """The period from `first` to `last` (days since 1970, both counted) and what the logs have of it.

    days: those with any record of S3. reads, writes: the buckets that a record reads, or changes.
    """

    first: int
    last: int
    days: frozenset[int]
    reads: frozenset[str]
    writes: frozenset[str]

    @property
    def missing(self) -> tuple[int, ...]:
        """The days of the period without any record."""
        return tuple(day for day in range(self.first, self.last + 1) if day not in self.days)

    @property
    def since(self) -> int:
        """The first second of the period."""
        return self.first * _DAY

    def covers(self, bucket: str) -> bool:
        """Whether every day is there, and any record of the bucket."""
        return not self.missing and bucket in self.reads | self.writes


def read_since(text: str) -> int:
    """The seconds that `90d`, `12w` or `48h` stands for. Raises `RequestError` for anything else."""
    found = _SINCE.fullmatch(text)
    length = int(found[1]) * _UNITS[found[2]] if found is not None else 0
    if not 0 < length <= _LONGEST:
        raise RequestError(
            f"got `{text}`, expected a number of days, weeks or hours, up to 20 years", remedy="Write it as 90d, 12w or 48h."
        )
    return length


def coverage_of(engine: QueryEngine, store: LogStore, since: int | None) -> Coverage:
    """The period that ends with the latest record and is `since` seconds long (None: from the first record), and its coverage."""
    last = (store.last or 0) // _DAY
    first = (store.first or 0) // _DAY if since is None else last + 1 - max(1, -(-since // _DAY))
    days = engine.run(Fragment("SELECT DISTINCT CAST(floor(time / 86400) AS BIGINT) FROM rows"))
    kinds = engine.run(Fragment("SELECT DISTINCT bucket, operation FROM rows WHERE time >= ?", (first * _DAY,)))
    reads = {str(bucket) for bucket, operation in kinds if str(operation).startswith(_READING)}
    writes = {str(bucket) for bucket, operation in kinds if not str(operation).startswith(_READING)}
    in_period = frozenset(int(day or 0) for (day,) in days if first <= int(day or 0) <= last)
    return Coverage(first, last, in_period, frozenset(reads), frozenset(writes))


def day_text(day: int) -> str:
    """A day since 1970 as `2026-11-30`."""
    return datetime.fromtimestamp(day * _DAY, UTC).strftime("%Y-%m-%d")


def time_text(seconds: int) -> str:
    """A time in seconds since 1970 as `2026-11-30T10:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
