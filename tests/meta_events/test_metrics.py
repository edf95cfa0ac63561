"""What an operator is warned by: how long something waits, and what nobody could handle."""

import pytest
from django.utils import timezone

from meta_events.metrics import OPEN, WAITING_AGE, observe
from meta_events.models import Change
from tests.meta_events.conftest import WABA_ID
from tests.meta_events.world import change, told, worked


@pytest.mark.django_db
def test_the_gauges_tell_what_waits_and_what_is_kept():
    told(change(event="ACCOUNT_VIOLATION"), "malformed", entry_id=WABA_ID)
    observe(timezone.now())
    assert WAITING_AGE._value.get() > 0

    worked()
    observe(timezone.now())

    assert WAITING_AGE._value.get() == 0
    assert {status: OPEN.labels(status)._value.get() for status in ("held", "failed")} == {
        "held": 1,
        "failed": 1,
    }
    Change.objects.update(status="waiting", due_at="2020-01-01T00:00Z")
    observe(timezone.now())
    assert WAITING_AGE._value.get() > 10_000_000
