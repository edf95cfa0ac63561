"""The inbox as a client reads it."""

import json
from uuid import uuid4

import pytest

from inbox import examples
from inbox.models import Contact, Conversation, Erasure, Message
from inbox.receiving.storing import FROM_CUSTOMER
from tests.inbox.world import (
    BSUID,
    WA_ID,
    echo,
    message,
    receive,
    receive_echo,
    receive_status,
    sent_message,
    status,
)
from tests.phones.world import healthy_phone, healthy_waba

pytestmark = pytest.mark.django_db


def ids(rows):
    return [row["wamid"] for row in rows]


def test_conversations_come_newest_activity_first_with_what_is_unread(api, phone):
    receive(phone, message(number=1))
    receive(phone, message(number=2) | {"from": "222", "from_user_id": None}, None)
    receive(phone, message(number=3))

    answer = api.get(f"phones/{phone.pk}/conversations").json()

    assert answer["meta"]["pagination"] == {"page": 1, "limit": 50, "total": 2, "hasMore": False}
    ana, other = answer["data"]
    assert list(ana) == list(examples.CONVERSATION)
    assert (ana["contactIdentifier"], ana["unreadCount"], ana["messageCount"]) == (BSUID, 2, 2)
    assert (ana["lastMessageAt"], ana["lastInboundAt"]) == ("2026-01-15T10:30:03.000Z",) * 2
    assert (other["contactIdentifierType"], other["contactName"]) == ("phone", None)


def test_messages_come_newest_first_with_every_key(api, phone):
    receive(phone, message(number=1))
    receive_echo(phone, echo(number=2, context={"id": "wamid.1"}))
    sent_message(phone)
    receive_status(phone, status("failed", errors=[{"code": 131047, "title": "Too late"}]))
    conversation = Conversation.objects.get()
    Conversation.objects.update(message_count=3)

    answer = api.get(f"phones/{phone.pk}/conversations/{conversation.pk}/messages").json()

    assert answer["meta"]["pagination"]["total"] == 3
    assert ids(answer["data"]) == ["wamid.echo.2", "wamid.1", "wamid.out"]
    assert {tuple(row) for row in answer["data"]} == {tuple(examples.MESSAGE)}
    newest, first, failed = answer["data"]
    assert newest["replyTo"] == {"messageId": first["id"], "wamid": "wamid.1"}
    assert (newest["source"], newest["sentAt"]) == ("business_app", "2026-01-15T10:30:02.000Z")
    assert failed["error"] == {"code": "131047", "title": "Too late", "details": None}
    assert (first["deliveredAt"], first["replyTo"], first["context"]) == (first["timestamp"], None, None)


def test_a_message_is_shown_as_in_its_conversation(api, phone):
    receive(phone, message("image", {"id": "1", "mime_type": "image/png"}))
    row = Message.objects.get()

    one = api.get(f"phones/{phone.pk}/messages/{row.pk}").json()["data"]

    [listed] = api.get(f"phones/{phone.pk}/conversations/{row.conversation_id}/messages").json()["data"]
    assert one == listed
    assert one["content"]["url"].endswith(f"/v1/phones/{phone.pk}/media/{row.media_id}")
    by_metas_id = f"phones/{phone.meta_phone_number_id}/messages/{row.pk}"
    assert api.get(by_metas_id).json()["data"] == one


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 25])
def test_pages_from_both_ends_are_one_list(api, phone, count):
    for number in range(count):
        receive(phone, message(number=number))
    conversation = Conversation.objects.first() or Conversation.objects.create(
        phone=phone, contact=Contact.objects.create(phone=phone, identifier="x", identifier_type="phone")
    )
    path = f"phones/{phone.pk}/conversations/{conversation.pk}/messages"

    pages = [api.get(f"{path}?limit=5&page={page}").json() for page in range(1, 8)]

    assert [wamid for page in pages for wamid in ids(page["data"])] == [
        f"wamid.{number}" for number in reversed(range(count))
    ]
    for page in pages:
        shown = page["meta"]["pagination"]
        assert shown["total"] == count
        assert shown["hasMore"] is (shown["page"] * 5 < count)


@pytest.mark.parametrize("page", ["0", "x", "1.0", "-1"])
def test_a_page_that_cannot_be_is_refused(api, phone, page):
    receive(phone, message())
    path = f"phones/{phone.pk}/conversations/{Conversation.objects.get().pk}/messages"

    assert api.get(f"{path}?page={page}").status_code == 400
    assert api.get(f"{path}?page=1000000000000").json()["data"] == []


