from datetime import UTC, datetime


class FixedClock:
    """A clock that stands still until `advance` moves it."""

    __slots__ = ("elapsed", "instant")

    def __init__(self, instant: datetime, elapsed: float = 0.0) -> None:
        self.instant = instant
        self.elapsed = elapsed

    def now(self) -> datetime:
        """The wall clock's time, in UTC."""
        return self.instant

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return self.elapsed

    def advance(self, seconds: float) -> None:
        """Move both readings on by `seconds`."""
        self.instant = datetime.fromtimestamp(self.instant.timestamp() + seconds, UTC)
        self.elapsed += seconds
