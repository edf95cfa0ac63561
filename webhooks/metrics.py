"""What Prometheus is told of the engine. No label holds a URL or a tenant.

Gauges are what the database says: `webhooks.gauges.observe` sets them, in any process.
"""

from prometheus_client import Counter, Gauge, Histogram

FIRST_ATTEMPT_DELAY = Histogram(
    "webhooks_first_attempt_delay_seconds",
    "From the stored delivery to the start of its first attempt.",
    ["kind"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)
CLAIMS = Counter("webhooks_claims", "Deliveries taken to be sent.", ["kind"])
SENDS = Counter("webhooks_sends", "Attempts begun.", ["kind"])
OUTCOMES = Counter("webhooks_outcomes", "Attempts that ended, by what came of them.", ["code"])
LEASE_EXPIRIES = Counter("webhooks_lease_expiries", "Attempts of which no worker told the end.")
LATE_RESULTS = Counter("webhooks_late_results", "Ends of attempts that changed nothing any more.")
SWEEP_FINDS = Counter("webhooks_sweep_finds", "New deliveries that nobody had rung for.")
SETTLE_SECONDS = Histogram(
    "webhooks_settle_seconds",
    "Writing down what came of some attempts.",
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
DUE_AGE = Gauge(
    "webhooks_due_age_seconds",
    "How long the delivery waits that is due the longest and not held.",
    multiprocess_mode="mostrecent",
)
DUE = Gauge(
    "webhooks_due_deliveries",
    "Deliveries to active endpoints whose time has come; of each endpoint a thousand are counted at most.",
    multiprocess_mode="mostrecent",
)
IN_FLIGHT = Gauge(
    "webhooks_in_flight", "Deliveries that a worker has taken.", ["kind"], multiprocess_mode="mostrecent"
)
ENDPOINTS = Gauge(
    "webhooks_endpoints", "Endpoints that are not simply active.", ["state"], multiprocess_mode="mostrecent"
)

FAST, SLOW = "fast", "slow"


def kind(*, is_slow: bool) -> str:
    return SLOW if is_slow else FAST
