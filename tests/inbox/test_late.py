"""What comes again or late: it tells nobody anything, and takes nothing newer of a person back."""

import pytest
from django.db import transaction

from inbox import receiving
from inbox.models import Contact, ContactAlias, Conversation, Message
from tests.inbox.test_history import entry, old, receive_history, sync, thread
from tests.inbox.world import ANA, AT, BSUID, SECOND, WA_ID, echo, message, receive, receive_echo
from tests.phones.world import names, told

pytestmark = pytest.mark.django_db
MOVED = message("system", {"type": "user_changed_number", "wa_id": "222", "user_id": BSUID}, number=5)
NEWER = ANA | {"profile": {"name": "Ana Maria", "username": "ana.maria"}}


def people():
    columns = ("pk", "identifier", "wa_id", "bsuid", "phone_number", "name", "username", "saved_name")
    return list(Contact.objects.order_by("pk").values(*columns))


@transaction.atomic
def update_id(phone, previous, current, second, **more):
    item = {"wa_id": WA_ID, "user_id": {"previous": previous, "current": current}}
    item |= {"timestamp": str(SECOND + second)} | more
    receiving.receive_user_id_update(phone=phone, item=item, at=AT)


def unnamed(item):
    return {name: value for name, value in item.items() if name != "from_user_id"}


def test_messages_that_come_again_tell_nobody_and_name_nobody_as_before(phone):
    def all_of_it():
        receive(phone, message(number=1))
        receive(phone, message(number=2), NEWER)
        receive_echo(phone, echo(number=3))

    all_of_it()
    before, known = names(), people()

    all_of_it()

    assert (names(), people()) == (before, known)
    assert known[0]["name"] == "Ana Maria"


def test_messages_that_come_again_move_nobody_back(phone):
    receive(phone, message())
    receive(phone, MOVED, None)
    before, known = names(), people()

    receive(phone, message())
    receive(phone, MOVED, None)

    assert (names(), people()) == (before, known)
    assert known[0]["wa_id"] == "222"


def test_a_message_that_comes_again_makes_no_second_contact_of_somebody_who_moved(phone):
    first, moved = unnamed(message()), unnamed(MOVED)
    receive(phone, first, {"wa_id": WA_ID})
    receive(phone, moved, None)

    receive(phone, first, {"wa_id": WA_ID})

    assert Contact.objects.get().wa_id == "222"


def test_a_late_message_is_stored_and_names_nobody_as_before(phone):
    receive(phone, message(number=2), NEWER)

    receive(phone, message(number=1))

    assert (people()[0]["name"], people()[0]["username"]) == ("Ana Maria", "ana.maria")
    assert Conversation.objects.get().message_count == 2
    assert names() == ["message.received"] * 2


def test_a_late_message_fills_what_is_not_known(phone):
    receive(phone, message(number=2), {"wa_id": WA_ID, "user_id": BSUID})

    receive(phone, message(number=1))

    assert people()[0]["name"] == "Ana"


def test_a_late_message_moves_nobody_back(phone):
    receive(phone, message(number=1))
    receive(phone, MOVED, None)

    receive(phone, message(number=2))

    assert (people()[0]["wa_id"], people()[0]["phone_number"]) == ("222", None)
    assert Conversation.objects.get().message_count == 3


def test_a_late_message_takes_the_number_from_nobody_who_has_it_now(phone):
    receive(phone, message(number=9) | {"from_user_id": "AR.9"}, {"wa_id": WA_ID, "user_id": "AR.9"})

    receive(phone, message(number=1))

    assert dict(Contact.objects.values_list("bsuid", "wa_id")) == {"AR.9": WA_ID, BSUID: None}
    assert names() == ["message.received"] * 2


def test_an_old_chat_that_comes_again_or_late_changes_nobody(phone):
    receive(phone, message())
    before, known = names(), people()
    chat = thread(old(1), username="old.name")

    receive_history(phone, chat)
    receive_history(phone, chat)

    assert (names(), people()) == (before, known)
    assert Conversation.objects.get().message_count == 2


def test_an_old_chat_that_comes_again_makes_no_second_contact(phone):
    chat = {"id": WA_ID, "messages": [old(1) | {"from_user_id": None}]}
    receive_history(phone, chat)
    receive(phone, unnamed(MOVED), None)

    receive_history(phone, chat)

    assert Contact.objects.get().wa_id == "222"
    assert Message.objects.count() == 2


def test_an_address_book_that_comes_again_gives_no_name_of_before_back(phone):
    receive(phone, message(), None)
    sync(phone, entry(full_name="Ana D"))
    sync(phone, entry(full_name="Ana Diaz", second=5))
    sync(phone, entry("remove", second=6))
    before = names()

    sync(phone, entry(full_name="Ana D"))
    sync(phone, entry(full_name="Ana Diaz", second=5))
    sync(phone, entry("remove", second=3))

    assert names() == before
    assert people()[0]["saved_name"] is None


def test_a_removal_from_the_address_book_that_comes_late_takes_no_newer_name(phone):
    sync(phone, entry(full_name="Ana Diaz", second=5))

    sync(phone, entry("remove", second=3))

    assert people()[0]["saved_name"] == "Ana Diaz"


def test_new_ids_in_any_order_end_with_the_newest(phone):
    receive(phone, message(number=1))
    update_id(phone, "AR.2", "AR.3", 9)
    update_id(phone, BSUID, "AR.2", 5)

    receive(phone, message(number=6) | {"from_user_id": "AR.2"}, None)

    assert Contact.objects.get().bsuid == "AR.3"
    assert Conversation.objects.get().message_count == 2
    assert set(ContactAlias.objects.values_list("identifier", flat=True)) == {BSUID, "AR.2"}


def test_a_new_id_that_is_told_after_a_message_of_the_same_person_is_learnt(phone):
    receive(phone, message(number=9))

    update_id(phone, BSUID, "AR.2", 8)

    assert Contact.objects.get().bsuid == "AR.2"


def test_a_move_that_is_told_late_moves_nobody_back(phone):
    receive(phone, message(number=1))
    receive(phone, message(number=9) | {"from": "333"}, {"wa_id": "333", "user_id": BSUID})

    receive(phone, MOVED, None)

    assert people()[0]["wa_id"] == "333"
    assert told()[-1][1]["waId"] == "333"
