"""New BSUIDs, marketing preferences, and people who asked to be forgotten."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from inbox import erasure, receiving
from inbox.contacts import contact_for_sending
from inbox.erasure import erase, finish_all, make_nobody
from inbox.models import Contact, ContactAlias, Conversation, Erasure, Media, Message, OutboxEntry
from inbox.receiving import UnreadableError
from tests.inbox.test_history import entry, old, receive_history, sync, thread
from tests.inbox.world import (
    ANA,
    AT,
    BSUID,
    SECOND,
    WA_ID,
    echo,
    message,
    receive,
    receive_echo,
    receive_status,
    sent_message,
    status,
)
from tests.phones.world import names, told
from webhooks.models import Attempt, Delivery, OutgoingWebhook

pytestmark = pytest.mark.django_db
NEW = "AR.2222"


@transaction.atomic
def update_id(phone, item) -> None:
    receiving.receive_user_id_update(phone=phone, item=item, at=AT)


@transaction.atomic
def prefer(phone, word, second=0, **more) -> None:
    item = {"wa_id": WA_ID, "user_id": BSUID, "category": "marketing_messages"}
    item |= {"value": word, "timestamp": SECOND + second} | more
    receiving.receive_preference(phone=phone, item=item, at=AT)


UPDATE = {
    "wa_id": WA_ID,
    "detail": "x",
    "user_id": {"previous": BSUID, "current": NEW},
    "parent_user_id": {"previous": "AR.ENT.1", "current": "AR.ENT.2"},
    "timestamp": str(SECOND),
}


def test_a_new_id_of_a_person_is_learnt_and_told_and_the_old_one_goes_on_to_work(phone):
    receive(phone, message())

    update_id(phone, UPDATE)
    update_id(phone, UPDATE)
    receive(phone, message(number=2))

    contact = Contact.objects.get()
    assert (contact.bsuid, contact.parent_bsuid, contact.identifier) == (NEW, "AR.ENT.2", BSUID)
    assert (contact.wa_id, contact.phone_number) == (WA_ID, WA_ID)
    assert contact_for_sending(phone=phone, to=BSUID) == contact
    assert [name for name in names() if name == "contact.updated"] == ["contact.updated"] * 2


def test_a_new_id_that_wrote_already_is_joined_with_the_old_one(phone):
    receive(phone, message())
    receive(phone, message(number=2) | {"from": "222", "from_user_id": NEW}, {"wa_id": "222"})

    update_id(phone, {"user_id": {"previous": BSUID, "current": NEW}})

    contact = Contact.objects.get()
    assert (contact.bsuid, contact.wa_id, contact.identifier) == (NEW, "222", BSUID)
    assert Conversation.objects.get().message_count == 2


def test_a_new_id_of_somebody_who_is_not_here_makes_nobody(phone):
    update_id(phone, UPDATE)

    assert not Contact.objects.exists()


@pytest.mark.parametrize("item", [{}, {"user_id": "x"}, {"user_id": {"previous": BSUID}}])
def test_an_update_without_the_new_id_is_unreadable(phone, item):
    with pytest.raises(UnreadableError):
        update_id(phone, item)


def test_the_newest_word_on_marketing_counts(phone):
    prefer(phone, "stop", 5)
    prefer(phone, "resume", 3)

    contact = Contact.objects.get()
    assert (contact.marketing_preference, contact.bsuid) == ("stop", BSUID)
    assert contact.marketing_preference_at == AT + timedelta(seconds=5)
    assert names() == []


def test_the_newest_word_survives_a_merge(phone):
    prefer(phone, "resume", 3, user_id=None)
    prefer(phone, "stop", 5, wa_id=None)

    receive(phone, message())

    assert Contact.objects.get().marketing_preference == "stop"


@pytest.mark.parametrize(
    "more", [{"value": None}, {"wa_id": None, "user_id": None}, {"category": "other"}, {"value": []}]
)
def test_a_preference_of_nobody_or_nothing_is_unreadable(phone, more):
    with pytest.raises(UnreadableError):
        prefer(phone, "stop", **more)


def test_who_is_erased_is_gone_with_everything(phone):
    receive(phone, message("image", {"id": "1", "mime_type": "image/png"}))
    receive(phone, message(number=2) | {"from": "222", "from_user_id": NEW}, {"wa_id": "222"})
    shared = Media.objects.create(phone=phone, meta_media_id="2")
    row = sent_message(phone, media=shared)
    conversation = Conversation.objects.get(contact__bsuid=BSUID)
    Message.objects.filter(pk=row.pk).update(conversation=conversation)
    Message.objects.filter(conversation__contact__bsuid=NEW).update(media=shared)
    OutboxEntry.objects.create(message=row, phone=phone, contact=conversation.contact, body={})

    erase(contact=conversation.contact)

    assert not Contact.objects.filter(bsuid=BSUID).exists()
    assert not OutboxEntry.objects.exists()
    assert list(Media.objects.all()) == [shared]
    assert Message.objects.get().conversation.contact.bsuid == NEW
    assert BSUID not in str(list(Erasure.objects.values()))
    assert WA_ID not in str(list(Erasure.objects.values()))


def test_what_told_of_somebody_who_is_erased_is_gone_with_its_deliveries(phone):
    endpoint = OutgoingWebhook.objects.create(
        organization=phone.organization, url="https://example.com", secret="s" * 24, events=["*"]
    )
    receive(phone, message() | {"from_user_id": None}, None)
    receive(phone, message(number=2) | {"from": None}, {"user_id": BSUID})
    receive(phone, message(number=3))
    receive(phone, message(number=4) | {"from": "222", "from_user_id": NEW}, {"wa_id": "222"})
    about = Contact.objects.get(bsuid=BSUID)
    delivery = Delivery.objects.filter(event__about=about.pk)[0]
    Attempt.objects.create(delivery=delivery, webhook=endpoint, number=1, at=AT)

    erase(contact=about)

    assert [data["wamid"] for _, data in told()] == ["wamid.4"]
    assert Delivery.objects.count() == 1
    assert not Attempt.objects.exists()


def test_an_erasure_that_was_interrupted_is_nobody_and_is_finished_later(phone, monkeypatch):
    receive(phone, message())
    contact = Contact.objects.get()
    with monkeypatch.context() as broken:
        broken.setattr(erasure, "delete_some", died)
        with pytest.raises(OSError, match="died"):
            erase(contact=contact)

    left = Contact.objects.get()
    assert (left.wa_id, left.name, left.bsuid, left.phone_number) == (None, None, None, None)
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        receive_now(phone, message(number=int(timezone.now().timestamp()) - SECOND), ANA)
        assert finish_all() == 1

    assert Contact.objects.get().bsuid == BSUID
    assert Message.objects.get().conversation.message_count == 1
    assert len(names()) == 1


def died(contact):
    raise OSError("died")


def test_a_status_that_comes_while_somebody_is_erased_gives_nothing_back(phone):
    row = sent_message(phone)
    make_nobody(row.conversation.contact)
    before = len(names())

    receive_status(phone, status("read", recipient_user_id=BSUID))

    assert (Contact.objects.get().wa_id, Contact.objects.get().bsuid) == (None, None)
    assert len(names()) == before


def test_somebody_new_by_the_same_name_gets_nothing_of_who_was_erased(phone):
    receive(phone, message())
    erase(contact=Contact.objects.get())
    now = int(timezone.now().timestamp()) - SECOND
    receive_now(phone, message(number=now + 2), {"wa_id": WA_ID, "user_id": BSUID})

    receive(phone, message(number=1))

    assert (Contact.objects.get().name, Conversation.objects.get().message_count) == (None, 1)


@transaction.atomic
def receive_now(phone, item, contact):
    receiving.receive_message(phone=phone, item=item, contact=contact, at=timezone.now())


def test_a_message_of_the_second_of_an_erasure_came_after_it(phone):
    receive(phone, message())
    erased_at = timezone.now().replace(microsecond=700_000)
    with time_machine.travel(erased_at, tick=False):
        erase(contact=Contact.objects.get())
        receive_now(phone, message(number=int(erased_at.timestamp()) - SECOND), ANA)

    assert Message.objects.count() == 1


def test_nothing_from_before_an_erasure_comes_back(phone):
    receive(phone, message())
    erase(contact=Contact.objects.get())
    before = len(names())

    receive(phone, message())
    receive(phone, message(number=2))
    receive(phone, message(number=3) | {"from_user_id": None}, None)
    receive_echo(phone, echo())
    receive_history(phone, thread(old(1)))
    sync(phone, entry())
    prefer(phone, "stop")

    assert not Contact.objects.exists()
    assert len(names()) == before


def test_somebody_known_by_a_username_alone_is_kept_away_too(phone):
    item = message() | {"from": None, "from_user_id": None}
    receive(phone, item, {"profile": {"username": "ana"}})
    erase(contact=Contact.objects.get())

    receive(phone, item, {"profile": {"username": "ana"}})

    assert not Contact.objects.exists()


def test_who_writes_after_an_erasure_is_somebody_new(phone):
    receive(phone, message())
    with time_machine.travel(AT, tick=False):
        erase(contact=Contact.objects.get())

    receive(phone, message(number=2))
    receive(phone, message(number=0))
    receive_history(phone, thread(old(1)))

    assert [row.wamid for row in Message.objects.all()] == ["wamid.0", "wamid.2"][::-1]
    assert Conversation.objects.get().message_count == 2
    assert not ContactAlias.objects.exists()
    assert [data["wamid"] for _, data in told()] == ["wamid.2", "wamid.0"]
