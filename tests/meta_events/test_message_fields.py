"""`messages` and its kin, from the signed POST to the inbox and to the events that clients get."""

from collections import Counter
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone

from inbox.models import Contact, Conversation, Message
from meta_events.fields.messages import contact_of
from meta_events.held import hand_out
from meta_events.models import Change
from tests.meta_events.conftest import WABA_ID
from tests.meta_events.types_of_messages import TYPES
from tests.meta_events.world import change, states, the_change, told, worked
from wabas.models import Waba
from webhooks.models import Event

pytestmark = pytest.mark.django_db
PHONE_ID = "106540352242922"
METADATA = {"display_phone_number": "15550783881", "phone_number_id": PHONE_ID}
BASE: dict[str, Any] = {"messaging_product": "whatsapp", "metadata": METADATA}
ANA = {"profile": {"name": "Ana"}, "wa_id": "5491155551234", "user_id": "AR.1001"}


def message(kind: str = "text", wamid: str = "wamid.1", **said: Any) -> dict[str, Any]:
    content = said or {"text": {"body": "Hola 😀"}}
    written = {"from": "5491155551234", "from_user_id": "AR.1001", "id": wamid, "timestamp": "1739321024"}
    return written | {"type": kind} | content


def value(*messages: Any, **more: Any) -> dict[str, Any]:
    return BASE | {"contacts": [ANA], "messages": list(messages)} | more


def status(name: str, wamid: str = "wamid.out", at: int = 1739321030, **more: Any) -> dict[str, Any]:
    return {"id": wamid, "status": name, "timestamp": str(at), "recipient_id": "5491155551234"} | more


def post_of(field: str = "messages", **said: Any) -> None:
    told(change(field, **said), entry_id=WABA_ID)
    worked()


def event_names() -> Counter[str]:
    return Counter(Event.objects.values_list("name", flat=True))


def sent(phone, wamid: str | None = "wamid.out") -> Message:
    """A message of ours that Meta accepted."""
    post_of(**value(message()))
    return Message.objects.create(
        phone=phone,
        conversation=Conversation.objects.get(),
        direction="outbound",
        source="api",
        type="text",
        content={"body": "x"},
        wamid=wamid,
        status="sent" if wamid else "pending",
        timestamp=timezone.now(),
    )


@pytest.mark.parametrize(("kind", "content"), TYPES)
def test_every_type_of_message_becomes_one_message_and_one_event(phone, kind, content):
    alone = value(message(kind, **content))
    if kind == "system":
        alone.pop("contacts")

    post_of(**alone)

    assert states() == ["done"]
    row = Message.objects.get()
    assert (row.type, row.direction, row.status, row.phone) == (kind, "inbound", "delivered", phone)
    assert event_names()["message.received"] == 1
    body = orjson.loads(bytes(Event.objects.get(name="message.received").body))
    assert body["organizationId"] == str(phone.organization_id)
    assert (body["data"]["wamid"], body["data"]["type"]) == ("wamid.1", kind)


def test_a_person_without_a_number_is_told_by_their_id(phone):
    written = message() | {"from_user_id": "AR.1001"}
    written.pop("from")
    named = {"profile": {"name": "Ana", "username": "ana.perez"}, "user_id": "AR.1001"}

    post_of(**value(written, contacts=[named]))

    contact = Contact.objects.get()
    assert (contact.bsuid, contact.wa_id, contact.username, contact.name) == (
        "AR.1001",
        None,
        "ana.perez",
        "Ana",
    )


def test_each_message_of_many_has_its_own_writer(phone):
    bo = {"profile": {"name": "Bo"}, "wa_id": "4512345678"}
    other = message(wamid="wamid.2") | {"from": "4512345678"}
    other.pop("from_user_id")

    post_of(**value(message(), other, contacts=[bo, ANA]))

    assert {(row.wa_id, row.name) for row in Contact.objects.all()} == {
        ("5491155551234", "Ana"), ("4512345678", "Bo"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "contacts", "expected"),
    [
        ({"from": "1", "from_user_id": "AR.1"}, [{"wa_id": "9"}, {"user_id": "AR.1"}], 1),
        ({"from": "1"}, [{"wa_id": "1"}], 0),
        ({"from": "1"}, [{"wa_id": "2"}], None),
        ({"from": "1"}, [{"user_id": "AR.1"}], 0),
        ({"from_user_id": "AR.1"}, [{"wa_id": "1"}], 0),
        ({"from": "1"}, [{"profile": {}}, {"profile": {}}], None),
        ({}, [], None),
        ({}, ["x", None, {"wa_id": "1"}], 2),
        ({}, {"wa_id": "1"}, None),
        ({"from": None}, None, None),
    ],
)
def test_the_contact_beside_a_message_is_its_writer_or_none(written, contacts, expected):
    found = contact_of(written, {"contacts": contacts, "messages": [written]})

    assert found is (None if expected is None else contacts[expected])


