"""What is of no account of ours: kept until one becomes ours, and handed out then."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from meta_events.held import AGAIN, hand_out
from meta_events.items import Verdict
from meta_events.models import Change
from phones.models import PhoneNumber
from tests.meta_events.conftest import WABA_ID
from tests.meta_events.world import change, states, the_change, told, worked
from wabas.models import Waba

pytestmark = pytest.mark.django_db
VIOLATION: dict[str, Any] = {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SCAM"}}


def connect(organization) -> Waba:
    return Waba.objects.create(organization=organization, meta_waba_id=WABA_ID, connected_at=timezone.now())


def test_what_was_held_is_handled_when_its_account_is_connected(organization):
    told(change(**VIOLATION), entry_id=WABA_ID)
    told(change(**VIOLATION), entry_id="55")
    worked()
    assert states() == ["held", "held"]
    assert hand_out(timezone.now()) == 0

    connect(organization)
    assert hand_out(timezone.now()) == 1
    worked()

    assert states() == ["done", "held"]


def test_what_names_a_number_waits_for_the_number_and_not_for_its_account(waba, handling):
    handling("seen", lambda item: Verdict.HELD)
    told(change("seen", metadata={"phone_number_id": "106540352242922"}), entry_id=WABA_ID)
    worked()
    assert hand_out(timezone.now()) == 0

    number = PhoneNumber.objects.create(
        organization=waba.organization,
        waba=waba,
        meta_phone_number_id="106540352242922",
        phone_number="+15550783881",
        disconnected_at=timezone.now(),
    )
    assert hand_out(timezone.now()) == 0
    PhoneNumber.objects.filter(pk=number.pk).update(disconnected_at=None)

    assert hand_out(timezone.now()) == 1


def test_a_disconnected_account_gets_nothing(waba):
    Waba.objects.update(status="disconnected")
    told(change(**VIOLATION), entry_id=WABA_ID)
    worked()

    assert hand_out(timezone.now()) == 0


def test_what_is_held_again_is_not_handed_out_every_second(waba, handling):
    handling("messages", lambda item: Verdict.HELD)
    told(change("messages"), entry_id=WABA_ID)
    worked()
    now = timezone.now()

    assert hand_out(now) == 1
    worked()
    assert the_change().status == "held"
    assert hand_out(now + timedelta(seconds=5)) == 0
    assert hand_out(now + AGAIN) == 1


def test_what_is_handed_out_is_tried_from_the_beginning(waba, handling):
    handling("messages", lambda item: Verdict.HELD)
    told(*[change("messages", n=number) for number in range(3)], entry_id=WABA_ID)
    worked()

    hand_out(timezone.now())
    handling("messages", lambda item: Verdict.DONE)
    worked()

    assert states() == ["done"] * 3
    assert set(Change.objects.values_list("attempts", flat=True)) == {1}
