"""Edits, revocations, reactions and Meta's own messages, whichever comes first."""

from itertools import permutations

import pytest

from inbox.models import Contact, ContactAlias, Conversation, Media, Message
from tests.inbox.world import BSUID, WA_ID, echo, message, receive, receive_echo
from tests.phones.world import names, told

pytestmark = pytest.mark.django_db
EDIT = message(
    "edit", {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "New"}}}, number=5
)
REVOKE = message("revoke", {"original_message_id": "wamid.1"}, number=6)


@pytest.mark.parametrize("order", [(message(), EDIT), (EDIT, message())], ids=["after", "before"])
def test_an_edit_replaces_what_was_said_and_is_told_itself(phone, order):
    for item in order:
        receive(phone, item)

    row = Message.objects.get(wamid="wamid.1")
    assert (row.content, row.type) == ({"body": "New"}, "text")
    assert row.edited_at == Message.objects.get(type="edit").timestamp
    assert names() == ["message.received"] * 2
    data = next(data for _, data in told() if data["type"] == "edit")
    assert data["content"]["content"] == {"body": "New"}
    assert (data["content"]["wamid"], data["content"]["type"]) == ("wamid.1", "text")
    if order[0] is not EDIT:
        assert data["content"]["messageId"] == str(row.pk)


@pytest.mark.parametrize("order", [(2, 3), (3, 2)], ids=str)
def test_the_newest_edit_counts(phone, order):
    receive(phone, message())
    for number in order:
        words = {"type": "text", "text": {"body": f"Edit {number}"}}
        edit = {"original_message_id": "wamid.1", "message": words}
        receive(phone, message("edit", edit, number=number))

    assert Message.objects.get(wamid="wamid.1").content == {"body": "Edit 3"}


def test_the_end_is_the_same_whatever_comes_first(phone):
    """Message, two edits and a revocation, in every order, one phone's worth of contacts each."""
    ends = set()
    for who, order in enumerate(permutations(["text", "edit", "edit again", "revoke"])):
        for kind in order:
            receive(phone, step(who, kind), None)
        ends.add((row_of(who).content.get("body"), row_of(who).revoked_at))
    without = set()
    for who, order in enumerate(permutations(["text", "edit", "edit again"]), start=100):
        for kind in order:
            receive(phone, step(who, kind), None)
        without.add(row_of(who).content.get("body"))

    assert len(ends) == 1
    assert without == {"edit again"}


def step(who, kind):
    first = f"wamid.{who}.text"
    words = {"original_message_id": first, "message": {"type": "text", "text": {"body": kind}}}
    said = {"text": {"body": "text"}, "revoke": {"original_message_id": first}}.get(kind, words)
    number = ["text", "edit", "edit again", "revoke"].index(kind)
    item = message(kind.split()[0], said, number=number)
    return item | {"id": f"wamid.{who}.{kind}", "from": f"555{who}", "from_user_id": None}


def row_of(who):
    return Message.objects.get(wamid=f"wamid.{who}.text")


def test_an_edited_caption_keeps_the_file(phone):
    image = {"id": "1", "mime_type": "image/png", "caption": "Old"}
    receive(phone, message("image", image))
    words = {"type": "image", "image": image | {"caption": "New"}}

    receive(phone, message("edit", {"original_message_id": "wamid.1", "message": words}, number=2))

    row = Message.objects.get(wamid="wamid.1")
    assert (row.content["caption"], row.media) == ("New", Media.objects.get())


@pytest.mark.parametrize(
    "order",
    [
        (message(), EDIT, REVOKE),
        (REVOKE, EDIT, message()),
        (EDIT, message(), REVOKE),
        (message(), REVOKE, EDIT),
    ],
    ids=["in order", "reversed", "edit first", "edit last"],
)
def test_nothing_is_kept_of_what_was_revoked(phone, order):
    for item in order:
        receive(phone, item)

    row = Message.objects.get(wamid="wamid.1")
    assert (row.content, row.revoked_at) == ({}, Message.objects.get(type="revoke").timestamp)
    assert "New" not in str([row.content for row in Message.objects.all()])
    assert "Hello" not in str([row.content for row in Message.objects.all()])
    assert names() == ["message.received"] * 3


def test_the_file_of_a_revoked_message_is_out_of_reach(phone):
    receive(phone, message("image", {"id": "1", "mime_type": "image/png"}))
    receive(phone, message("image", {"id": "2", "mime_type": "image/png"}, number=2))

    receive(phone, REVOKE)

    assert [media.meta_media_id for media in Media.objects.all()] == ["2"]


