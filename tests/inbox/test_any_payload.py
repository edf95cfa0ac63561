"""Whatever Meta sends, of any shape: it is taken in whole, or refused in one of two ways."""

import json
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from inbox import receiving
from inbox.models import Contact, Conversation, Message
from inbox.receiving import TooEarlyError, UnreadableError
from tests.inbox.test_history import entry, old, thread
from tests.inbox.test_people import UPDATE
from tests.inbox.world import ANA, AT, BSUID, WA_ID, echo, message, sent_message, status
from webhooks.models import Event

pytestmark = pytest.mark.django_db
often = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# What databases, parsers and our own reading stumble over.
ODD: list[Any] = [
    None, True, False, 0, -1, 5.5, 2**63, 10**400, float("nan"), float("inf"), "", " ", "\x00", "a\x00b",
    "\ud800", "é" * 300, "x" * 70_000, "1" * 400, "٣", "-5", "99999999999999", "wamid.1", "wamid.out", WA_ID,
    BSUID, [], {}, [[]], [{}], {"": {}}, {"\x00": "\ud800"}, [None], {"id": "wamid.1"}, b"".decode(),
]  # fmt: skip
TYPES = [
    "text", "image", "video", "document", "audio", "sticker", "location", "contacts", "reaction", "button",
    "interactive", "order", "system", "edit", "revoke", "unsupported", "media_placeholder", "other",
]  # fmt: skip
ITEMS = [
    message(),
    message("image", {"id": "1", "mime_type": "image/png", "sha256": "x", "caption": "c"}),
    message("location", {"latitude": 1, "longitude": 2}),
    message("contacts", [{"name": {"formatted_name": "Bo"}}]),
    message("reaction", {"message_id": "wamid.1", "emoji": "x"}, number=2),
    message("interactive", {"type": "list_reply", "list_reply": {"id": "1"}}, number=3),
    message("system", {"type": "user_changed_number", "wa_id": "222", "user_id": "AR.2"}, number=4),
    message("edit", {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "x"}}}),
    message("revoke", {"original_message_id": "wamid.1"}, number=6),
    message(errors=[{"code": 1, "error_data": {"details": "x"}}], context={"id": "w", "forwarded": True}),
    message(referral={"source_url": "x"}, group_id="g"),
]
ECHOES = [
    echo(),
    echo("edit", {"original_message_id": "wamid.echo.1", "message": {"type": "text"}}, number=2),
    echo(number=3) | {"to": None},
]
STATUSES = [
    status("read"),
    status("failed", errors=[{"code": 1}]),
    status("sent", biz_opaque_callback_data="x", recipient_user_id=BSUID, recipient_type="group"),
]
VALUES = [
    {"history": [{"threads": [thread(old(1), old(2, kind="media_placeholder"), old(3, is_ours=True))]}]},
    {"history": [{"errors": [{"code": 2593109}]}]},
    {"messages": [old(2, kind="image", said={"id": "5"})], "message_echoes": [old(4, is_ours=True)]},
    {"state_sync": [entry(), entry("remove"), entry(user_id=BSUID, username="ana")]},
]
PREFERENCE = {
    "wa_id": WA_ID, "user_id": BSUID, "category": "marketing_messages", "value": "stop", "timestamp": 1,
}  # fmt: skip
anything = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=20) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, inner in inside for place in places(inner, (*way, key)))]


@st.composite
def spoilt(draw: st.DrawFn, of: list[Any]) -> Any:
    """One of `of` with up to three of its values replaced by whatever."""
    value = deepcopy(draw(st.sampled_from(of)))
    for _ in range(draw(st.integers(0, 3))):
        way = draw(st.sampled_from(places(value)[1:] or [()]))
        if not way:
            return draw(st.dictionaries(st.text(max_size=8), anything, max_size=4))
        holder = value
        for key in way[:-1]:
            holder = holder[key]
        holder[way[-1]] = draw(st.sampled_from(TYPES) if way[-1] == "type" else anything.map(deepcopy))
    return value


def survives(receive: Any, **given: Any) -> None:
    """As a handler calls it: in a transaction that ends with it. Nothing is stored of what is refused."""
    writes: list[str] = []

    def note(execute: Any, statement: str, *more: Any) -> Any:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            writes.append(statement)
        return execute(statement, *more)

    try:
        with transaction.atomic(), connection.execute_wrapper(note):
            receive(at=AT, **given)
    except (UnreadableError, TooEarlyError):
        assert writes == []
    check()


def check() -> None:
    """What is stored fits together, and every database and parser can read it."""
    counts = {row.pk: row.messages.count() for row in Conversation.objects.all()}
    assert {row.pk: row.message_count for row in Conversation.objects.all()} == counts
    assert not Message.objects.exclude(conversation__contact__phone=connection_phone()).exists()
    for contact in Contact.objects.all():
        assert contact.identifier
        assert contact.reply_to
    for body in Event.objects.values_list("body", flat=True):
        json.loads(bytes(body).decode())


def connection_phone() -> Any:
    return Message.objects.values("phone")[:1]


@pytest.fixture
def inbox(phone: Any) -> Any:
    sent_message(phone)
    Conversation.objects.update(message_count=1)
    return phone


@often
@given(item=spoilt(ITEMS), beside=st.none() | spoilt([ANA]))
@example(item=message(number=7) | {"from": None, "from_user_id": None}, beside=None)
def test_any_message(inbox: Any, item: Any, beside: Any) -> None:
    survives(receiving.receive_message, phone=inbox, item=item, contact=beside)


@often
@given(item=spoilt(STATUSES))
def test_any_status(inbox: Any, item: Any) -> None:
    survives(receiving.receive_status, phone=inbox, item=item)


@often
@given(item=spoilt(ECHOES))
def test_any_echo(inbox: Any, item: Any) -> None:
    survives(receiving.receive_echo, phone=inbox, item=item)


@often
@given(value=spoilt(VALUES))
def test_any_history_and_any_address_book(inbox: Any, value: Any) -> None:
    survives(receiving.receive_history, phone=inbox, value=value)
    survives(receiving.receive_state_sync, phone=inbox, value=value)


@often
@given(item=spoilt([UPDATE]))
def test_any_new_id(inbox: Any, item: Any) -> None:
    survives(receiving.receive_user_id_update, phone=inbox, item=item)


@often
@given(item=spoilt([PREFERENCE]))
def test_any_preference(inbox: Any, item: Any) -> None:
    survives(receiving.receive_preference, phone=inbox, item=item)


@often
@given(said=st.lists(spoilt([*ITEMS, *ECHOES]), min_size=2, max_size=6), data=st.data())
def test_any_messages_in_any_order_fit_together(inbox: Any, said: list[Any], data: st.DataObject) -> None:
    for item in data.draw(st.permutations(said)):
        survives(receiving.receive_message, phone=inbox, item=item, contact=ANA)
        survives(receiving.receive_echo, phone=inbox, item=item)


def test_the_odd_values_reach_the_database(inbox: Any) -> None:
    """Without this the claims above might hold because everything is refused."""
    for number, odd in enumerate(ODD):
        item = message("other", odd, number=number) | {"context": odd, "referral": odd, "errors": [odd]}
        survives(receiving.receive_message, phone=inbox, item=item, contact=ANA)

    assert Message.objects.filter(type="other").count() == len(ODD)
    assert connection.vendor in {"postgresql", "sqlite"}
