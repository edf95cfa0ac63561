"""The real product and the sandbox around the inbox's page: customers who write, links, pictures."""

import base64
import itertools
import struct
import time
import uuid
import zlib
from dataclasses import dataclass, field
from typing import Any

import requests
from playwright.sync_api import Locator, Page, expect

from tests.e2e.product import Browser, Product
from tests.shared_inbox.conftest import ALL

PATIENCE = 15_000
NEWS = 9_000  # ms in which what happened elsewhere has to be in sight: two rounds of asking


def picture(width: int = 320, height: int = 240) -> bytes:
    """A PNG."""
    row = b"\0" + bytes(part for x in range(width) for part in (x % 256, 120, 90))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


# Made at once: the page's list of templates may be a minute old.
TRACK = {"type": "URL", "text": "Track", "url": "https://acme.test/{{1}}", "example": ["https://acme.test/1"]}
TEMPLATES: dict[str, list[dict[str, Any]]] = {
    "welcome_back": [{"type": "BODY", "text": "Welcome back to our shop."}],
    "order_left": [
        {"type": "BODY", "text": "Hello {{1}}, order {{2}} left.", "example": {"body_text": [["A", "1"]]}},
        {"type": "BUTTONS", "buttons": [TRACK]},
    ],
}


@dataclass
class Inbox:
    """One phone's inbox. Each customer has a number of its own."""

    product: Product
    phone: dict[str, Any]
    numbers: Any = field(default_factory=lambda: itertools.count(16315550000 + int(time.time()) % 1000 * 100))

    def number(self) -> str:
        return str(next(self.numbers))

    def write(self, number: str, type_: str = "text", **options: Any) -> dict[str, Any]:
        """A customer writes. Returns the sandbox's answer; `file` in bytes."""
        if isinstance(options.get("file"), bytes):
            options["file"] = base64.b64encode(options["file"]).decode()
        body = {"phoneNumberId": self.phone["phoneNumberId"], "type": type_, "sender": number, **options}
        answer = requests.post(f"{self.product.sandbox_url}/_sandbox/messages", json=body, timeout=60)
        assert answer.ok, answer.text
        written: dict[str, Any] = answer.json()
        assert set(written["statuses"]) == {200}
        return written

    def chat(self, number: str, direction: str = "out") -> list[dict[str, Any]]:
        """What is in the customer's chat, oldest first; `out` is what came from the page."""
        query = {"phoneNumberId": self.phone["phoneNumberId"], "with": number, "direction": direction}
        answer = requests.get(f"{self.product.sandbox_url}/_sandbox/messages", params=query, timeout=10)
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    def got(self, number: str, count: int = 1) -> list[dict[str, Any]]:
        """What the customer got, as soon as it is so many."""
        self.product.until(lambda: len(self.chat(number)) >= count)
        return self.chat(number)

    def share(self, *permissions: str, without: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
        given = [name for name in permissions or ALL if name not in without]
        body = {
            "phoneNumberId": self.phone["id"],
            "name": "Support",
            "permissions": dict.fromkeys(given, True),
        }
        link: dict[str, Any] = self.product.api("POST", "shared-inbox-links", body | fields)
        return link

    def change(self, link: dict[str, Any], act: str = "", body: Any = None) -> Any:
        path = f"shared-inbox-links/{link['id']}" + (f"/{act}" if act else "")
        return self.product.api("POST" if act else "PATCH", path, body)

    def make_template(self, name: str, components: list[dict[str, Any]]) -> None:
        waba = self.phone["wabaId"]
        body = {"name": name, "language": "en_US", "category": "UTILITY", "components": components}
        self.product.api("POST", f"wabas/{waba}/templates", body)
        path = f"wabas/{waba}/templates?name={name}&status=APPROVED"
        self.product.until(lambda: bool(self.product.api("GET", path)))


def connected(product: Product) -> Inbox:
    """The inbox of a number that was just connected."""
    link = product.make_link()
    Browser(link, str(uuid.uuid4())).bring(product.sign_up())
    phone_id = product.completed(link["id"])["phoneNumberId"]
    inbox = Inbox(product, product.api("GET", f"phones/{phone_id}"))
    for name, components in TEMPLATES.items():
        inbox.make_template(name, components)
    return inbox


@dataclass
class Desk:
    """Somebody who opened a link, and what is on their page."""

    page: Page
    inbox: Inbox

    def open(self, link: dict[str, Any] | None = None) -> Page:
        self.page.goto((link or self.inbox.share())["publicUrl"])
        return self.page

    def row(self, name: str) -> Locator:
        """The newest of that name."""
        named = self.page.locator(".row-name").get_by_text(name, exact=True)
        return self.page.locator(".row").filter(has=named).first

    def choose(self, name: str) -> None:
        self.row(name).click(timeout=PATIENCE)
        expect(self.page.locator("#thread-name")).to_have_text(name)
        expect(self.page.locator("[data-thread] .older:not([hidden]) .spinner")).to_have_count(0)

    @property
    def text(self) -> Locator:
        return self.page.get_by_label("Write a message")

    def say(self, words: str) -> None:
        self.text.fill(words)
        self.text.press("Enter")

    def bubble(self, words: str) -> Locator:
        return self.page.locator("[data-days] .msg", has_text=words)

    def attach(self, kind: str) -> None:
        self.page.get_by_role("button", name="Attach").click()
        self.page.get_by_role("menuitem", name=kind).click()

    def menu(self, words: str) -> Locator:
        bubble = self.bubble(words).last
        bubble.hover()
        bubble.get_by_role("button", name="What to do with this message").click()
        return self.page.locator("[data-menu=message]")

    def sees(self, words: str) -> None:
        expect(self.bubble(words).last).to_be_visible(timeout=NEWS)

    def sees_state(self, words: str, state: str) -> None:
        mark = self.bubble(words).last.get_by_role("img", name=state, exact=True)
        expect(mark).to_be_visible(timeout=NEWS)

    def sees_end(self) -> None:
        expect(self.page.get_by_role("heading", name="This inbox is not open here")).to_be_visible(
            timeout=NEWS
        )
        assert self.page.locator(".msg, .row").count() == 0