def test_one_contact_beside_two_messages_is_not_guessed_to_be_both():
    bare = [{"from": "1"}, {"from": "2"}]

    assert contact_of(bare[1], {"contacts": [{"user_id": "AR.1"}], "messages": bare}) is None


def test_the_same_message_in_other_words_is_told_once(phone):
    for text in ("a", "b", "c"):
        post_of(**value(message(text={"body": text})))
    Change.objects.all().delete()
    post_of(**value(message(text={"body": "after the notifications were deleted"})))

    assert Message.objects.count() == 1
    assert event_names() == {"message.received": 1}


@pytest.mark.parametrize("order", [("read", "delivered", "sent"), ("sent", "delivered", "read")])
def test_statuses_in_any_order_end_with_the_furthest_and_keep_their_times(phone, order):
    row = sent(phone)
    times = {"sent": 1739321001, "delivered": 1739321002, "read": 1739321003}

    post_of(**BASE, statuses=[status(name, at=times[name]) for name in order])

    row.refresh_from_db()
    assert row.status == "read"
    found = {name: int(getattr(row, f"{name}_at").timestamp()) for name in times}
    assert found == times


def test_a_status_repeated_in_another_body_is_told_once(phone):
    sent(phone)

    for number in range(3):
        post_of(**BASE, statuses=[status("delivered", conversation={"id": str(number)})])

    assert event_names()["message.status_updated"] == 1


def test_a_status_that_comes_before_its_message_is_tried_again(phone):
    post_of(**BASE, statuses=[status("delivered")])
    assert (states(), Change.objects.get().attempts) == (["waiting"], 1)

    sent(phone)
    worked(clock=lambda: timezone.now() + timedelta(seconds=2))

    assert states() == ["done", "done"]
    assert Message.objects.get(wamid="wamid.out").status == "delivered"


def test_a_status_of_other_softwares_message_is_over_after_a_minute(phone):
    post_of(**BASE, statuses=[status("delivered")])
    now, pauses = timezone.now(), list[float]()
    while the_change().status == "waiting":
        due = the_change().due_at
        assert due is not None
        pauses.append((due - now).total_seconds())
        now = due
        worked(clock=lambda: now)  # noqa: B023 -- called within the turn

    assert (the_change().status, len(pauses)) == ("skipped", 4)
    assert 55 <= sum(pauses) <= 70


def test_a_status_finds_the_message_whose_send_was_never_answered(phone):
    row = sent(phone, wamid=None)

    post_of(**BASE, statuses=[status("sent", wamid="wamid.new", biz_opaque_callback_data=str(row.pk))])

    row.refresh_from_db()
    assert (row.wamid, row.status) == ("wamid.new", "sent")


def test_errors_of_no_message_are_kept_in_sight(phone):
    post_of(**BASE, errors=[{"code": 130429, "title": "Rate limit hit"}])

    row = the_change()
    assert (row.status, row.part, row.event) == ("noted", "errors", "130429")


@pytest.mark.parametrize(
    "broken",
    [
        message() | {"id": None},
        message() | {"id": 7.5},
        {"id": "wamid.x"},
        {},
        "x",
        None,
        [],
    ],
)
def test_what_cannot_be_read_is_kept_with_its_error_beside_its_siblings(phone, broken):
    post_of(**value(message(), broken, message(wamid="wamid.2")))

    assert states() == ["done", "failed", "done"]
    assert "MalformedError: " in str(Change.objects.get(status="failed").error)
    assert Message.objects.count() == 2


def test_a_message_to_nobodys_number_is_malformed():
    post_of(messages=[message()])

    assert states() == ["failed"]


def test_what_comes_before_the_number_is_ours_is_handed_out_when_it_is(waba):
    post_of(**value(message()), statuses=[status("sent")])
    assert states() == ["held", "held"]
    assert hand_out(timezone.now()) == 0

    waba.phones.create(
        organization=waba.organization, meta_phone_number_id=PHONE_ID, phone_number="+15550783881"
    )
    assert hand_out(timezone.now()) == 2
    worked()

    assert Message.objects.count() == 1
    assert states() == ["done", "waiting"]


