"""What becomes of a provider's renewals, and who hears of it: the log, the metrics, subscribers, OpenTelemetry."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bucketpass.credentials.budgets import LOG_AGAIN_SECONDS
from bucketpass.credentials.values import Credentials, Trace
from bucketpass.errors import BucketpassError

__all__ = ["Observer", "Observers", "Renewal", "RenewalLog", "RenewalStatus"]


class RenewalStatus(NamedTuple):
    """What became of a provider's renewals. Times are seconds since 1970; 0 for never."""

    renewals: int = 0
    failures: int = 0
    failures_in_a_row: int = 0
    last_success: float = 0.0
    expires: float = 0.0
    error: BucketpassError | None = None
    token_expires: float = 0.0

    def after_renewal(self, credentials: Credentials) -> RenewalStatus:
        """The status with one success more."""
        return self._replace(
            renewals=self.renewals + 1, failures_in_a_row=0, last_success=credentials.issued, expires=credentials.expires, error=None
        )

    def after_failure(self, error: BucketpassError) -> RenewalStatus:
        """The status with one failure more."""
        return self._replace(failures=self.failures + 1, failures_in_a_row=self.failures_in_a_row + 1, error=error)


class Renewal(NamedTuple):
    """One attempt at new credentials: what it gave, and what the provider is like after it.

    `credentials` are new ones, from STS or from another process of the host; `error` is why there are none. `seconds_left` is
    how long those at hand are given out, 0 where there are none.
    """

    at: float
    status: RenewalStatus
    credentials: Credentials | None
    error: BucketpassError | None
    seconds_left: float
    trace: Trace = Trace()

    @property
    def cause(self) -> str:
        """AWS's error code, or ours; empty for a success."""
        return self.error.diagnostics()[0].code if self.error is not None else ""


Observer = Callable[[Renewal], None]
OBSERVER_ATTEMPTS = 3


class Observers:
    """Those who hear of renewals. `missed` has what one who raised shall get again, and how often it was tried."""

    def __init__(self) -> None:
        self._all: list[Observer] = []
        self.missed: dict[Observer, tuple[Renewal, int]] = {}

    def add(self, observer: Observer) -> None:
        """The observer hears of every attempt from now on."""
        self._all.append(observer)

    def report(self, renewal: Renewal) -> None:
        """All of them get the renewal."""
        for observer in tuple(self._all):
            self._report(observer, renewal, 1)

    def report_again(self) -> None:
        """Those who raised get again what they missed. One whose client was closed raises each time, and is given up."""
        for observer, (renewal, attempts) in tuple(self.missed.items()):
            self._report(observer, renewal, attempts + 1)

    def _report(self, observer: Observer, renewal: Renewal, attempt: int) -> None:
        try:
            observer(renewal)
        except Exception as error:
            self.missed[observer] = renewal, attempt
            if attempt == OBSERVER_ATTEMPTS:
                del self.missed[observer]
                self._all.remove(observer)
                # SECURITY: the kind alone; the message may quote the keys that were given to it.
                log("warning", "a subscriber raised %s each time, and hears of no more renewals", type(error).__name__)
        else:
            self.missed.pop(observer, None)


class RenewalLog:
    """Writes changes of state to the program's log: the first failure, one in ten minutes after it, recovery, a session's end."""

    def __init__(self) -> None:
        self._logged_at: float | None = None
        self._ended = False

    def __call__(self, renewal: Renewal, *, somebody_hears: bool = False) -> None:
        """`somebody_hears`: a caller gets the error, so that the log need not have it."""
        if renewal.error is None:
            if self._logged_at is not None or self._ended:
                self._write("info", "recovered", renewal, "credentials are renewed again")
            self._logged_at, self._ended = None, False
            return
        if somebody_hears:
            return
        due = self._logged_at is None or renewal.at - self._logged_at >= LOG_AGAIN_SECONDS
        if renewal.status.expires and not renewal.seconds_left:
            if due or not self._ended:
                self._say_failed(renewal, "ended", f"the session has ended, there are no credentials: {renewal.error}")
            self._ended = True
        elif due and renewal.status.expires:
            words = f"renewing credentials failed, those at hand are good for {renewal.seconds_left:.0f} s: {renewal.error}"
            self._say_failed(renewal, "renewal-failed", words)
        elif due:
            self._say_failed(renewal, "no-credentials", f"there are no credentials yet: {renewal.error}")

    def _say_failed(self, renewal: Renewal, event: str, message: str) -> None:
        self._logged_at = renewal.at
        self._write("error" if event == "ended" else "warning", event, renewal, message)

    def _write(self, level: str, event: str, renewal: Renewal, message: str) -> None:
        fields = {
            "event": event,
            "cause": renewal.cause,
            "failures_in_a_row": renewal.status.failures_in_a_row,
            "seconds_left": round(renewal.seconds_left),
        }
        log(level, "%s", message, fields)


def log(level: str, message: str, argument: str, fields: dict[str, object] | None = None) -> None:
    """Write to the program's log."""
    import logging  # only here: an endpoint has 24 MiB, and most processes never fail

    getattr(logging.getLogger("bucketpass"), level)(message, argument, extra={"bucketpass": fields or {}})
