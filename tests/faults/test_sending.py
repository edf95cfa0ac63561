"""Messages on their way to Meta while senders die, Meta limits or breaks, and the broker is gone.

The request's own try under each kill stands in test_idempotency_messages.
"""

import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.e2e.product import Browser
from tests.faults.rig import Rig, until

pytestmark = pytest.mark.e2e
# A sender's own: how long Meta may take, and how long a dead one's message waits, in seconds.
QUICK = {"META_REQUEST_TIMEOUT": "2", "MESSAGE_LEASE_SECONDS": "2", "MESSAGE_BACKOFF_SECONDS": "0.5,1,2"}
LOOP_SECONDS, KILL_EVERY = 12.0, 1.5


@dataclass
class Number:
    """A connected number, whose messages a worker sends."""

    rig: Rig
    phone_id: str
    meta_id: str

    def hold(self, seconds: float) -> None:
        """As after a limit of Meta's: what is given now is stored, and sent by a worker later."""
        statement = (
            "INSERT INTO inbox_sendinglane (phone_id, paused_until) VALUES (%s, now() + %s * interval '1 s')"
            " ON CONFLICT (phone_id) DO UPDATE SET paused_until = excluded.paused_until"
        )
        self.rig.change(statement, self.phone_id, seconds)

    def send(self, to: str, text: str) -> dict[str, Any]:
        answer = requests.post(
            f"{self.rig.product.url}/v1/phones/{self.phone_id}/messages",
            json={"type": "text", "to": to, "text": text},
            headers={"Authorization": f"Bearer {self.rig.product.key}"},
            timeout=20,
        )
        assert answer.status_code == 201, answer.text
        sent: dict[str, Any] = answer.json()["data"]
        return sent

    def came(self, to: str) -> list[str]:
        """The texts that came to somebody, in the order in which Meta got them."""
        url = f"{self.rig.product.sandbox_url}/_sandbox/messages"
        found = requests.get(url, params={"phoneNumberId": self.meta_id, "with": to}, timeout=10).json()[
            "data"
        ]
        return [one["content"]["body"] for one in found if one["direction"] == "out"]

    def status(self, sent: dict[str, Any]) -> str:
        return str(self.rig.rows("SELECT status FROM inbox_message WHERE id = %s", sent["messageId"])[0][0])

    def waiting(self) -> int:
        """What is not at its end, whatever that is."""
        statement = "SELECT count(*) FROM inbox_outboxentry WHERE phone_id = %s AND finished_at IS NULL"
        return int(self.rig.rows(statement, self.phone_id)[0][0])

    def called(self) -> int:
        statement = (
            "SELECT count(*) FROM inbox_outboxentry WHERE called_at IS NOT NULL AND finished_at IS NULL"
        )
        return int(self.rig.rows(statement)[0][0])

    def meta(self, path: str, **body: Any) -> None:
        requests.post(
            f"{self.rig.product.sandbox_url}/_sandbox/{path}", json=body, timeout=10
        ).raise_for_status()


@pytest.fixture(scope="module")
def connected(running: Rig) -> tuple[str, str]:
    running.restore()
    product = running.product
    told = {"callbackUrl": f"{product.url}/webhook/meta", "verifyToken": "sandbox-verify-token"}
    requests.post(f"{product.sandbox_url}/_sandbox/app", json=told, timeout=10).raise_for_status()
    link = product.make_link()
    Browser(link, str(uuid4())).bring(product.sign_up())
    phone = product.api("GET", f"phones/{product.completed(link['id'])['phoneNumberId']}")
    return phone["id"], phone["phoneNumberId"]


@pytest.fixture
def number(rig: Rig, connected: tuple[str, str]) -> Iterator[Number]:
    """One sender, in a process of its own; the others' worker takes no messages."""
    rig.product.kill("worker-signups")
    rig.product.worker("signups", "8", "signup,maintenance")
    start_sender(rig)
    made = Number(rig, *connected)
    made.hold(0.2)
    first = made.send(somebody(), "The sender is there.")
    until(lambda: made.status(first) != "pending")
    yield made
    rig.product.clear_scenarios()
    for name in [name for name in rig.product.processes if name.startswith("worker-sender")]:
        rig.product.kill(name)
    rig.product.kill("worker-signups")
    rig.product.start_worker()


def start_sender(rig: Rig, name: str = "sender", **settings: str) -> None:
    common = rig.product.settings
    rig.product.settings = common | QUICK | settings
    rig.product.worker(name, "2", "messages")
    rig.product.settings = common


def somebody() -> str:
    return f"54911{random.randint(10**7, 10**8 - 1)}"


