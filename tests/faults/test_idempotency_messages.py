"""A process dies while it sends a message under an Idempotency-Key: it is sent once, and the key tells."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.e2e.product import Browser
from tests.faults.rig import Rig, Tenant, until
from tests.faults.test_idempotency import WRITTEN, Requester, Shop, is_replayed

pytestmark = pytest.mark.e2e
TYING = 'UPDATE "organizations_idempotencykey" SET "bound_to"'
BINDING, BOUND = [TYING, "after"], [TYING, "committed"]
SETTLING = 'UPDATE "organizations_idempotencykey" SET "claim_token"'
ANSWERED, STORED = [SETTLING, "before"], [SETTLING, "committed"]
PENDING = "SELECT count(*) FROM inbox_outboxentry WHERE called_at IS NOT NULL AND finished_at IS NULL"


@dataclass
class Sender:
    """A connected number, and one message of it to somebody who never got one."""

    shop: Shop
    phone_id: str
    meta_id: str
    to: str

    @property
    def path(self) -> str:
        return f"phones/{self.phone_id}/messages"

    @property
    def body(self) -> dict[str, Any]:
        return {"type": "text", "to": self.to, "text": "Your order is on its way."}

    def dies(self, death: list[str]) -> None:
        self.shop.dies(self.path, self.body, death)

    def ask(self) -> requests.Response:
        return self.shop.send_until_answered(self.path, self.body)

    def sent(self) -> int:
        """How often Meta was asked to send it."""
        calls = self.shop.tenant.rig.product.calls("send_message", self.meta_id)
        return sum(call["body"].get("to") == self.to for call in calls)

    def told(self) -> list[tuple[str, str, bool]]:
        """Id, status and wamid's being there of each message that is stored."""
        statement = (
            "SELECT m.id::text, m.status, m.wamid IS NOT NULL FROM inbox_message m"
            " JOIN inbox_conversation c ON c.id = m.conversation_id"
            " JOIN inbox_contact p ON p.id = c.contact_id"
            " WHERE m.direction = 'outbound' AND (p.identifier LIKE %s OR p.wa_id = %s)"
        )
        return self.shop.tenant.rig.rows(statement, f"%{self.to}", self.to)


@pytest.fixture(scope="module")
def connected(running: Rig) -> tuple[str, str]:
    """A registered number's id here and at Meta."""
    running.restore()
    product = running.product
    link = product.make_link()
    Browser(link, str(uuid4())).bring(product.sign_up())
    phone = product.api("GET", f"phones/{product.completed(link['id'])['phoneNumberId']}")
    return phone["id"], phone["phoneNumberId"]


@pytest.fixture
def sender(rig: Rig, connected: tuple[str, str]) -> Iterator[Sender]:
    requester = Requester(rig.product)
    shop = Shop(Tenant(rig, rig.product.organization_id, rig.product.key), requester, str(uuid4()))
    yield Sender(shop, *connected, to=f"54911{random.randint(10**7, 10**8 - 1)}")
    rig.product.clear_scenarios()
    requester.kill()


@pytest.mark.parametrize(
    ("death", "is_again"),
    [
        pytest.param(WRITTEN, False, id="before its claim is committed"),
        pytest.param(BINDING, False, id="before it is stored"),
        pytest.param(BOUND, True, id="between storing and calling"),
        pytest.param(ANSWERED, True, id="between Meta's answer and ours"),
        pytest.param(STORED, True, id="when the answer is stored"),
    ],
)
def test_a_message_whose_process_dies_is_sent_once(sender: Sender, death: list[str], is_again: bool) -> None:
    sender.dies(death)

    answer = sender.ask()
    until(lambda: [status for _, status, _ in sender.told()] != ["pending"])
    later = sender.ask()

    assert (answer.status_code, is_replayed(answer)) == (201, is_again)
    assert later.json()["data"]["messageId"] == answer.json()["data"]["messageId"]
    assert [row[::2] for row in sender.told()] == [(answer.json()["data"]["messageId"], True)]
    assert sender.sent() == 1


def test_a_message_whose_process_dies_while_meta_sends_it_is_never_sent_again(sender: Sender) -> None:
    sender.shop.tenant.rig.product.scenario("hang", target=sender.meta_id, seconds=3)
    sender.shop.begin(sender.path, sender.body)
    until(lambda: sender.shop.tenant.rig.rows(PENDING) == [(1,)])
    time.sleep(0.5)

    sender.shop.requester.kill()
    answer = sender.ask()
    until(lambda: sender.sent() == 1)
    # As long as a worker would take to take it over, and to look again.
    time.sleep(5)

    assert (answer.status_code, is_replayed(answer)) == (201, True)
    assert [pk for pk, _, _ in sender.told()] == [answer.json()["data"]["messageId"]]
    assert sender.sent() == 1