@pytest.mark.parametrize("item", [EDIT, REVOKE])
def test_nobody_changes_the_message_of_another(phone, item):
    receive_echo(phone, echo() | {"id": "wamid.1"})
    receive(phone, item)
    receive(phone, message(number=7) | {"id": "wamid.7"})
    other = item | {"from": "222", "from_user_id": "AR.2", "id": "wamid.8"}
    other[item["type"]] = item[item["type"]] | {"original_message_id": "wamid.7"}

    receive(phone, other, None)

    assert Message.objects.get(wamid="wamid.1").content == {"body": "Hello 1"}
    assert Message.objects.get(wamid="wamid.7").content == {"body": "Hello 7"}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("edit", {}),
        ("edit", {"original_message_id": "wamid.1"}),
        ("edit", {"original_message_id": "wamid.1", "message": {"type": "edit", "edit": {}}}),
        ("edit", {"original_message_id": [], "message": {"type": "text"}}),
        ("revoke", None),
        ("revoke", {"original_message_id": 5.5}),
        ("reaction", {"emoji": "x"}),
    ],
)
def test_a_change_of_another_form_is_kept_as_it_came_and_changes_nothing(phone, kind, said):
    receive(phone, message())

    receive(phone, message(kind, said, number=2))

    assert Message.objects.get(wamid="wamid.1").content == {"body": "Hello 1"}
    assert set(Message.objects.get(wamid="wamid.2").content) == {"raw"}


def test_the_owner_edits_and_revokes_in_the_app(phone):
    receive_echo(phone, echo())
    words = {"original_message_id": "wamid.echo.1", "message": {"type": "text", "text": {"body": "New"}}}
    receive_echo(phone, echo("edit", words, number=2))
    assert Message.objects.get(wamid="wamid.echo.1").content == {"body": "New"}

    receive_echo(phone, echo("revoke", {"original_message_id": "wamid.echo.1"}, number=3))

    assert Message.objects.get(wamid="wamid.echo.1").content == {}
    assert names() == ["message.sent"] * 3


def test_a_reaction_names_our_message_and_nothing_waits_to_be_read(phone):
    receive(phone, message())

    for number, (kind, said) in enumerate(
        [
            ("reaction", {"message_id": "wamid.1", "emoji": "👍"}),
            ("edit", {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "x"}}}),
            ("revoke", {"original_message_id": "wamid.1"}),
            ("system", {"type": "customer_identity_changed", "body": "x"}),
        ],
        start=2,
    ):
        receive(phone, message(kind, said, number=number))

    assert Conversation.objects.get().unread_count == 1
    assert Conversation.objects.get().message_count == 5
    row = Message.objects.get(wamid="wamid.1")
    assert Message.objects.get(type="reaction").content["messageId"] == str(row.pk)
    assert int(Conversation.objects.get().last_inbound_at.timestamp()) == int(  # type: ignore[union-attr]
        Message.objects.get(type="revoke").timestamp.timestamp()
    )


def test_somebody_who_changed_the_number_stays_the_same_contact(phone):
    receive(phone, message())
    system = {"type": "user_changed_number", "body": "Ana changed", "wa_id": "222", "user_id": "AR.2"}

    receive(phone, message("system", system, number=2), None)

    contact = Contact.objects.get()
    assert (contact.wa_id, contact.bsuid, contact.identifier) == ("222", "AR.2", BSUID)
    assert ContactAlias.objects.get().identifier == BSUID
    assert names() == ["message.received", "contact.updated", "message.received"]
    assert told()[2][1]["contactReplyTo"] == "222"
    receive(phone, message(number=3) | {"from": "222", "from_user_id": "AR.2"}, None)
    assert Contact.objects.count() == 1


def test_two_chats_of_one_person_become_one_when_meta_says_so(phone):
    receive(phone, message())
    receive(phone, message(number=2) | {"from": "222", "from_user_id": "AR.2"}, None)
    system = {"type": "user_changed_user_id", "user_id": "AR.2"}

    receive(phone, message("system", system, number=3), None)

    conversation = Conversation.objects.get()
    assert (conversation.message_count, conversation.unread_count) == (3, 2)
    assert (conversation.contact.reply_to, conversation.contact.bsuid) == ("222", "AR.2")
    assert told()[-1][1]["conversationId"] == str(conversation.pk)
    assert WA_ID not in str(told()[-1][1])
