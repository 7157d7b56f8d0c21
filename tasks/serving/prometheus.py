"""What the gateway counts, for Prometheus.

    ratchet_requests_total{arm="champion",outcome="requests"} 812.0
    ratchet_request_seconds_bucket{arm="champion",le="0.1"} 640.0
    ratchet_checks_total{reward="pii_leak",outcome="blocked"} 2.0
    ratchet_traces_dropped_total 0.0

The counts are the gateway's own, collected when Prometheus asks for them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tasks.serving.access import Limits
from tasks.serving.traces import Traces

MEDIA_TYPE = "text/plain; version=0.0.4"
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The registry of one gateway, so that two in a process do not meet."""

    def __init__(
        self, checks: Mapping[tuple[str, str], int], limits: Limits, traces: Traces
    ) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        """By arm and outcome (`requests`, `failures`); refusals by their code."""
        self._registry = CollectorRegistry()
        self._registry.register(_Counts(self.requests, checks, limits, traces))
        self._latency = Histogram(
            "ratchet_request_seconds",
            "Seconds from a request's arrival to the end of its answer.",
            ["arm"],
            buckets=BOUNDS_S,
            registry=self._registry,
        )

    def observe(self, arm: str, seconds: float) -> None:
        """Count an answered request."""
        self._latency.labels(arm).observe(seconds)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)


class _Counts(Collector):
    def __init__(
        self,
        requests: Mapping[tuple[str, str], int],
        checks: Mapping[tuple[str, str], int],
        limits: Limits,
        traces: Traces,
    ) -> None:
        self._requests, self._checks, self._limits, self._traces = requests, checks, limits, traces

    def collect(self) -> Iterator[Any]:
        """Every family, as it stands now."""
        for name, about, label, counts in (
            ("ratchet_requests", "Requests, failures and refusals.", "arm", self._requests),
            ("ratchet_checks", "Replies by rule and what became of them.", "reward", self._checks),
        ):
            family = CounterMetricFamily(name, about, labels=[label, "outcome"])
            for labels, count in sorted(counts.items()):
                family.add_metric(labels, count)
            yield family
        yield GaugeMetricFamily(
            "ratchet_requests_under_way",
            "Requests that wait for an answer.",
            self._limits.under_way,
        )
        yield CounterMetricFamily(
            "ratchet_traces_kept", "Records kept for the next dataset.", self._traces.kept
        )
        yield CounterMetricFamily(
            "ratchet_traces_dropped", "Records that did not fit the queue.", self._traces.dropped
        )
