"""What Prometheus is told of signups and their steps. No label holds an id of anybody's."""

from functools import partial

from django.db import transaction
from prometheus_client import Counter, Histogram

SIGNUPS = Counter("onboarding_signups", "Signups, by how they ended.", ["outcome"])
COMPLETED, FAILED, ABANDONED = "completed", "failed", "abandoned"
STEP_SECONDS = Histogram(
    "onboarding_step_duration_seconds",
    "Runs of a step, its calls of Graph included, by what became of it.",
    ["step", "verdict"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def count_on_commit(outcome: str) -> None:
    """What is rolled back did not happen."""
    transaction.on_commit(partial(SIGNUPS.labels(outcome).inc), robust=True)
