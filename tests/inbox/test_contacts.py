"""Who is who: one contact a person, however they are named, and never one for two."""

import pytest
from django.db import transaction

from inbox.contacts import UnknownRecipientError, contact_for_sending, contact_of, learn, rename
from inbox.conversations import conversation_of
from inbox.identity import Identity
from inbox.models import Contact, ContactAlias, Conversation, Message
from tests.inbox.world import AT, BSUID, WA_ID, message, receive, sent_message
from tests.phones.world import healthy_phone, healthy_waba, names, told

pytestmark = pytest.mark.django_db
OTHER = "AR.99999999"


@transaction.atomic
def known(phone, **ids) -> Contact:
    return contact_of(phone=phone, identity=Identity(**ids))[0]


@pytest.mark.parametrize(
    ("ids", "identifier", "kind"),
    [
        ({"bsuid": BSUID, "wa_id": WA_ID, "number": WA_ID}, BSUID, "bsuid"),
        ({"wa_id": WA_ID, "number": "54115555"}, WA_ID, "wa_id"),
        ({"number": WA_ID, "username": "ana"}, WA_ID, "phone"),
        ({"username": "ana"}, "ana", "username"),
    ],
)
def test_the_identifier_is_the_surest_name_at_first_sight_and_stays(phone, ids, identifier, kind):
    contact = known(phone, **ids)
    again = known(phone, **ids | {"bsuid": BSUID, "wa_id": WA_ID, "number": WA_ID, "username": "ana"})

    if kind != "username":
        assert again == contact
    contact.refresh_from_db()
    assert (contact.identifier, contact.identifier_type) == (identifier, kind)


def test_what_is_learnt_later_is_told_once(phone):
    contact = known(phone, number=WA_ID)
    known(phone, number=WA_ID, wa_id=WA_ID, bsuid=BSUID, name="Ana")
    known(phone, number=WA_ID, wa_id=WA_ID, bsuid=BSUID, name="Ana")

    [(name, data)] = told()
    assert name == "contact.updated"
    assert list(data) == [
        "phoneNumberId", "contactId", "contactIdentifier", "contactIdentifierType", "contactReplyTo",
        "contactPhone", "contactName", "waId", "businessScopedUserId", "parentBusinessScopedUserId",
        "username", "mergedContactId",
    ]  # fmt: skip
    assert (data["contactId"], data["contactIdentifier"]) == (str(contact.pk), WA_ID)
    assert (data["businessScopedUserId"], data["contactName"]) == (BSUID, "Ana")


def test_somebody_without_a_number_is_answered_by_their_bsuid(phone):
    contact = known(phone, bsuid=BSUID, username="ana")

    assert (contact.reply_to, contact.phone_number) == (BSUID, None)
    assert contact_for_sending(phone=phone, to=BSUID) == contact


def test_two_rows_that_turn_out_to_be_one_person_become_the_older_one(phone):
    old = known(phone, number=WA_ID)
    new = known(phone, bsuid=BSUID, name="Ana")
    for contact, unread in ((old, 1), (new, 2)):
        conversation = conversation_of(contact)
        Conversation.objects.filter(pk=conversation.pk).update(unread_count=unread, message_count=1)
        Message.objects.create(
            phone=phone, conversation=conversation, direction="outbound", source="api", type="text",
            status="sent", timestamp=conversation.created_at,
        )  # fmt: skip

    one = known(phone, bsuid=BSUID, wa_id=WA_ID, number=WA_ID)

    assert (one, Contact.objects.get()) == (old, old)
    assert (one.bsuid, one.wa_id, one.name, one.identifier) == (BSUID, WA_ID, "Ana", WA_ID)
    conversation = Conversation.objects.get()
    assert (conversation.message_count, conversation.unread_count) == (2, 3)
    assert Message.objects.filter(conversation=conversation).count() == 2
    assert [data["mergedContactId"] for _, data in told()] == [str(new.pk)]
    assert contact_for_sending(phone=phone, to=BSUID) == old


def test_a_merge_with_somebody_who_has_no_conversation_keeps_the_one_that_there_is(phone):
    known(phone, number=WA_ID)
    conversation = conversation_of(known(phone, bsuid=BSUID))

    one = known(phone, bsuid=BSUID, wa_id=WA_ID)

    assert Conversation.objects.get() == conversation
    assert Conversation.objects.get().contact == one


