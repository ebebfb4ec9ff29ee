"""The metrics of an endpoint, for Prometheus. It names no role, subject or key: whoever reaches the port may read it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bucketpass.credentials.renewals import Renewal, RenewalStatus
from bucketpass.version import VERSION

__all__ = ["METRICS", "Metric", "RenewalMetrics", "Sample", "metrics_text"]

# Upper bounds in seconds: STS answers in 0.05 to 0.5 when it is well, and is given up after 5.
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
PREFIX = "bucketpass_"


class Metric(NamedTuple):
    """A metric's name without the prefix, its kind, and what it says."""

    name: str
    kind: str
    text: str


METRICS = (
    Metric("build_info", "gauge", "The version of bucketpass and of Python; always 1."),
    Metric("renewals_total", "counter", "Sessions that were got, from STS or from another process of the host."),
    Metric("renewal_failures_total", "counter", "Renewals that failed, by cause: the error code of STS, or one of bucketpass."),
    Metric("renewal_failures_in_a_row", "gauge", "Renewals that failed since the last success."),
    Metric("last_success_timestamp_seconds", "gauge", "When the session at hand was got."),
    Metric("expiration_timestamp_seconds", "gauge", "When the session at hand ends."),
    Metric("session_expires_in_seconds", "gauge", "Seconds until the session at hand ends; 0 where there is none."),
    Metric("token_expires_in_seconds", "gauge", "Seconds until the token that was last read ends; 0 where it has ended or none was read."),
    Metric("sts_request_duration_seconds", "histogram", "Seconds until STS answered, or was given up."),
    Metric("requests_total", "counter", "Requests to the endpoint, by the HTTP status of the answer."),
)


class RenewalMetrics:
    """Counts a provider's renewals. An observer: see `Provider.observe`."""

    def __init__(self) -> None:
        self.causes: Counter[str] = Counter()
        self.answers = [0] * (len(BOUNDS) + 1)
        self.answer_seconds = 0.0

    def __call__(self, renewal: Renewal) -> None:
        """Count one attempt."""
        if renewal.error is not None:
            self.causes[renewal.cause] += 1
        for seconds in renewal.trace.answer_seconds:
            self.answers[next((index for index, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))] += 1
            self.answer_seconds += seconds


class Sample(NamedTuple):
    """What a scrape sees of one provider. `client` is empty where there is one client only."""

    status: RenewalStatus
    metrics: RenewalMetrics
    client: str = ""


def metrics_text(samples: tuple[Sample, ...], answered: Mapping[int, int], now: float) -> bytes:
    """The state of all providers as Prometheus's text format has it."""
    lines: list[str] = []
    for metric in METRICS:
        name = f"{PREFIX}{metric.name}"
        lines += [f"# HELP {name} {metric.text}", f"# TYPE {name} {metric.kind}"]
        if metric.name == "build_info":
            lines.append(line(name, {"version": VERSION, "python_version": ".".join(map(str, sys.version_info[:3]))}, 1))
        elif metric.name == "requests_total":
            lines += [line(name, {"code": str(code)}, count) for code, count in sorted(answered.items())]
        else:
            lines += [row for sample in samples for row in rows_of(name, metric, sample, now)]
    return ("\n".join(lines) + "\n").encode()


def rows_of(name: str, metric: Metric, sample: Sample, now: float) -> Iterator[str]:
    """The lines of one metric for one provider."""
    labels = {"client": sample.client} if sample.client else {}
    status, counts = sample.status, sample.metrics
    if metric.kind == "histogram":
        so_far = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts.answers, strict=True):
            so_far += count
            yield line(f"{name}_bucket", {**labels, "le": bound}, so_far)
        yield line(f"{name}_sum", labels, counts.answer_seconds)
        yield line(f"{name}_count", labels, so_far)
    elif metric.name == "renewal_failures_total":
        for cause, count in sorted(counts.causes.items()):
            yield line(name, {**labels, "cause": cause}, count)
    else:
        yield line(name, labels, VALUES[metric.name](status, now))


VALUES = {
    "renewals_total": lambda status, now: status.renewals,
    "renewal_failures_in_a_row": lambda status, now: status.failures_in_a_row,
    "last_success_timestamp_seconds": lambda status, now: status.last_success,
    "expiration_timestamp_seconds": lambda status, now: status.expires,
    "session_expires_in_seconds": lambda status, now: max(status.expires - now, 0.0),
    "token_expires_in_seconds": lambda status, now: max(status.token_expires - now, 0.0),
}


def line(name: str, labels: Mapping[str, str], value: float) -> str:
    """One sample. Label values are escaped as the text format demands."""
    quoted = (f'{label}="{escaped(text)}"' for label, text in labels.items())
    shown = f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{name}{{{','.join(quoted)}}} {shown}" if labels else f"{name} {shown}"


def escaped(text: str) -> str:
    """The text of a label: a cause comes from a server."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
