"""Statuses: forward only, whatever their order, and the way back to a send whose answer was lost."""

from datetime import timedelta
from itertools import permutations

import pytest

from inbox import statuses
from inbox.models import Contact, Conversation, Message
from inbox.receiving import TooEarlyError, UnreadableError
from tests.inbox.world import AT, BSUID, WA_ID, message, receive, receive_status, sent_message, status
from tests.phones.world import names, told

pytestmark = pytest.mark.django_db
FAILURE = [
    {"code": 131047, "title": "Re-engagement message", "error_data": {"details": "More than 24 hours"}},
    {"code": 1},
]


@pytest.mark.parametrize("order", [*permutations(["sent", "delivered", "read", "played"])], ids=str)
def test_in_any_order_the_furthest_status_counts_and_every_time_is_kept(phone, order):
    sent_message(phone)
    seconds = {"sent": 0, "delivered": 2, "read": 4, "played": 6}

    for name in order:
        receive_status(phone, status(name, second=seconds[name]))

    row = Message.objects.get()
    assert row.status == "played"
    assert [getattr(row, f"{name}_at") for name in seconds] == [
        AT + timedelta(seconds=second) for second in seconds.values()
    ]
    said = [data["status"] for name, data in told() if name == "message.status_updated"]
    ranks = [statuses.RANK[name] for name in said]
    assert ranks == sorted(set(ranks))
    assert said[-1] == "played"


def test_the_same_status_again_is_told_once(phone):
    sent_message(phone)

    for _ in range(3):
        receive_status(phone, status("delivered"))

    assert names() == ["message.status_updated"]


def test_sent_is_nothing_new_for_a_message_that_meta_accepted(phone):
    sent_message(phone)

    receive_status(phone, status("sent"))

    assert names() == []


def test_a_failure_says_why_as_meta_does(phone):
    sent_message(phone)

    receive_status(phone, status("failed", errors=FAILURE))

    [(name, data)] = told()
    error = {"code": "131047", "title": "Re-engagement message", "details": "More than 24 hours"}
    assert (name, data["status"], data["error"]) == ("message.status_updated", "failed", error)
    assert Message.objects.get().error == error


def test_what_was_delivered_did_not_fail(phone):
    sent_message(phone)
    receive_status(phone, status("failed", errors=FAILURE))

    receive_status(phone, status("delivered"))
    receive_status(phone, status("failed"))

    row = Message.objects.get()
    assert (row.status, row.error) == ("delivered", None)
    assert row.failed_at == AT


def test_a_status_of_a_message_that_is_not_known_yet_comes_too_early(phone):
    with pytest.raises(TooEarlyError):
        receive_status(phone, status("delivered"))
    with pytest.raises(TooEarlyError):
        receive_status(phone, status("delivered", biz_opaque_callback_data="of another program"))

    sent_message(phone)
    receive_status(phone, status("delivered"))

    assert Message.objects.get().status == "delivered"


@pytest.mark.parametrize("item", [{}, {"id": "wamid.out"}, status("warped"), status("sent") | {"status": []}])
def test_what_is_no_status_is_unreadable(phone, item):
    sent_message(phone)

    with pytest.raises(UnreadableError):
        receive_status(phone, item)


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("sent", ["message.sent"]),
        ("delivered", ["message.sent", "message.status_updated"]),
        ("failed", ["message.sent", "message.status_updated"]),
    ],
)
def test_a_send_whose_answer_was_lost_is_found_by_our_own_id(phone, name, events):
    row = sent_message(phone, status="pending", wamid=None, sent_at=None)

    receive_status(phone, status(name, biz_opaque_callback_data=str(row.pk)))
    receive_status(phone, status(name, biz_opaque_callback_data=str(row.pk)))

    row.refresh_from_db()
    assert (row.wamid, row.status, row.sent_at) == ("wamid.out", name, AT)
    assert names() == events
    assert told()[0][1]["status"] == "sent"


