"""Customers and a business write to each other through the whole product, with the fake Meta between them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.e2e.product import Browser, Product

pytestmark = pytest.mark.e2e
SECRET = "whsec_my_secret_key_123"
ANA = "16315550123"
PICTURE = b"\xff\xd8\xff\xe0 a picture of ours " + bytes(range(256)) * 400


@dataclass
class Shop:
    """A connected number: its rows here, its ids at Meta, and the receiver of its events."""

    product: Product
    receiver: str
    phone: dict[str, Any]
    made: dict[str, Any]

    @property
    def number(self) -> str:
        return str(self.made["phoneNumberId"])

    def meta(self, path: str, **body: Any) -> Any:
        answer = requests.post(
            f"{self.product.sandbox_url}/_sandbox/{path}",
            json={"phoneNumberId": self.number, **body},
            timeout=30,
        )
        assert answer.ok, answer.text
        return answer.json()

    def chat(self, person: str = ANA, direction: str = "out") -> list[dict[str, Any]]:
        params = {"phoneNumberId": self.number, "with": person, "direction": direction}
        url = f"{self.product.sandbox_url}/_sandbox/messages"
        found: list[dict[str, Any]] = requests.get(url, params=params, timeout=10).json()["data"]
        return found

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(
            method,
            f"{self.product.url}/v1/phones/{self.phone['id']}/{path}",
            headers={"Authorization": f"Bearer {self.product.key}"},
            timeout=30,
            **options,
        )

    def send(self, **body: Any) -> dict[str, Any]:
        answer = self.call("POST", "messages", json=body)
        assert answer.status_code == 201, answer.text
        sent: dict[str, Any] = answer.json()["data"]
        return sent

    def events(self, name: str) -> list[dict[str, Any]]:
        """The data of the events of that name that were received, oldest first."""
        bodies = [json.loads(one["body"]) for one in self.product.received(self.receiver, 0)]
        return [body["data"] for body in reversed(bodies) if body["event"] == name]

    def heard(self, name: str, **wanted: Any) -> dict[str, Any]:
        """The first event of that name with these data, once it is there."""

        def found() -> list[dict[str, Any]]:
            return [data for data in self.events(name) if wanted.items() <= data.items()]

        self.product.until(lambda: bool(found()))
        return found()[0]


@pytest.fixture(scope="module", params=["product", "embedded"])
def whole(request: pytest.FixtureRequest) -> Iterator[Product]:
    """The product in each of its forms, its callback known to the fake Meta."""
    product: Product = request.getfixturevalue(request.param)
    url = f"{product.sandbox_url}/_sandbox/app"
    before = requests.get(url, timeout=10).json()["callback_url"]
    told = {"callbackUrl": f"{product.url}/webhook/meta", "verifyToken": "sandbox-verify-token"}
    assert requests.post(url, json=told, timeout=10).ok
    yield product
    requests.post(url, json={"callbackUrl": before}, timeout=10)


def connect(product: Product, choice: str = "success") -> Shop:
    receiver = f"messages-{uuid.uuid4().hex[:8]}"
    mode = {"mode": "coexistence"} if choice == "coexistence" else {}
    link = product.make_link(
        webhookUrl=product.receiver(receiver, SECRET), webhookSecret=SECRET, webhookEvents=["*"], **mode
    )
    made = product.sign_up(choice)
    Browser(link, str(uuid.uuid4())).bring(made)
    link = product.completed(link["id"])
    (phone,) = [one for one in product.api("GET", "phones?limit=100") if one["id"] == link["phoneNumberId"]]
    return Shop(product, receiver, phone, {**made, "phoneNumberId": phone["phoneNumberId"]})


@pytest.fixture(scope="module")
def shop(whole: Product) -> Shop:
    return connect(whole)


def test_a_customer_writes_and_is_answered(shop: Shop) -> None:
    shop.meta("messages", text="Are you open?", name="Ana Ruiz", times=3)
    asked = shop.heard("message.received", type="text")

    sent = shop.send(type="text", to=asked["contactReplyTo"], text="Until nine", replyTo=asked["messageId"])

    shop.heard("message.status_updated", messageId=sent["messageId"], status="read")
    (answer,) = shop.chat()
    assert (asked["content"], asked["contactName"]) == ({"body": "Are you open?"}, "Ana Ruiz")
    assert answer["content"]["body"] == "Until nine"
    assert answer["context"]["message_id"] == asked["wamid"]
    assert sent["wamid"] == answer["wamid"]
    assert len(shop.events("message.received")) == 1
    assert [data["messageId"] for data in shop.events("message.sent")] == [sent["messageId"]]


def test_who_hides_the_number_is_answered_all_the_same(shop: Shop) -> None:
    wrote = shop.meta("messages", sender="5491155551234", isHidden=True, text="Guess who")
    asked = shop.heard("message.received", businessScopedUserId=wrote["userId"])

    shop.send(type="text", to=asked["contactReplyTo"], text="Nobody knows")

    (answer,) = shop.chat("5491155551234")
    assert (asked["contactPhone"], asked["contactIdentifier"]) == (None, wrote["userId"])
    assert answer["body"]["recipient"] == wrote["userId"]


def test_files_go_both_ways(shop: Shop) -> None:
    shop.meta("messages", type="image", sender="16315550124", caption="Look")
    content = shop.heard("message.received", type="image")["content"]

    theirs = shop.call("GET", f"media/{content['mediaId']}")
    upload = shop.call("POST", "media", files={"file": ("menu.jpg", PICTURE, "image/jpeg")})
    shop.send(type="image", to="16315550124", mediaId=upload.json()["data"]["id"], caption="Menu")

    (answer,) = shop.chat("16315550124")
    media = f"/chat/{shop.number}/files/{answer['content']['id']}"
    assert theirs.content.startswith(b"\xff\xd8\xff")
    assert theirs.headers["Content-Type"] == "image/jpeg"
    assert requests.get(shop.product.sandbox_url + media, timeout=10).content == PICTURE


def test_a_message_is_marked_read(shop: Shop) -> None:
    shop.meta("messages", sender="16315550125", text="Hello?")
    asked = shop.heard("message.received", waId="16315550125")

    answer = shop.call("POST", f"messages/{asked['messageId']}/read", json={"typing": True})

    (message,) = shop.chat("16315550125", "in")
    assert answer.ok, answer.text
    assert (message["isRead"], message["isTyping"]) == (True, True)


def test_a_refusal_and_a_failure_are_told(shop: Shop) -> None:
    refused = shop.call("POST", "messages", json={"type": "text", "to": "15550131047", "text": "Hello"})
    sent = shop.send(type="text", to="15551131026", text="Hello")

    failed = shop.heard("message.status_updated", messageId=sent["messageId"], status="failed")
    assert refused.status_code == 422
    assert refused.json()["error"]["meta"]["code"] == 131047
    assert str(failed["error"]["code"]) == "131026"


def test_a_message_whose_answer_was_lost_is_found_by_its_status(shop: Shop) -> None:
    sent = shop.send(type="text", to="15559000009", text="Once")

    shop.heard("message.status_updated", messageId=sent["messageId"], status="read")

    (message,) = shop.chat("15559000009")
    told = shop.call("GET", f"messages/{sent['messageId']}").json()["data"]
    assert (sent["status"], sent["wamid"]) == ("pending", None)
    assert (told["wamid"], told["status"]) == (message["wamid"], "read")


def test_a_template_is_approved_and_sent(shop: Shop) -> None:
    waba = shop.phone["wabaId"]
    body = {"type": "BODY", "text": "Hello {{1}}, welcome.", "example": {"body_text": [["Ana"]]}}
    made = {"name": "hello_there", "language": "en_US", "category": "UTILITY", "components": [body]}
    shop.product.api("POST", f"wabas/{waba}/templates", made)
    shop.heard("template.status_updated", templateName="hello_there", status="APPROVED")

    shop.send(
        type="template",
        to="16315550126",
        templateName="hello_there",
        languageCode="en_US",
        parameters={"body": ["Ana"]},
    )

    (message,) = shop.chat("16315550126")
    assert message["content"]["name"] == "hello_there"


def test_the_owners_own_messages_and_the_chats_of_before_are_there(whole: Product) -> None:
    shop = connect(whole, "coexistence")
    shop.meta("echoes", to=ANA, text="From my phone")
    echo = shop.heard("message.sent", type="text")
    shop.meta("history", threads=3, messages=20, chunks=3)

    def conversations() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = shop.call("GET", "conversations").json()["data"]
        return found

    shop.product.until(lambda: len(conversations()) >= 4)
    latest = {one["id"]: one for one in conversations()}
    assert latest[echo["conversationId"]]["unreadCount"] == 0
    assert shop.events("message.received") == []
    assert len(shop.events("message.sent")) == 1
