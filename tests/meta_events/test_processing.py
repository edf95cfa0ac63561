"""From the stored POST to handled changes: each by itself, whatever the others do, and never lost."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from meta_events.claiming import max_attempts
from meta_events.handling import delay_after
from meta_events.items import MalformedError, Verdict
from meta_events.models import Change, Notification
from meta_events.pump import Pump
from meta_events.tasks import hand_out_held
from organizations.models import Organization
from tests.meta_events.conftest import WABA_ID, fails, values
from tests.meta_events.world import body_of, change, entry, post, states, the_change, told, worked

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LEASE = timedelta(seconds=61)


def test_each_change_of_each_entry_is_handed_to_its_handler_with_all_that_is_known(client, seen):
    first = entry(
        change("seen", event="A", metadata={"phone_number_id": "77"}), change("seen", n=2), at=1739321024
    )
    post(client, body_of(first, entry(change("seen", waba_info={"waba_id": "55"}), entry_id=WABA_ID)))

    worked()

    seen.sort(key=lambda item: item.change_id)
    assert [item.value.get("n") for item in seen] == [None, 2, None]
    assert seen[0].at.timestamp() == 1739321024
    assert seen[0].meta_phone_number_id == "77"
    assert [item.meta_waba_id for item in seen] == [None, None, "55"]
    assert seen[2].entry_id == WABA_ID
    row = Notification.objects.get()
    assert (row.status, row.object, row.change_count) == ("split", "whatsapp_business_account", 3)
    assert states() == ["done", "done", "done"]
    kept = Change.objects.earliest("pk")
    assert (kept.field, kept.event, kept.meta_phone_number_id) == ("seen", "A", "77")
    assert (kept.attempts, kept.due_at, kept.lease_token, kept.error) == (1, None, None, None)


def test_what_says_no_time_happened_when_it_came(client, seen):
    post(client, body_of({"id": WABA_ID, "changes": [change("seen")]}))

    worked()

    assert seen[0].at == seen[0].received_at == Notification.objects.get().received_at


def test_one_that_breaks_stops_no_sibling_and_keeps_its_error(handling, seen):
    handling("broken", fails)

    told(change("seen", n=1), change("broken", text="Café"), "no change", change("seen", n=2))
    worked()

    assert values(seen) == [{"n": 1}, {"n": 2}]
    assert states() == ["done", "waiting", "failed", "done"]
    broken, malformed = Change.objects.filter(error__isnull=False).order_by("pk")
    assert broken.error == "KeyError: 'Café'"
    assert broken.due_at is not None
    assert broken.due_at > timezone.now()
    assert (malformed.field, malformed.error) == ("", "MalformedError: It has no field and value.")


def test_what_a_handler_wrote_before_it_broke_is_gone(handling):
    def write_and_break(item):
        Organization.objects.create(name="half")
        raise RuntimeError("after the write")

    handling("broken", write_and_break)
    told(change("broken"))

    worked()

    assert not Organization.objects.exists()
    assert the_change().status == "waiting"


def test_a_broken_one_is_tried_five_times_at_growing_intervals_and_then_kept(handling, settings):
    tries = []

    def note_and_fail(item):
        tries.append(item)
        return fails(item)

    handling("broken", note_and_fail)
    told(change("broken"))

    now = timezone.now()
    waits = []
    for _ in range(10):
        worked(clock=lambda: now)  # noqa: B023 -- called within the turn
        row = the_change()
        if row.due_at is None:
            break
        waits.append((row.due_at - now).total_seconds())
        now = row.due_at

    assert len(tries) == max_attempts() == 5
    assert all(
        floor <= wait <= 1.2 * floor
        for wait, floor in zip(waits, settings.META_EVENT_BACKOFF_SECONDS, strict=True)
    )
    assert (the_change().status, the_change().attempts) == ("failed", 5)


def test_a_malformed_one_is_not_tried_again(handling):
    def refuse(item):
        raise MalformedError("It names nobody.")

    handling("odd", refuse)
    told(change("odd"))

    worked()

    assert (the_change().status, the_change().attempts) == ("failed", 1)


def test_an_unknown_field_is_kept_as_such():
    told(change("flows", event="FLOW_STATUS_CHANGE"), entry_id=WABA_ID)

    worked()

    row = the_change()
    assert (row.status, row.field, row.event, row.meta_waba_id) == (
        "unknown",
        "flows",
        "FLOW_STATUS_CHANGE",
        WABA_ID,
    )


def test_another_objects_field_never_meets_a_handler_of_ours(client, seen):
    post(client, body_of(entry(change("seen")), kind="page"))

    worked()

    assert not seen
    assert (the_change().status, the_change().field) == ("unknown", "page: seen")


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"entry":7}', b"\xff"])
def test_what_cannot_be_read_is_kept_as_such_and_stops_nothing(client, seen, body):
    post(client, body)
    told(change("seen"))

    worked()

    assert list(Notification.objects.order_by("pk").values_list("status", flat=True)) == [
        "unreadable",
        "split",
    ]
    assert Notification.objects.earliest("pk").error
    assert len(seen) == 1


def test_an_empty_list_of_entries_is_nothing(client):
    post(client, b'{"object":"whatsapp_business_account","entry":[]}')

    worked()

    assert Notification.objects.get().status == "split"
    assert not Change.objects.exists()


def test_text_that_a_database_refuses_spoils_nothing(client, seen):
    odd = change("seen\x00\ud83d", event="a\x00b", waba_info={"waba_id": "9" * 99})
    post(client, body_of(entry(odd, change("seen"), entry_id="\x00")))

    worked()

    assert states() == ["unknown", "done"]
    row = Change.objects.earliest("pk")
    assert (row.field, row.event, row.meta_waba_id) == ("seen?", "ab", "9" * 32)


def test_a_thousand_changes_in_one_body_are_handled_but_the_broken_one(client, handling, seen):
    handling("broken", fails)
    changes = [change("seen", n=number, text="x" * 2900) for number in range(1000)]
    changes[500] = change("broken")
    body = body_of(entry(*changes, entry_id=WABA_ID))
    assert 2_900_000 < len(body) < 3_100_000

    post(client, body)
    worked()

    assert [item.value["n"] for item in seen] == [*range(500), *range(501, 1000)]
    assert Change.objects.filter(status="done").count() == 999
    assert Change.objects.get(field="broken").status == "waiting"


def test_the_same_change_in_another_body_is_handled_once(client, seen):
    known = entry(change("seen", n=1), entry_id=WABA_ID, at=1739321024)
    new = entry(change("seen", n=2), entry_id=WABA_ID, at=1739321024)

    post(client, body_of(known))
    post(client, body_of(new, known))
    worked()

    assert values(seen) == [{"n": 1}, {"n": 2}]
    assert Notification.objects.latest("pk").change_count == 2
    assert Notification.objects.latest("pk").changes.count() == 1


def test_the_same_without_a_time_may_have_happened_twice(client, seen):
    for space in (b"", b" "):
        post(client, body_of({"id": WABA_ID, "changes": [change("seen")]}) + space)

    worked()

    assert len(seen) == 2


def test_the_receiver_of_events_is_told_of_what_was_done_alone(handling, seen):
    told_of = []
    handling("broken", fails)
    told(change("seen"), change("broken"), change("nobody"))

    Pump(when_done=lambda: told_of.append(1)).run(when_time_is_up=lambda: None)

    assert told_of == [1]


def test_the_pauses_never_fall_below_the_published_ones(settings):
    for attempt, floor in enumerate(settings.META_EVENT_BACKOFF_SECONDS, start=1):
        delays = [delay_after(attempt).total_seconds() for _ in range(200)]
        assert floor <= min(delays) < max(delays) <= 1.2 * floor


def test_what_is_held_is_looked_after_by_its_own_task(waba, handling):
    verdicts = [Verdict.HELD, Verdict.DONE]
    handling("messages", lambda item: verdicts.pop(0))
    told(change("messages"), entry_id=WABA_ID)
    worked()
    assert the_change().status == "held"

    hand_out_held()
    worked()

    assert the_change().status == "done"


def test_json_that_meta_never_wrote_is_kept(client, seen):
    """Duplicate keys, deep nesting, large numbers."""
    deep = '{"a":' * 300 + "1" + "}" * 300
    twice = f'{{"field":"seen","value":{deep},"field":"seen"}}'
    entries = f'[{{"changes":[{twice}],"id":{10**30}}}]'
    written = f'{{"entry":{entries},"object":"whatsapp_business_account"}}'
    json.loads(written)

    post(client, written.encode())
    worked()

    assert len(seen) == 1
    assert the_change().meta_waba_id == str(10**30)
