"""OpenTelemetry through its API package: a span for each time that STS was asked, and metrics of renewals.

Nothing is set up here: where the program, or `opentelemetry-instrument`, has set up an SDK, it gets them. Names and attributes are
those of OpenTelemetry's conventions for the AWS SDK and for RPC.

See: OpenTelemetry, "Semantic conventions for AWS SDK", "Semantic conventions for RPC".
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter
from opentelemetry.trace import SpanKind, StatusCode, Tracer, get_tracer

from bucketpass.credentials.renewals import Renewal, RenewalStatus
from bucketpass.version import VERSION

__all__ = ["Telemetry"]

NAME = "bucketpass"
CALL = {"rpc.system": "aws-api", "rpc.service": "STS", "rpc.method": "AssumeRoleWithWebIdentity"}
NANOSECONDS = 1_000_000_000


class Telemetry:
    """An observer of one provider: see `Provider.observe`."""

    def __init__(self, tracer: Tracer | None = None, meter: Meter | None = None) -> None:
        self._tracer = tracer or get_tracer(NAME, VERSION)
        meter = meter or get_meter(NAME, VERSION)
        self._renewals = meter.create_counter("bucketpass.credentials.renewals", "{renewal}", "Attempts at new credentials.")
        self._duration = meter.create_histogram("bucketpass.sts.request.duration", "s", "Seconds until STS answered, or was given up.")
        meter.create_observable_gauge("bucketpass.session.remaining", [self._session], "s", "Seconds until the session at hand ends.")
        meter.create_observable_gauge("bucketpass.token.remaining", [self._token], "s", "Seconds until the token that was last read ends.")
        self._status = RenewalStatus()

    def __call__(self, renewal: Renewal) -> None:
        """Count one attempt, and record a span for each answer of STS."""
        self._status = renewal.status
        if renewal.credentials is None and renewal.error is None:
            return
        outcome = {"error.type": renewal.cause} if renewal.cause else {}
        self._renewals.add(1, outcome)
        ended = renewal.at
        for index, seconds in enumerate(reversed(renewal.trace.answer_seconds)):
            # Only the last answer is known to be the outcome; those before it were followed by another attempt.
            failed = outcome if index == 0 else {"error.type": "retried"}
            self._duration.record(seconds, {**CALL, **failed})
            self._span(ended - seconds, ended, failed)
            ended -= seconds

    def _span(self, started: float, ended: float, outcome: dict[str, str]) -> None:
        span = self._tracer.start_span(
            "STS/AssumeRoleWithWebIdentity", kind=SpanKind.CLIENT, attributes={**CALL, **outcome}, start_time=int(started * NANOSECONDS)
        )
        if outcome:
            span.set_status(StatusCode.ERROR, outcome["error.type"])
        span.end(int(ended * NANOSECONDS))

    def _session(self, options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(max(self._status.expires - time.time(), 0.0))

    def _token(self, options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(max(self._status.token_expires - time.time(), 0.0))
