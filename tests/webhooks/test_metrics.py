"""What Prometheus is told: counts of a whole delivery, gauges of what the database says, over HTTP."""

from datetime import timedelta

from django.utils import timezone
from prometheus_client import REGISTRY

from tests.webhooks.acts import answered, due_times, happen, opened
from tests.webhooks.receivers import Answer
from webhooks import gauges
from webhooks.delivery import claim, recover, send, settle
from webhooks.pump import UNHEARD_AFTER, Pump
from webhooks.services import create_webhook, update_webhook


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"webhooks_{name}", labels) or 0.0


class Rise:
    """How much a sample has risen since it was last asked."""

    def __init__(self, name: str, **labels: str) -> None:
        self.name, self.labels = name, labels
        self.before = value(name, **labels)

    def __call__(self) -> float:
        now = value(self.name, **self.labels)
        risen, self.before = now - self.before, now
        return risen


def run(pump: Pump | None = None, **options: object) -> None:
    (pump or Pump()).run(when_time_is_up=lambda: None, **options)  # type: ignore[arg-type]


def test_a_delivery_is_counted_from_its_claim_to_its_end(organization, webhook, receiver):
    claims, sends = Rise("claims_total", kind="fast"), Rise("sends_total", kind="fast")
    delays = Rise("first_attempt_delay_seconds_count", kind="fast")
    succeeded, settles = Rise("outcomes_total", code="succeeded"), Rise("settle_seconds_count")
    happen(organization, 3)

    run()

    assert (claims(), sends(), delays(), succeeded()) == (3, 3, 3, 3)
    assert settles() >= 1


def test_failures_are_counted_by_code_and_retries_as_slow(organization, webhook, receiver):
    failed, slow = Rise("outcomes_total", code="http_status"), Rise("sends_total", kind="slow")
    first = Rise("first_attempt_delay_seconds_count", kind="slow")
    receiver.answers = [Answer(500), Answer(503)]
    happen(organization)

    run()
    run(clock=lambda: timezone.now() + timedelta(minutes=2))

    assert (failed(), slow(), first()) == (2, 1, 0)


def test_leases_that_ran_out_and_late_results_are_counted(organization, webhook, receiver):
    expiries, late = Rise("lease_expiries_total"), Rise("late_results_total")
    happen(organization)
    now = timezone.now()
    (stale,) = claim(1, now=now)
    recover(now + timedelta(seconds=60))
    claim(1, now=now + timedelta(seconds=60))
    receiver.answers = [Answer(500)]

    settle([send(stale, at=now)], now=now)

    assert (expiries(), late()) == (1, 1)


def test_a_sweep_counts_new_deliveries_that_nobody_rang_for_and_no_retries(organization, webhook, receiver):
    finds = Rise("sweep_finds_total")
    receiver.answers = [Answer(500)]
    happen(organization)
    soon = timezone.now()
    Pump().sweep(when_time_is_up=lambda: None, clock=lambda: soon)
    assert finds() == 0
    later = soon + timedelta(minutes=5)
    Pump().sweep(when_time_is_up=lambda: None, clock=lambda: later)
    assert finds() == 0

    happen(organization)
    unheard = timezone.now() + UNHEARD_AFTER
    Pump().sweep(when_time_is_up=lambda: None, clock=lambda: unheard)

    assert len(receiver.got) == 3
    assert finds() == 1


def test_gauges_say_what_waits_and_what_is_under_way(organization, webhook):
    now = timezone.now()
    gauges.observe(now)
    assert value("due_age_seconds") == 0
    happen(organization, 6)
    due = min(due_times())

    gauges.observe(due + timedelta(minutes=2))
    assert (value("due_age_seconds"), value("due_deliveries")) == (120, 6)
    claim(4, now=timezone.now())
    gauges.observe(timezone.now())

    assert (value("in_flight", kind="fast"), value("in_flight", kind="slow")) == (4, 0)
    assert value("due_deliveries") == 2


def test_what_is_held_does_not_count_as_waiting(organization, webhook):
    happen(organization)
    update_webhook(webhook=webhook, changes={"is_active": False})

    gauges.observe(timezone.now() + timedelta(hours=1))

    assert (value("due_age_seconds"), value("due_deliveries")) == (0, 0)


def test_gauges_count_endpoints_in_trouble(organization, webhook):
    _, half_open = opened(organization, webhook)
    gauges.observe(half_open - timedelta(seconds=10))
    assert (value("endpoints", state="open"), value("endpoints", state="half_open")) == (1, 0)
    assert value("due_age_seconds") == 0
    gauges.observe(half_open)
    assert (value("endpoints", state="open"), value("endpoints", state="half_open")) == (0, 1)

    create_webhook(organization=organization, url="https://gone.example.com", events=["*"])
    happen(organization)
    answered(half_open, 410)
    gauges.observe(half_open)

    assert value("endpoints", state="disabled") == 2
    assert value("endpoints", state="half_open") == 0


def test_no_label_tells_a_url_or_a_tenant():
    ours = [family for family in REGISTRY.collect() if family.name.startswith("webhooks_")]

    labels = {label for family in ours for sample in family.samples for label in sample.labels}

    assert len(ours) >= 11
    assert labels <= {"kind", "code", "state", "le"}