def test_a_sender_killed_while_meta_sends_sends_nothing_twice_and_the_next_goes(number: Number) -> None:
    to = somebody()
    number.rig.product.scenario("hang", target=number.meta_id, seconds=3, times=1)
    number.hold(1)
    first, second = number.send(to, "one"), number.send(to, "two")
    until(lambda: number.called() and number.came(to))

    number.rig.product.kill("worker-sender")
    start_sender(number.rig)

    until(lambda: number.waiting() == 0)
    until(lambda: {number.status(first), number.status(second)} <= {"sent", "delivered", "read"})
    assert (first["status"], second["status"]) == ("pending", "pending")
    assert number.came(to) == ["one", "two"]


def test_a_meta_that_hangs_holds_up_nobody_else(number: Number) -> None:
    slow, other = somebody(), somebody()
    number.rig.product.scenario("hang", target=number.meta_id, seconds=10, match={"to": slow}, times=1)
    number.hold(0.5)
    number.send(slow, "one")
    quick = number.send(other, "two")

    until(lambda: number.status(quick) != "pending", 3)
    until(lambda: number.waiting() == 0)

    assert (number.came(slow), number.came(other)) == (["one"], ["two"])


def test_an_answer_that_is_none_of_metas_is_unknown_and_never_sent_again(number: Number) -> None:
    to = somebody()
    number.rig.product.scenario("graph_down", how="html", call="send_message", target=number.meta_id, times=1)
    number.hold(0.5)
    first, second = number.send(to, "one"), number.send(to, "two")

    until(lambda: number.status(second) != "pending" and number.waiting() == 0)
    # As long as anybody would take to try again.
    time.sleep(3)

    assert number.status(first) == "pending"
    assert number.came(to) == ["two"]


@pytest.mark.parametrize("code", [131016, 130429])
def test_what_meta_puts_off_is_sent_in_the_end_and_once(number: Number, code: int) -> None:
    to = somebody()
    number.rig.product.scenario("error", code=code, call="send_message", target=number.meta_id, times=3)
    number.hold(0.5)
    sent = [number.send(to, str(one)) for one in range(3)]

    until(lambda: all(number.status(one) != "pending" for one in sent))

    assert number.came(to) == ["0", "1", "2"]


def test_more_than_meta_takes_in_a_second_all_comes(number: Number) -> None:
    people = [somebody() for _ in range(60)]
    number.meta("messaging", throughput=15)
    number.hold(3)
    for to in people:
        number.send(to, "hello")

    try:
        until(lambda: number.waiting() == 0)
    finally:
        number.meta("messaging", throughput=None)

    assert [number.came(to) for to in people] == [["hello"]] * len(people)


def test_without_a_broker_a_request_sends_by_itself_and_a_worker_finds_the_rest(number: Number) -> None:
    start_sender(number.rig, "sender-alone", SELF_SWEEP_SECONDS="1")
    at_once, later = somebody(), somebody()
    number.rig.redis.stop()
    began = time.monotonic()

    prompt = number.send(at_once, "one")
    took = time.monotonic() - began
    number.hold(1)
    held = number.send(later, "two")

    until(lambda: number.status(held) != "pending")
    assert (prompt["status"], held["status"]) == ("sent", "pending")
    assert took < 5
    assert (number.came(at_once), number.came(later)) == (["one"], ["two"])


def test_order_holds_and_nothing_is_sent_twice_while_senders_die_in_turn(
    number: Number, request: pytest.FixtureRequest
) -> None:
    names = ["sender", "sender-2", "sender-3"]
    for name in names[1:]:
        start_sender(number.rig, name)
    number.rig.product.scenario("slow", ms=150, call="send_message", target=number.meta_id)
    people = [somebody() for _ in range(8)]
    sent: list[dict[str, Any]] = []
    ends, next_kill, kills, order = time.monotonic() + LOOP_SECONDS, 0.0, 0, itertools.count()
    while time.monotonic() < ends:
        number.hold(0.2)
        text = f"{next(order):04}"
        sent += [number.send(to, text) for to in people]
        if time.monotonic() > next_kill:
            name = random.choice(names)
            number.rig.product.kill(f"worker-{name}")
            start_sender(number.rig, name)
            next_kill, kills = time.monotonic() + KILL_EVERY, kills + 1

    until(lambda: number.waiting() == 0, 120, every=0.2)
    # What became of the last calls is told by Meta's statuses.
    time.sleep(2)

    came = {to: number.came(to) for to in people}
    unknown = sum(number.status(one) == "pending" for one in sent)
    arrived = sum(map(len, came.values()))
    told = f"{len(sent)} messages, {kills} kills: {arrived} came, {unknown} of unknown outcome"
    request.node.user_properties.append(("sending", told))
    assert all(one < two for texts in came.values() for one, two in pairwise(texts))
    assert arrived == len(sent) - unknown
    # At most what was between two instructions of a killed process.
    assert unknown <= kills
