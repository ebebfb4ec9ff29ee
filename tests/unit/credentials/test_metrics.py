"""What Prometheus is told."""

from tests.unit.credentials.test_renewals import ERROR

from bucketpass.credentials.metrics import METRICS, RenewalMetrics, Sample, metrics_text
from bucketpass.credentials.renewals import Renewal, RenewalStatus
from bucketpass.credentials.values import Trace

STATUS = RenewalStatus(renewals=2, failures=1, failures_in_a_row=1, last_success=5.0, expires=107.0, token_expires=90.0)


def counted() -> RenewalMetrics:
    metrics = RenewalMetrics()
    metrics(Renewal(0.0, STATUS, None, ERROR, 50.0, Trace(None, 0.0, (0.2, 7.0))))
    return metrics


def test_every_metric_has_its_help_its_kind_and_a_value() -> None:
    text = metrics_text((Sample(STATUS, counted()),), {200: 3, 401: 1}, 100.0).decode()
    for metric in METRICS:
        assert f"# HELP bucketpass_{metric.name} {metric.text}\n# TYPE bucketpass_{metric.name} {metric.kind}\n" in text
    for row in (
        'bucketpass_renewal_failures_total{cause="http-503"} 1',
        "bucketpass_renewals_total 2",
        "bucketpass_session_expires_in_seconds 7",
        "bucketpass_token_expires_in_seconds 0",
        'bucketpass_sts_request_duration_seconds_bucket{le="0.1"} 0',
        'bucketpass_sts_request_duration_seconds_bucket{le="0.25"} 1',
        'bucketpass_sts_request_duration_seconds_bucket{le="+Inf"} 2',
        "bucketpass_sts_request_duration_seconds_sum 7.2",
        "bucketpass_sts_request_duration_seconds_count 2",
        'bucketpass_requests_total{code="401"} 1',
    ):
        assert f"{row}\n" in text
    assert 'bucketpass_build_info{version="' in text


def test_clients_are_told_apart_by_a_label() -> None:
    text = metrics_text((Sample(STATUS, counted(), "a"), Sample(STATUS, counted(), "b")), {}, 0.0).decode()
    assert 'bucketpass_renewals_total{client="a"} 2\nbucketpass_renewals_total{client="b"} 2\n' in text


def test_a_cause_cannot_write_lines_of_its_own() -> None:
    metrics = RenewalMetrics()
    metrics.causes['a"\nb\\'] += 1
    assert 'cause="a\\"\\nb\\\\"} 1\n' in metrics_text((Sample(STATUS, metrics),), {}, 0.0).decode()
