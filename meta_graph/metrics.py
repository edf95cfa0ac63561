"""What Prometheus is told of the calls of Graph. No label holds an id of anybody's."""

from prometheus_client import Counter, Histogram

OK = "ok"
CALLS = Counter(
    "meta_graph_calls", "Calls of Graph, by what came of them: ok, or the cause.", ["call", "outcome"]
)
CALL_SECONDS = Histogram(
    "meta_graph_call_duration_seconds",
    "From the name look-up to the last byte of Graph's answer, or the failure.",
    ["call"],
    buckets=(0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 2, 5, 10, 30),
)


def note(call: str, outcome: str, seconds: float) -> None:
    CALLS.labels(call, outcome).inc()
    CALL_SECONDS.labels(call).observe(seconds)
