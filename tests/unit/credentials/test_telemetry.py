"""What OpenTelemetry is given."""

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.unit.credentials.test_renewals import ERROR

from bucketpass.credentials.renewals import Renewal, RenewalStatus
from bucketpass.credentials.telemetry import Telemetry
from bucketpass.credentials.values import Trace


def test_each_answer_of_sts_is_a_span_and_each_renewal_is_counted() -> None:
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(), MeterProvider([reader])
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    telemetry = Telemetry(tracers.get_tracer("t"), meters.get_meter("m"))
    telemetry(Renewal(100.0, RenewalStatus(expires=1.0), None, ERROR, 50.0, Trace(None, 0.0, (0.25, 0.5))))
    found = spans.get_finished_spans()
    assert [span.name for span in found] == ["STS/AssumeRoleWithWebIdentity"] * 2
    assert [(span.attributes or {})["error.type"] for span in found] == ["http-503", "retried"]
    assert [((span.end_time or 0) - (span.start_time or 0)) / 1e9 for span in found] == [0.5, 0.25]
    data = reader.get_metrics_data()
    assert data is not None
    names = {metric.name for resource in data.resource_metrics for scope in resource.scope_metrics for metric in scope.metrics}
    assert names == {
        "bucketpass.credentials.renewals",
        "bucketpass.sts.request.duration",
        "bucketpass.session.remaining",
        "bucketpass.token.remaining",
    }
    meters.shutdown()
    tracers.shutdown()
