"""Everybody at once: API clients, Meta, end-users; each at a pace, and each failure kept."""

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import requests

from tests.e2e.product import Browser, Product
from tests.meta_events.world import body_of, signature


@dataclass
class Load:
    """`product`: as clients reach it. `phone`: a connected number of it; `meta`: the sandbox's ids of it."""

    product: Product
    phone: str
    meta: dict[str, Any]
    failures: list[str] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)
    messages: set[str] = field(default_factory=set)
    notified: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    signups: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    serial: "count[int]" = field(default_factory=lambda: count(1))

    def begin(self, **rates: float) -> None:
        """Begins what is named, so often a second."""
        for name, rate in rates.items():
            act: Callable[[requests.Session], None] = getattr(self, name)
            self.threads.append(threading.Thread(target=self.at_pace, args=(act, rate)))
            self.threads[-1].start()

    def end(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def at_pace(self, act: Callable[[requests.Session], None], rate: float) -> None:
        begun = time.monotonic()
        with requests.Session() as session:
            for number in count():
                if self.stopping.wait(max(0.0, begun + number / rate - time.monotonic())):
                    return
                try:
                    act(session)
                except (requests.RequestException, AssertionError) as failure:
                    self.failures.append(f"{act.__name__}: {type(failure).__name__} {failure}"[:300])
                self.made[act.__name__] += 1

    def call(self, session: requests.Session, method: str, path: str, expected: int, body: Any = None) -> Any:
        answer = session.request(
            method,
            f"{self.product.url}/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.product.key}"},
            timeout=60,
        )
        assert answer.status_code == expected, f"{answer.status_code} {answer.text[:200]}"
        return answer.json()["data"]

    # -- who does what -------------------------------------------------------------------------------------

    def reads(self, session: requests.Session) -> None:
        paths = ("onboarding-links?limit=20", f"phones/{self.phone}/health", "phones", "outgoing-webhooks")
        self.call(session, "GET", paths[next(self.serial) % len(paths)], 200)

    def link_creations(self, session: requests.Session) -> None:
        made = self.call(session, "POST", "onboarding-links", 201, {"name": f"Drill {uuid.uuid4()}"})
        self.links.append(made["id"])

    def message_sends(self, session: requests.Session) -> None:
        number = next(self.serial)
        text = f"drill {number}"
        body = {"type": "text", "to": f"54911{number % 500:08}", "text": text}
        self.call(session, "POST", f"phones/{self.phone}/messages", 201, body)
        self.messages.add(text)

    def notifications(self, session: requests.Session) -> None:
        """Meta tells of one message, and counts it when it is answered 200."""
        number = next(self.serial)
        wamid = f"wamid.drill.{uuid.uuid4()}"
        message = {
            "from": f"54922{number % 50:08}",
            "id": wamid,
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": "¿Llega hoy?"},
        }
        metadata = {"display_phone_number": "15550783881", "phone_number_id": self.meta["phoneNumberId"]}
        change = {"field": "messages", "value": {"metadata": metadata, "messages": [message]}}
        body = body_of({"id": self.meta["wabaId"], "changes": [change]})
        headers = {"X-Hub-Signature-256": signature(body), "Content-Type": "application/json"}
        answer = session.post(f"{self.product.url}/webhook/meta", data=body, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.status_code
        self.notified.add(wamid)

    def whole_signups(self, session: requests.Session) -> None:
        link = self.call(session, "POST", "onboarding-links", 201, {"name": "Drill signup"})
        Browser(link, str(uuid.uuid4())).bring(self.product.sign_up())
        self.signups.append(link["id"])


def events_of(bodies: list[bytes], name: str) -> list[dict[str, Any]]:
    """The data of the events of that name."""
    found = [json.loads(body) for body in bodies]
    return [body["data"] for body in found if body["event"] == name]
