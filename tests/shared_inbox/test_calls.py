"""The calls of the page's script: each permission with each action, one phone only, each message once."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Conversation, Message
from phones.models import PhoneNumber
from shared_inbox.models import Permission, SharedInboxAction
from tests.graph_server import Answer, GraphCall, GraphServer, graph_server
from tests.inbox.sending.world import sending_phone
from tests.inbox.world import message, receive
from tests.phones.world import healthy_phone, healthy_waba
from tests.shared_inbox.conftest import ALL

pytestmark = pytest.mark.django_db(transaction=True)
P = Permission


@pytest.fixture
def graph(settings: Any) -> Iterator[GraphServer]:
    cache.clear()
    with graph_server() as running:
        running.usual = lambda call: usual(running, call)
        settings.META_GRAPH_URL = running.url
        yield running


def usual(running: GraphServer, call: GraphCall) -> Answer:
    return (200, {"data": []}) if call.node.endswith("message_templates") else running.accept(call)


@pytest.fixture
def phone(organization: Any) -> PhoneNumber:
    found = sending_phone(organization)
    receive(found, message())
    return found


@dataclass
class Page:
    """A browser that opened a link."""

    client: Client
    conversation: Conversation

    def get(self, path: str) -> Any:
        return self.client.get(f"/shared/inbox/{path}")

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(
            f"/shared/inbox/{path}", json.dumps(body or {}), content_type="application/json"
        )

    def send(self, kind: str, said: Any, **more: Any) -> Any:
        body = {"clientKey": str(uuid.uuid4()), "type": kind} | said | more
        return self.post(f"conversations/{self.conversation.pk}/messages", body)


@pytest.fixture
def opened(shared: Any) -> Any:
    def page(*permissions: str) -> Page:
        client = Client()
        client.get(urlsplit(shared(*permissions)["publicUrl"]).path)
        return Page(client, Conversation.objects.get())

    return page


TEXT = {"text": "Hello"}
BUTTONS = {
    "type": "button",
    "body": {"text": "Which?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "One"}}]},
}
SENT = {
    "text": (P.SEND_TEXT, TEXT),
    "reaction": (P.SEND_TEXT, {"reaction": {"wamid": "wamid.1", "emoji": "👍"}}),
    "image": (P.SEND_MEDIA, {"mediaId": "1234567890"}),
    "video": (P.SEND_MEDIA, {"mediaId": "1234567890"}),
    "audio": (P.SEND_MEDIA, {"mediaId": "1234567890"}),
    "document": (P.SEND_MEDIA, {"mediaId": "1234567890", "filename": "a.pdf"}),
    "sticker": (P.SEND_MEDIA, {"mediaId": "1234567890"}),
    "template": (P.SEND_TEMPLATES, {"templateName": "hello", "languageCode": "en"}),
    "location": (P.SEND_ADVANCED, {"location": {"latitude": -34.6, "longitude": -58.4}}),
    "contacts": (P.SEND_ADVANCED, {"contacts": [{"name": {"formatted_name": "Bo"}}]}),
    "interactive": (P.SEND_ADVANCED, {"interactive": BUTTONS}),
}
ACTIONS: dict[str, Any] = {
    "list": (P.READ_INBOX, 200, lambda page: page.get("conversations")),
    "thread": (P.READ_INBOX, 200, lambda page: page.get(f"conversations/{page.conversation.pk}/messages")),
    "news": (P.READ_INBOX, 200, lambda page: page.get(f"news?open={page.conversation.pk}")),
    "contact": (P.READ_DETAILS, 200, lambda page: page.get(f"conversations/{page.conversation.pk}/contact")),
    "read": (P.MARK_READ, 204, lambda page: page.post(f"conversations/{page.conversation.pk}/read")),
    "templates": (P.SEND_TEMPLATES, 200, lambda page: page.get("templates")),
} | {
    kind: (needed, 201, lambda page, kind=kind, said=said: page.send(kind, said))
    for kind, (needed, said) in SENT.items()
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_needs_its_permission_and_no_other_one_brings_it(
    opened: Any, graph: GraphServer, action: str
) -> None:
    needed, status, act = ACTIONS[action]

    refused = act(opened(*(name for name in ALL if name != needed)))
    calls = len(graph.calls)
    allowed = act(opened(needed))

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert calls == 0
    assert allowed.status_code == status, allowed.content
    assert SharedInboxAction.objects.get(kind="refused").details == needed


def test_every_permission_has_an_action_here() -> None:
    assert {needed for needed, _, _ in ACTIONS.values()} == set(Permission)


def test_what_is_sent_goes_to_the_conversations_contact_and_is_written_down(
    opened: Any, graph: GraphServer
) -> None:
    page = opened(P.SEND_TEXT)

    sent = page.send("text", TEXT).json()["data"]

    row = Message.objects.get(pk=sent["id"])
    assert graph.calls[-1].to == page.conversation.contact.reply_to
    assert (row.conversation, row.status) == (page.conversation, "sent")
    done = SharedInboxAction.objects.get(kind="sent")
    assert (done.message, done.details) == (row, "text")


def test_the_same_client_key_is_sent_once(opened: Any, graph: GraphServer) -> None:
    page, key = opened(P.SEND_TEXT), str(uuid.uuid4())

    first, again = (page.send("text", TEXT, clientKey=key).json()["data"] for _ in range(2))

    assert first["id"] == again["id"]
    assert len(graph.calls) == 1
    assert Message.objects.filter(direction="outbound").count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"clientKey": "1"}, "clientKey"),
        ({"to": "5491155559999"}, "to"),
        ({"mediaUrl": "https://example.com/a.png"}, "mediaUrl"),
        ({"text": ""}, "text"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_sent(
    opened: Any, graph: GraphServer, said: Any, field: str
) -> None:
    answer = opened(P.SEND_TEXT).send("text", TEXT | said)

    assert answer.status_code == 400
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]
    assert not graph.calls


def test_metas_no_is_told(opened: Any, graph: GraphServer) -> None:
    error = {"code": 131047, "message": "(#131047) Re-engagement message"}
    graph.plans.append(lambda call: (400, {"error": error}))

    answer = opened(P.SEND_TEXT).send("text", TEXT)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "META_REFUSED")


def test_reading_empties_the_count_and_tells_meta_of_the_newest(
    opened: Any, graph: GraphServer, phone: PhoneNumber
) -> None:
    receive(phone, message(number=2))
    page = opened(P.MARK_READ)

    page.post(f"conversations/{page.conversation.pk}/read")
    page.post(f"conversations/{page.conversation.pk}/read")

    assert [call.body["message_id"] for call in graph.calls] == ["wamid.2"]
    page.conversation.refresh_from_db()
    assert page.conversation.unread_count == 0


def test_what_comes_while_meta_is_told_stays_unread_and_nothing_else(
    opened: Any, graph: GraphServer, phone: PhoneNumber
) -> None:
    receive(phone, message(number=2))
    page = opened(P.MARK_READ)

    def meanwhile(call: GraphCall) -> Answer:
        receive(phone, message(number=3))
        connection.close()
        return usual(graph, call)

    graph.usual = meanwhile
    page.post(f"conversations/{page.conversation.pk}/read")

    page.conversation.refresh_from_db()
    assert page.conversation.unread_count == 1


@pytest.mark.parametrize("path", ["messages", "contact"])
def test_a_conversation_of_another_phone_is_not_found(
    opened: Any, graph: GraphServer, stranger: Any, path: str
) -> None:
    page = opened()
    other = healthy_phone(stranger.organization, healthy_waba(stranger.organization, 2))
    receive(other, message())
    theirs = Conversation.objects.exclude(pk=page.conversation.pk).get()

    assert page.get(f"conversations/{theirs.pk}/{path}").status_code == 404
    assert page.post(f"conversations/{theirs.pk}/read").status_code == 404
    page.conversation = theirs
    assert page.send("text", TEXT).status_code == 404
    assert not graph.calls


def test_without_read_details_a_number_is_its_last_digits(opened: Any, phone: PhoneNumber) -> None:
    page = opened(P.READ_INBOX)
    contact = page.conversation.contact
    contact.name = contact.username = None
    contact.save()

    shown = page.get("conversations").json()["data"][0]

    assert shown["name"] == f"…{contact.wa_id[-4:]}"
    assert contact.wa_id not in json.dumps(page.get(f"news?open={page.conversation.pk}").json())


def test_news_answer_nothing_until_something_changes(opened: Any, phone: PhoneNumber) -> None:
    page = opened(P.READ_INBOX)
    path = f"news?open={page.conversation.pk}"
    first = page.get(path).json()

    quiet = page.get(f"{path}&seen={first['seen']}")
    receive(phone, message(number=2))
    told = page.get(f"{path}&seen={first['seen']}").json()

    assert quiet.status_code == 204
    assert [row["content"]["body"] for row in told["data"]] == ["Hello 2", "Hello 1"]
    assert told["conversations"][0]["unreadCount"] == 2


def edit(page: Any) -> None:
    Message.objects.update(edited_at=timezone.now())


def revoke(page: Any) -> None:
    Message.objects.update(revoked_at=timezone.now())


def fail(page: Any) -> None:
    Message.objects.update(failed_at=timezone.now())


def move_on(page: Any) -> None:
    Message.objects.update(status="read")


def be_read(page: Any) -> None:
    Conversation.objects.update(unread_count=0)


def be_renamed(page: Any) -> None:
    page.conversation.contact.save()


@pytest.mark.parametrize("happens", [edit, revoke, fail, move_on, be_read, be_renamed])
def test_whatever_a_page_shows_is_news_once_it_has_changed(opened: Any, happens: Any) -> None:
    page = opened(P.READ_INBOX)
    path = f"news?open={page.conversation.pk}"
    seen = page.get(path).json()["seen"]

    happens(page)

    assert page.get(f"{path}&seen={seen}").status_code == 200


def test_another_conversation_is_news_at_once(opened: Any) -> None:
    page = opened(P.READ_INBOX)
    seen = page.get(f"news?open={page.conversation.pk}").json()["seen"]

    assert page.get(f"news?seen={seen}").status_code == 200
    assert page.get(f"news?open=nonsense&seen={seen}").status_code == 200


def test_asking_in_vain_costs_three_reads_and_no_line_of_the_log(
    opened: Any, caplog: pytest.LogCaptureFixture
) -> None:
    page = opened(P.READ_INBOX)
    path = f"news?open={page.conversation.pk}"
    seen = page.get(path).json()["seen"]
    caplog.clear()

    with caplog.at_level("INFO"), CaptureQueriesContext(connection) as queries:
        answer = page.get(f"{path}&seen={seen}")

    assert (answer.status_code, len(queries), caplog.text) == (204, 3, "")


def test_a_long_conversation_is_read_back_by_cursors_and_nothing_is_missed(
    opened: Any, phone: PhoneNumber
) -> None:
    for number in range(2, 70):
        receive(phone, message(number=number // 2, id=f"wamid.n{number}"))
    page = opened(P.READ_INBOX)
    found: list[str] = []
    after: str | None = ""

    while after is not None:
        answer = page.get(f"conversations/{page.conversation.pk}/messages?after={after}").json()
        found += [row["id"] for row in answer["data"]]
        after = answer["after"] and answer["after"].replace("+", "%2B")

    newest_first = Message.objects.order_by("-timestamp", "-created_at", "-id").values_list("pk", flat=True)
    assert found == [str(pk) for pk in newest_first]


@pytest.mark.parametrize("after", ["x", "2026-01-15_x", "2026-01-15T10:30:00+00:00_x", "9999_9999"])
def test_a_cursor_that_was_never_ours_is_refused(opened: Any, after: str) -> None:
    page = opened(P.READ_INBOX)

    answer = page.get(f"conversations/{page.conversation.pk}/messages?after={after.replace('+', '%2B')}")

    assert answer.status_code == 400


@pytest.mark.parametrize("search", ["ana", "ANA.D", "5491155", "50000", "+54 911"])
def test_the_search_finds_names_numbers_and_usernames(opened: Any, search: str) -> None:
    page = opened(P.READ_INBOX)

    found = page.get(f"conversations?search={search.replace('+', '%2B')}").json()["data"]

    assert [row["id"] for row in found] == [str(page.conversation.pk)]
    assert page.get("conversations?search=zoe").json()["data"] == []
