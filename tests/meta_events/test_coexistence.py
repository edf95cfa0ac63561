"""Chats and contacts of the WhatsApp Business app: thousands at once, told to nobody, beside the rest."""

import pytest

from inbox.models import Contact, Message
from meta_events.models import Change
from phones.models import CoexistenceSync
from tests.meta_events.test_message_fields import BASE, event_names, post_of
from tests.meta_events.world import states

pytestmark = pytest.mark.django_db


def chat(person: int, count: int) -> dict:
    return {
        "id": f"54911{person:08}",
        "context": {"wa_id": f"54911{person:08}", "user_id": f"AR.{person}"},
        "messages": [
            {
                "from": f"54911{person:08}",
                "id": f"wamid.{person}.{number}",
                "timestamp": str(1700000000 + number),
                "type": "text",
                "text": {"body": "old"},
                "history_context": {"status": "READ"},
            }
            for number in range(count)
        ],
    }


def chunk(*threads: dict, order: int = 1) -> dict:
    return {"metadata": {"phase": 0, "chunk_order": order, "progress": 50}, "threads": list(threads)}


def test_thousands_of_old_messages_are_stored_and_none_is_told(phone):
    post_of("history", **BASE, history=[chunk(*(chat(person, 50) for person in range(40)))])

    assert states() == ["done"]
    assert Change.objects.get().is_bulk
    assert Message.objects.filter(source="history").count() == 2000
    assert Contact.objects.count() == 40
    assert not event_names()


def test_a_chunk_that_meta_repeats_adds_nothing(phone):
    for order in (1, 2):
        post_of("history", **BASE, history=[chunk(chat(1, 5), order=order)])

    assert states() == ["done", "done"]
    assert Message.objects.count() == 5


def test_an_owner_who_shares_no_chats_is_noted(phone):
    post_of("history", **BASE, history=[{"errors": [{"code": 2593109, "title": "Declined"}]}])

    assert states() == ["done"]
    assert CoexistenceSync.objects.get(phone=phone, kind="history").outcome == "declined"


def test_the_address_book_names_people(phone):
    ana = {"full_name": "Ana Pérez", "first_name": "Ana", "phone_number": "5491155551234"}
    post_of("smb_app_state_sync", **BASE, state_sync=[
        {"type": "contact", "contact": ana, "action": "add", "metadata": {"timestamp": "1739321024"}},
        {"type": "something_new"},
    ])  # fmt: skip

    assert states() == ["done"]
    assert Contact.objects.get().saved_name == "Ana Pérez"


@pytest.mark.parametrize("field", ["history", "smb_app_state_sync"])
def test_of_a_number_that_is_not_ours_it_is_held(waba, field):
    post_of(field, **BASE, history=[chunk(chat(1, 1))], state_sync=[])

    assert states() == ["held"]


@pytest.mark.parametrize(
    ("field", "said"), [("history", {}), ("history", {"history": "x"}), ("history", {"history": 7})]
)
def test_what_has_nothing_of_the_form_is_kept_with_its_error(phone, field, said):
    post_of(field, **BASE, **said)

    assert states() == ["failed"]
