"""Meta in front of the product: a connected number, what Meta sends of it, and what became of that."""

import json
import socket
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

import pytest
import requests

from tests.faults.report import summed
from tests.faults.rig import Endpoint, Rig, Tenant, until
from tests.meta_events.world import body_of, signature

PROPERTY = "incoming row"
HEADINGS = ("fault", "messages answered 200", "stored", "told", "missing", "told twice", "seconds")
STORED = "SELECT wamid FROM inbox_message WHERE phone_id = %s AND direction = 'inbound'"
TOLD = """
    SELECT convert_from(body, 'UTF8')::jsonb #>> '{data,wamid}' FROM webhooks_event
    WHERE organization_id = %s AND name = 'message.received'
"""
# Of what is handled: not yet, or again later.
OPEN = "SELECT count(*) FROM meta_events_change WHERE due_at IS NOT NULL AND meta_phone_number_id = %s"
UNSPLIT = "SELECT count(*) FROM meta_events_notification WHERE split_at IS NULL"


@dataclass(frozen=True)
class Answer:
    """What Meta was answered, and the seconds until then."""

    status: int
    seconds: float


@dataclass(frozen=True)
class Row:
    """`told`: messages of which an event came to the receiver. `twice`: events of them beside the first."""

    fault: str
    answered: int
    stored: int
    told: int
    missing: int
    twice: int
    seconds: float


@dataclass
class Number:
    """A number at Meta, of a customer with one endpoint. Where it is not `connected`, it is not ours yet."""

    rig: Rig
    tenant: Tenant
    item: pytest.Item
    begun: float
    endpoint: Endpoint
    meta_waba_id: str
    meta_id: str
    id: str = ""
    serial: "count[int]" = field(default_factory=lambda: count(1))
    answered: set[str] = field(default_factory=set)

    def connect(self) -> None:
        self.id = self.tenant.order("number", meta_waba_id=self.meta_waba_id, meta_id=self.meta_id)

    # -- what Meta writes -----------------------------------------------------------------------------

    def message(self, **said: Any) -> dict[str, Any]:
        number = next(self.serial)
        return {
            "from": f"54911{number % 20:08}",
            "id": f"wamid.{self.meta_id}.{number}",
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": "¿Llega hoy? 😀"},
        } | said

    def change(self, *messages: Any, **value: Any) -> dict[str, Any]:
        metadata = {"display_phone_number": "15550783881", "phone_number_id": self.meta_id}
        listed = {"messages": list(messages)} if messages else {}
        return {"field": "messages", "value": {"metadata": metadata} | listed | value}

    def body(self, *changes: Any) -> bytes:
        return body_of({"id": self.meta_waba_id, "changes": list(changes)})

    # -- and sends --------------------------------------------------------------------------------------

    def post(self, body: bytes, *, wamids: Iterable[str] = (), **headers: str) -> Answer:
        """One POST; the messages in it are counted when it is answered 200."""
        began = time.monotonic()
        given = {"X-Hub-Signature-256": signature(body), "Content-Type": "application/json"} | headers
        url = f"{self.rig.product.url}/webhook/meta"
        status = requests.post(url, data=body, headers=given, timeout=30).status_code
        if status == 200:
            self.answered.update(wamids)
        return Answer(status, time.monotonic() - began)

    def send(self, number: int = 1) -> list[Answer]:
        """So many messages, a POST each, one after the other."""
        return [self.sent(self.message()) for _ in range(number)]

    def sent(self, *messages: dict[str, Any]) -> Answer:
        return self.post(self.body(self.change(*messages)), wamids=[one["id"] for one in messages])

    def at_pace(self, rate: float, seconds: float) -> list[Answer]:
        """Messages at a pace, whoever is slow."""
        began, bodies = time.monotonic(), [self.message() for _ in range(int(rate * seconds))]

        def at_its_time(place: int) -> Answer:
            time.sleep(max(0.0, began + place / rate - time.monotonic()))
            return self.sent(bodies[place])

        with ThreadPoolExecutor(32) as senders:
            return list(senders.map(at_its_time, range(len(bodies))))

    def raw(self, request: bytes, *, slowly: float = 0.0, goes_away: bool = False) -> bytes:
        """Bytes as they are, `slowly` seconds between pieces; what came back before the connection ended."""
        with socket.create_connection(("localhost", self.rig.product.web_port), timeout=10) as connection:
            for place in range(0, len(request), 64 if slowly else len(request)):
                connection.sendall(request[place : place + 64] if slowly else request)
                time.sleep(slowly)
            if goes_away:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while part := connection.recv(4096):
                    answer += part
            except (TimeoutError, ConnectionResetError):
                return answer
        return answer

    # -- what became of it ------------------------------------------------------------------------------

    def stored(self) -> set[str]:
        return {wamid for (wamid,) in self.rig.rows(STORED, self.id)} if self.id else set()

    def told(self) -> Counter[str]:
        """Events by the message that they tell of."""
        return Counter(wamid for (wamid,) in self.rig.rows(TOLD, self.tenant.organization))

    def came(self) -> set[str]:
        """Messages of which the receiver was told."""
        bodies = [json.loads(arrival.body) for arrival in self.rig.sink.came(self.endpoint.path)]
        return {body["data"]["wamid"] for body in bodies if body["event"] == "message.received"}

    def states(self) -> Counter[str]:
        statement = "SELECT status FROM meta_events_change WHERE meta_phone_number_id = %s"
        return Counter(status for (status,) in self.rig.rows(statement, self.meta_id))

    def is_at_rest(self) -> bool:
        is_split = not self.rig.rows(UNSPLIT)[0][0]
        return is_split and not self.rig.rows(OPEN, self.meta_id)[0][0]

    def handled(self, seconds: float = 45.0) -> None:
        until(self.is_at_rest, seconds, every=0.05)

    def row(self, fault: str) -> Row:
        """Waits until all is handled and told, then holds: nothing is lost, and nobody is told twice."""
        self.handled()
        until(lambda: self.came() >= self.answered, every=0.1)
        told = self.told()
        row = Row(
            fault=fault,
            answered=len(self.answered),
            stored=len(self.stored() & self.answered),
            told=len(self.came() & self.answered),
            missing=len(self.answered - (self.came() & self.stored())),
            twice=sum(times - 1 for times in told.values()),
            seconds=round(time.monotonic() - self.begun, 1),
        )
        self.item.user_properties.append((PROPERTY, asdict(row)))
        assert (row.missing, row.twice) == (0, 0), row
        return row


def number_of(rig: Rig, tenant: Tenant, item: pytest.Item) -> Number:
    """Not connected yet, and of ids that no other test has."""
    digits = str(uuid.uuid4().int)
    return Number(
        rig,
        tenant,
        item,
        time.monotonic(),
        tenant.endpoint(),
        meta_waba_id=digits[:15],
        meta_id=digits[15:30],
    )


def lines(rows: list[dict[str, object]]) -> list[str]:
    return summed(HEADINGS, rows)