def test_contacts_are_read_by_any_of_their_names(api, phone):
    receive(phone, message())
    receive(phone, message(number=2) | {"from": "222", "from_user_id": None}, None)
    contact = Contact.objects.get(bsuid=BSUID)

    one = api.get(f"phones/{phone.pk}/contacts/{contact.pk}").json()["data"]

    assert list(one) == list(examples.A_CONTACT)
    assert one["conversationId"] == str(Conversation.objects.get(contact=contact).pk)
    assert api.get(f"phones/{phone.pk}/contacts").json()["meta"]["pagination"]["total"] == 2
    for query in (
        f"contactIdentifier={BSUID}",
        f"contactPhone=%2B{WA_ID[:3]} {WA_ID[3:]}",
        f"waId={WA_ID}",
        f"waId=%2B{WA_ID}",
        f"businessScopedUserId={BSUID}",
        "username=ana.diaz",
    ):
        assert api.get(f"phones/{phone.pk}/contacts?{query}").json()["data"] == [one], query
    conversations = f"phones/{phone.pk}/conversations"
    assert api.get(f"{conversations}?contactId={contact.pk}").json()["meta"]["pagination"]["total"] == 1
    assert api.get(f"{conversations}?contactIdentifier=222").json()["meta"]["pagination"]["total"] == 1


@pytest.mark.parametrize("query", ["contactPhone=abc", "phone=1", "contactIdentifier=a%00b"])
def test_a_filter_that_cannot_be_meant_is_refused(api, phone, query):
    assert api.get(f"phones/{phone.pk}/contacts?{query}").status_code == 400


def test_a_contact_that_was_joined_to_another_is_found_by_its_old_names(api, phone):
    receive(phone, message(number=1) | {"from_user_id": None, "from": "5491155"}, None)
    receive(phone, message(number=2) | {"from": None}, {"user_id": BSUID})
    stays, gone = Contact.objects.order_by("created_at")
    receive(phone, message(number=3) | {"from": "5491155"}, {"wa_id": "5491155", "user_id": BSUID})
    one = api.get(f"phones/{phone.pk}/contacts/{stays.pk}").json()["data"]

    assert Contact.objects.get() == stays
    assert api.get(f"phones/{phone.pk}/contacts/{gone.pk}").json()["data"] == one
    for query in (f"contactIdentifier={BSUID}", f"contactIdentifier={gone.identifier}"):
        assert api.get(f"phones/{phone.pk}/contacts?{query}").json()["data"] == [one]
    for query in (f"contactIdentifier={BSUID}", f"contactId={gone.pk}", f"contactId={stays.pk}"):
        [talk] = api.get(f"phones/{phone.pk}/conversations?{query}").json()["data"]
        assert talk["contactId"] == str(stays.pk)
    both = f"contactId={uuid4()}&contactIdentifier={BSUID}"
    assert api.get(f"phones/{phone.pk}/conversations?{both}").json()["data"] == []
    assert api.delete(f"phones/{phone.pk}/contacts/{gone.pk}").status_code == 204
    assert not Contact.objects.exists()


def test_a_contact_that_is_erased_is_gone_with_all_messages(api, phone):
    receive(phone, message())
    row = Message.objects.get()
    contact = row.conversation.contact_id

    assert api.delete(f"phones/{phone.pk}/contacts/{contact}").status_code == 204

    for path in (
        f"contacts/{contact}",
        f"messages/{row.pk}",
        f"conversations/{row.conversation_id}/messages",
    ):
        assert api.get(f"phones/{phone.pk}/{path}").status_code == 404
    assert api.delete(f"phones/{phone.pk}/contacts/{contact}").status_code == 404
    assert api.get(f"phones/{phone.pk}/conversations").json()["data"] == []
    assert api.get("events").json()["data"] == []
    assert Erasure.objects.exists()


def test_a_key_that_only_reads_erases_nobody(api_for, phone):
    receive(phone, message())
    reader = api_for("Reader", scopes=("read",))

    assert reader.delete(f"phones/{phone.pk}/contacts/{Contact.objects.get().pk}").status_code == 403
    assert Contact.objects.exists()


def test_the_rows_of_one_phone_are_not_found_through_another(api, phone, stranger):
    mine = healthy_phone(api.organization, healthy_waba(api.organization, 2), 2)
    receive(phone, message())
    row = Message.objects.get()
    paths = [
        f"messages/{row.pk}",
        f"conversations/{row.conversation_id}/messages",
        f"contacts/{row.conversation.contact_id}",
    ]

    for path in paths:
        assert api.get(f"phones/{phone.pk}/{path}").status_code == 200
        assert api.get(f"phones/{mine.pk}/{path}").status_code == 404
        assert stranger.get(f"phones/{phone.pk}/{path}").status_code == 404
    assert api.get(f"phones/{mine.pk}/conversations").json()["data"] == []
    assert stranger.get(f"phones/{phone.pk}/conversations").status_code == 404


@pytest.mark.parametrize("named", ["x", "106540352242921", "00000000-0000-4000-8000-000000000000"])
def test_a_row_is_named_by_our_id_alone(api, phone, named):
    for path in ("messages/{}", "conversations/{}/messages", "contacts/{}"):
        assert api.get(f"phones/{phone.pk}/{path.format(named)}").status_code == 404


def test_what_is_stored_of_a_file_has_no_address(phone):
    receive(
        phone, message("image", {"id": "1", "mime_type": "image/png", "url": "https://lookaside.fbsbx.com"})
    )

    assert "http" not in json.dumps(Message.objects.get().content)
    assert Message.objects.get().source == FROM_CUSTOMER.source
