"""Staff's pages of the inbox: found by any id, and what people wrote for those alone who may read it."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from inbox.models import Contact, Conversation, Message
from tests.inbox.world import BSUID, WA_ID, message, receive
from tests.phones.world import told

pytestmark = pytest.mark.django_db
WORDS = "Hello 1"


def staff(*codenames):
    user = User.objects.create_user(f"user{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def page(client, row):
    return client.get(f"/admin/inbox/{row._meta.model_name}/{row.pk}/change/").content.decode()


def found(client, kind, term):
    return client.get(f"/admin/inbox/{kind}/", {"q": term}).context["cl"].result_count


LOOK = ("view_contact", "view_conversation", "view_message")


def test_what_a_message_says_is_shown_to_who_may_read_it(phone):
    receive(phone, message())
    row = Message.objects.get()
    looker, reader = staff(*LOOK), staff(*LOOK, "read_message_content")

    assert WORDS in page(reader, row)
    for client, shown in ((looker, row), (looker, row.conversation), (reader, row.conversation)):
        body = page(client, shown)
        assert "delivered" in body or "wamid.1" in body
        assert WORDS not in body
    for kind in ("message", "conversation", "contact"):
        assert WORDS not in reader.get(f"/admin/inbox/{kind}/").content.decode()


@pytest.mark.parametrize("kind", ["conversation", "message", "contact"])
def test_a_row_is_found_by_what_support_is_given(phone, kind):
    receive(phone, message())
    receive(phone, message(number=2) | {"from": "222", "from_user_id": None, "id": "wamid.2"}, None)
    client, row = staff(*LOOK), Message.objects.get(wamid="wamid.1")
    terms: dict[str, list[object]] = {
        "conversation": [row.wamid, row.pk, row.conversation_id, BSUID, f"+{WA_ID}", "Ana"],
        "message": [row.wamid, row.pk, row.conversation_id, row.conversation.contact_id],
        "contact": [BSUID, WA_ID, row.conversation_id, row.conversation.contact_id, "ana.diaz"],
    }

    for term in terms[kind]:
        assert found(client, kind, term) == 1, term
    assert found(client, kind, "nobody") == 0


def test_staff_who_may_erases_a_person(phone):
    receive(phone, message())
    contact = Contact.objects.get()
    body = {"action": "erase", "_selected_action": str(contact.pk), "confirmed": "yes", "reason": "asked"}

    staff(*LOOK).post("/admin/inbox/contact/", body)
    assert Contact.objects.exists()
    staff(*LOOK, "change_contact").post("/admin/inbox/contact/", body)

    assert not Contact.objects.exists()
    assert not Conversation.objects.exists()
    assert told() == []


def test_nothing_can_be_edited(phone):
    receive(phone, message())
    client = staff(*LOOK, "change_message", "change_contact", "delete_message", "add_message")
    row = Message.objects.get()

    assert client.post(f"/admin/inbox/message/{row.pk}/change/", {"type": "image"}).status_code == 403
    assert client.post(f"/admin/inbox/message/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/inbox/message/add/").status_code == 403