@pytest.mark.parametrize("gone", ["phone", "waba"])
def test_a_number_that_is_disconnected_gets_nothing(phone, gone):
    if gone == "phone":
        phone.disconnected_at = timezone.now()
        phone.save()
    else:
        Waba.objects.update(status="disconnected")

    post_of(**value(message()))

    assert states() == ["held"]
    assert not Message.objects.exists()


def test_of_two_rows_of_a_number_the_one_in_the_account_that_is_named_gets_it(phone, stranger):
    other = Waba.objects.create(
        organization=stranger.organization, meta_waba_id="55", connected_at=timezone.now()
    )
    other.phones.create(
        organization=other.organization, meta_phone_number_id=PHONE_ID, phone_number=phone.phone_number
    )

    post_of(**value(message()))

    assert Message.objects.get().phone == phone


# -- what the owner does in the app, and what people do with their accounts ------------------------------


@pytest.mark.parametrize("field", ["smb_message_echoes", "message_echoes", "messages"])
def test_what_the_owner_writes_on_the_phone_is_sent_once(phone, field):
    echo = {
        "from": "15550783881",
        "to": "5491155551234",
        "id": "wamid.e",
        "timestamp": "1739321024",
        "type": "text",
    }

    post_of(field, **BASE, message_echoes=[echo | {"text": {"body": "Hi"}}])

    row = Message.objects.get()
    assert (row.direction, row.source, row.status) == ("outbound", "business_app", "sent")
    assert event_names()["message.sent"] == 1


def test_a_new_id_of_a_person_changes_the_contact(phone):
    post_of(**value(message()))
    ids = {"previous": "AR.1001", "current": "AR.3003"}
    update = {"wa_id": "5491155551234", "detail": "x", "user_id": ids, "timestamp": "1739321099"}

    post_of("user_id_update", **BASE, user_id_update=[update])

    assert states() == ["done", "done"]
    assert Contact.objects.get().bsuid == "AR.3003"


def test_what_a_person_wants_of_marketing_is_the_contacts(phone):
    post_of(**value(message()))
    wish = {"wa_id": "5491155551234", "user_id": "AR.1001", "detail": "x", "category": "marketing_messages",
            "value": "stop", "timestamp": 1739321099}  # fmt: skip

    post_of("user_preferences", **BASE, contacts=[ANA], user_preferences=[wish, wish | {"value": "resume",
            "timestamp": 1739321098}])  # fmt: skip

    assert states() == ["done", "done", "done"]
    assert Contact.objects.get().marketing_preference == "stop"


@pytest.mark.parametrize("field", ["user_preferences", "user_id_update", "messages"])
def test_a_form_of_a_field_that_nobody_knows_is_kept_as_such(phone, field):
    post_of(field, **BASE, something=[1])

    assert states() == ["unknown"]


@pytest.mark.parametrize(
    ("said", "bsuid"),
    [
        ({"user_id": "MX.9", "previous_user_id": "AR.1001", "type": "user_changed_user_id"}, "MX.9"),
        ({"user_id": "MX.9", "type": "user_changed_user_id"}, "MX.9"),
        ({"wa_id": "5491155551234", "type": "customer_identity_changed"}, "AR.1001"),
    ],
)
def test_a_message_of_metas_own_that_names_nobody_beside_its_content_is_understood(phone, said, bsuid):
    post_of(**value(message()))

    alone = {"id": "wamid.s", "timestamp": "1739321030", "type": "system", "system": {"body": "x"} | said}
    post_of(**BASE, messages=[alone])

    assert states() == ["done", "done"]
    assert Contact.objects.filter(bsuid=bsuid).exists()
    assert Message.objects.get(wamid="wamid.s").type == "system"


def test_a_wish_that_names_nobody_is_of_the_one_contact_beside_it(phone):
    post_of(**value(message()))
    wish = {"detail": "x", "category": "marketing_messages", "value": "stop", "timestamp": 1739321099}

    post_of("user_preferences", **BASE, contacts=[{"wa_id": "5491155551234"}], user_preferences=[wish])

    assert Contact.objects.get().marketing_preference == "stop"


def test_what_meta_may_say_one_day_is_unknown_and_no_error(phone):
    sent(phone)

    post_of(**BASE, statuses=[status("warning"), status("deleted"), status("")])
    post_of("user_preferences", **BASE, user_preferences=[{"category": "new", "value": "x", "wa_id": "1"}])

    assert states() == ["done", *["unknown"] * 4]