def test_our_id_finds_no_message_that_has_another_wamid(phone):
    row = sent_message(phone)

    with pytest.raises(TooEarlyError):
        receive_status(phone, status("sent", "wamid.other", biz_opaque_callback_data=str(row.pk)))


def test_a_status_says_who_the_recipient_is(phone):
    row = sent_message(phone)
    Contact.objects.update(wa_id=None, phone_number="541155550000", identifier="541155550000")

    receive_status(phone, status("delivered", recipient_user_id=BSUID))

    contact = Contact.objects.get()
    assert (contact.wa_id, contact.bsuid, contact.identifier) == (WA_ID, BSUID, "541155550000")
    assert names() == ["contact.updated", "message.status_updated"]
    assert told()[1][1]["messageId"] == str(row.pk)


def test_a_status_joins_the_contact_that_was_written_to_with_the_one_who_wrote(phone):
    sent_message(phone)
    Contact.objects.update(wa_id=None, phone_number="541155550000", identifier="541155550000")
    receive(phone, message())
    assert Contact.objects.count() == 2

    receive_status(phone, status("read", recipient_user_id=BSUID))

    contact, conversation = Contact.objects.get(), Conversation.objects.get()
    assert (contact.bsuid, contact.identifier) == (BSUID, "541155550000")
    assert (conversation.contact, conversation.unread_count) == (contact, 1)
    assert {row.conversation for row in Message.objects.all()} == {conversation}
    assert names()[-2:] == ["contact.updated", "message.status_updated"]
    assert told()[-1][1]["conversationId"] == str(conversation.pk)


def test_a_status_of_what_came_in_changes_nothing(phone):
    receive(phone, message())

    receive_status(phone, status("read", "wamid.1"))

    assert Message.objects.get().status == "delivered"


def test_a_status_in_a_group_says_nothing_of_the_contact(phone):
    sent_message(phone)

    receive_status(phone, status("read", recipient_type="group", recipient_id="120363"))

    assert Contact.objects.get().wa_id == WA_ID


def test_a_late_status_gives_nobody_the_number_of_before_back(phone):
    receive(phone, alone(message()), NAMED)
    row = sent_to(Contact.objects.get())
    receive(phone, moved(), None)

    receive_status(phone, status("read"))

    contact = Contact.objects.get()
    assert (contact.wa_id, contact.phone_number) == ("222", None)
    assert Message.objects.get(pk=row.pk).status == "read"


def test_a_late_status_joins_nobody_with_the_new_owner_of_the_number(phone):
    receive(phone, alone(message()), NAMED)
    sent_to(Contact.objects.get())
    receive(phone, moved(), None)
    receive(phone, alone(message(number=9)), {"wa_id": WA_ID, "profile": {"name": "Bo"}})

    receive_status(phone, status("read"))

    assert dict(Contact.objects.values_list("name", "wa_id")) == {"Ana": "222", "Bo": WA_ID}
    assert names()[-1] == "message.status_updated"


def test_a_status_of_before_a_new_id_fills_in_no_number_of_before(phone):
    receive(phone, message())
    sent_to(Contact.objects.get())
    system = {"type": "user_changed_user_id", "user_id": "AR.2"}
    receive(phone, message("system", system, number=5), None)

    receive_status(phone, status("read"))

    assert (Contact.objects.get().wa_id, Contact.objects.get().bsuid) == (None, "AR.2")


NAMED = {"wa_id": WA_ID, "profile": {"name": "Ana"}}


def alone(item):
    """Without a BSUID, as of somebody who has none yet."""
    return {name: value for name, value in item.items() if name != "from_user_id"}


def moved():
    system = {"type": "user_changed_number", "wa_id": "222", "body": "Ana moved"}
    return alone(message("system", system, number=5))


def sent_to(contact):
    return Message.objects.create(
        phone=contact.phone, conversation=contact.conversation, direction="outbound", source="api",
        type="text", wamid="wamid.out", status="sent", timestamp=AT,
    )  # fmt: skip