def test_a_number_that_changed_hands_joins_nobody(phone):
    first = known(phone, bsuid=BSUID, wa_id=WA_ID, number=WA_ID)

    second = known(phone, bsuid=OTHER, wa_id=WA_ID, number=WA_ID)

    first.refresh_from_db()
    assert (first.wa_id, first.phone_number, first.bsuid) == (None, None, BSUID)
    assert (second.wa_id, second.bsuid) == (WA_ID, OTHER)
    assert contact_for_sending(phone=phone, to=WA_ID) == second
    assert [data["contactReplyTo"] for _, data in told()] == [BSUID]


def test_a_number_alone_that_two_people_had_is_the_one_who_has_it(phone):
    had = known(phone, bsuid=BSUID, wa_id="111", number=WA_ID)
    has = known(phone, bsuid=OTHER, wa_id=WA_ID)

    assert known(phone, number=WA_ID) == has
    assert Contact.objects.count() == 2
    assert had in Contact.objects.all()


def test_a_number_in_another_form_stays_known_after_meta_said_whose_it_is(phone):
    known(phone, bsuid=BSUID, wa_id=WA_ID, number=WA_ID)
    with transaction.atomic():
        typed = contact_for_sending(phone=phone, to="541155550000")
        ana = learn(contact=typed, wa_id=WA_ID)

    assert (ana.bsuid, Contact.objects.count()) == (BSUID, 1)
    assert contact_for_sending(phone=phone, to="541155550000") == ana
    assert Contact.objects.count() == 1
    assert ContactAlias.objects.get(identifier="541155550000").contact == ana


def test_learning_what_is_known_costs_no_query(phone, django_assert_num_queries):
    contact = known(phone, bsuid=BSUID, wa_id=WA_ID)

    with django_assert_num_queries(0):
        assert learn(contact=contact, wa_id=WA_ID, bsuid=BSUID) is contact


def test_a_person_who_moved_to_another_number_keeps_the_contact(phone):
    contact = known(phone, bsuid=BSUID, wa_id=WA_ID, number=WA_ID)

    with transaction.atomic():
        moved = rename(contact=contact, wa_id="222", bsuid=OTHER, at=AT)

    assert (moved.pk, moved.wa_id, moved.bsuid, moved.phone_number) == (contact.pk, "222", OTHER, None)
    assert known(phone, bsuid=BSUID) == moved
    assert Contact.objects.get().bsuid == OTHER
    assert known(phone, wa_id=WA_ID, number=WA_ID) != moved


def test_a_person_who_wrote_from_the_new_number_already_is_joined(phone):
    contact = known(phone, bsuid=BSUID, wa_id=WA_ID, number=WA_ID)
    known(phone, bsuid=OTHER, wa_id="222", number="222")

    with transaction.atomic():
        moved = rename(contact=contact, wa_id=None, bsuid=OTHER, at=AT)

    assert Contact.objects.get() == moved == contact
    assert (moved.wa_id, moved.bsuid, moved.phone_number) == ("222", OTHER, "222")


def test_what_somebody_was_known_by_is_not_given_to_another(phone):
    contact = known(phone, wa_id=WA_ID)
    with transaction.atomic():
        rename(contact=contact, wa_id="222", bsuid=None, at=AT)

    other = known(phone, wa_id=WA_ID)

    assert other.identifier.startswith(f"{WA_ID}#")
    assert contact_for_sending(phone=phone, to=WA_ID) == other
    assert contact_for_sending(phone=phone, to=other.identifier) == other


@pytest.mark.parametrize(
    "to", ["", "abc", "54 11", "+5411", "ar.1", "AR.", "AR.1 2", "9" * 21, f"AR.{1:0200}"]
)
def test_a_recipient_that_can_be_nobody_is_refused(phone, to):
    with pytest.raises(UnknownRecipientError):
        contact_for_sending(phone=phone, to=to)
    assert not Contact.objects.exists()


def test_the_contacts_of_one_phone_are_not_those_of_another(phone, stranger):
    other = healthy_phone(stranger.organization, healthy_waba(stranger.organization, 2), 2)
    receive(phone, message())
    receive(other, message())

    assert Contact.objects.count() == Message.objects.count() == 2
    assert names() == ["message.received"] * 2


def test_who_was_written_to_by_number_is_who_answers(phone):
    contact_for_sending(phone=phone, to=WA_ID)
    sent_message(phone)
    receive(phone, message())

    assert Contact.objects.get().bsuid == BSUID
    assert Conversation.objects.get().messages.count() == 2
