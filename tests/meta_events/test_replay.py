"""Handling again: nothing is told to customers twice, and what an update knows now is taken up."""

from collections import Counter
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from inbox.models import Message
from meta_events import dispatch, tasks
from meta_events.elements import PARTS
from meta_events.items import Verdict
from meta_events.models import Change, Notification
from meta_events.pump import Pump
from meta_events.self_sweep import Everything
from tests.meta_events.test_message_fields import BASE, message, post_of, sent, status, value
from tests.meta_events.world import change, states, told, worked
from tests.wabas.world import on_postgresql
from tests.waiting import eventually
from webhooks.models import Event
from webhooks.self_sweep import SelfSweep

pytestmark = pytest.mark.django_db
TEMPLATE = {"message_template_name": "x", "message_template_language": "en", "event": "APPROVED"}


def said(**options: Any) -> str:
    out = StringIO()
    call_command("replay_notifications", stdout=out, **options)
    return out.getvalue()


def a_day(phone) -> None:
    """Something of everything that fires an event."""
    sent(phone)
    post_of(**BASE, statuses=[status("delivered"), status("read", at=1739321031)])
    post_of("smb_message_echoes", **BASE, message_echoes=[message(wamid="wamid.e") | {"to": "5491155551234"}])
    post_of("message_template_status_update", **TEMPLATE)
    post_of("account_update", event="ACCOUNT_VIOLATION", violation_info={"violation_type": "SCAM"})
    post_of("account_review_update", decision="APPROVED")


def events() -> Counter[str]:
    return Counter(Event.objects.values_list("name", flat=True))


def test_a_day_that_is_replayed_tells_customers_nothing(phone):
    a_day(phone)
    before, handled = events(), Counter(states())
    assert before.total() >= 5

    text = said(since="2020-01-01T00:00:00Z")
    worked()

    assert events() == before
    assert Counter(states()) == handled
    assert "6 changes of 6 notifications are handled again" in text


def test_what_the_inbox_lost_comes_back_and_is_not_told_again_to_whom_it_was_told(phone):
    post_of(**value(message()))
    Message.objects.all().delete()

    said(since="2020-01-01")
    worked()

    assert Message.objects.count() == 1


def test_only_what_was_chosen_is_handled_again(phone, handling, seen):
    for number in range(3):
        told(change("seen", n=number))
    told(change("seen", n=9, metadata={"phone_number_id": phone.meta_phone_number_id}))
    worked()
    first, second, *_ = Notification.objects.order_by("pk")
    Notification.objects.filter(pk=first.pk).update(received_at="2026-01-01T00:00Z")
    Notification.objects.filter(pk=second.pk).update(received_at="2026-01-03T00:00Z")

    def replayed(**options: Any) -> list[int]:
        seen.clear()
        said(**options)
        worked()
        return sorted(item.value["n"] for item in seen)

    assert replayed(since="2026-01-01T00:00Z", until="2026-01-03T00:00Z") == [0]
    assert replayed(until="2026-01-04") == [0, 1]
    assert replayed(phone=phone.meta_phone_number_id) == [9]
    assert replayed(phone=str(phone.pk)) == [9]
    assert replayed(since="2026-01-02T00:00:00+00:00") == [1, 2, 9]


def test_it_is_handled_beside_what_comes_in_meanwhile(handling, seen):
    told(change("seen", n=1), change("seen", n=2))
    worked()

    said(since="2020-01-01")

    assert set(Change.objects.values_list("status", "is_bulk")) == {("waiting", True)}


def test_a_worker_keeps_what_it_has(seen):
    told(change("seen"))
    worked()
    Change.objects.update(status="running", due_at="2099-01-01T00:00Z", lease_token="0" * 32)

    said(since="2020-01-01")

    assert states() == ["running"]


def test_what_an_update_knows_is_taken_up_and_the_rest_stays_unknown(handling, seen):
    told(change("unheard_of", n=1), change("seen", n=2), change("flows", n=3))
    worked()
    assert states() == ["unknown", "done", "unknown"]
    assert "0 changes of 0 notifications" in said(unknown=True)

    handling("unheard_of", lambda item: seen.append(item) or Verdict.DONE)
    seen.clear()
    assert "1 changes of 1 notifications" in said(unknown=True)
    worked()

    assert [item.value["n"] for item in seen] == [1]
    assert sorted(states()) == ["done", "done", "unknown"]


def test_a_worker_takes_it_up_by_itself_when_it_begins(handling, seen):
    told(change("unheard_of"))
    worked()
    handling("unheard_of", lambda item: seen.append(item) or Verdict.DONE)

    tasks.take_up_unknown()
    worked()

    assert len(seen) == 1


def test_a_list_that_an_update_takes_apart_is_found_in_what_was_whole(handling, seen, monkeypatch):
    told(change("groups", groups=[{"n": 1}, {"n": 2}]))
    worked()
    handling("groups", lambda item: seen.append(item) or (Verdict.DONE if item.part else Verdict.UNKNOWN))
    monkeypatch.setitem(PARTS, "groups", ("groups",))

    said(unknown=True)
    worked()

    assert [item.element["n"] for item in seen if item.part] == [1, 2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Say what"),
        ({"since": "yesterday"}, "--since"),
        ({"until": "2026-13-45T00:00Z"}, "--until"),
        ({"phone": "x"}, "no such number"),
        ({"phone": "0f8fad5b-d9cb-469f-a165-70867728950e"}, "no such number"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(options, words):
    with pytest.raises(CommandError, match=words):
        said(**options)


def test_every_field_that_is_told_once_has_a_handler():
    assert dispatch.HANDLERS.keys() >= dispatch.TOLD_ONCE


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_worker_without_a_scheduler_finds_what_waits_and_what_was_held(waba, seen):
    told(change("account_review_update", decision="APPROVED"), entry_id="55")
    worked()
    assert states() == ["held"]
    waba.meta_waba_id = "55"
    waba.save()
    told(change("seen"))
    sweep = SelfSweep(Everything(Pump(when_done=lambda: None)), seconds=0.05, number=7)

    sweep.start()
    eventually(lambda: states() == ["done", "done"])
    sweep.stop()

    assert not sweep.thread.is_alive()


def test_a_sweep_of_the_scheduler_keeps_the_workers_own_back(seen):
    pump = Pump(when_done=lambda: None)
    own = SelfSweep(Everything(pump), seconds=60, number=7)
    pump.sweep(when_time_is_up=lambda: None)
    told(change("seen"))

    own.look()
    assert not seen
    pump.swept_at -= timedelta(minutes=2).total_seconds()
    own.look()

    assert len(seen) == 1
    assert timezone.now() > seen[0].received_at
