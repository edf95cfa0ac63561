"""A process that dies in each window of a POST under an Idempotency-Key: the same request, sent again."""

import json
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.e2e.product import PYTHON, ROOT
from tests.faults.menu import held
from tests.faults.orders import Publisher
from tests.faults.rig import Rig, Tenant, until
from tests.faults.sink import Call, accept

pytestmark = pytest.mark.e2e
LEASE = 2.0
LINK = {"name": "Acme Corp", "webhookUrl": "http://127.0.0.1/hooks", "webhookEvents": ["*"]}
TABLE = '"organizations_idempotencykey"'
# Where a process dies: see tests/faults/requester.py.
WRITTEN, COMMITTED = ["INSERT INTO " + TABLE, "after"], ["INSERT INTO " + TABLE, "committed"]
ANSWERED, STORED = ["UPDATE " + TABLE, "before"], ["UPDATE " + TABLE, "committed"]


class Requester(Publisher):
    """The process of requester.py, whose claims are short."""

    def start(self) -> None:
        short = dict.fromkeys(("IDEMPOTENCY_LEASE_SECONDS", "MESSAGE_LEASE_SECONDS"), str(LEASE))
        with (self.product.folder / "requester.log").open("ab") as log:
            self.running = subprocess.Popen(
                [PYTHON, "-m", "tests.faults.requester"], cwd=ROOT, env=self.product.environment | short,
                text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            )  # fmt: skip

    def begin(self, order: str, **given: Any) -> None:
        if self.running is None or self.running.poll() is not None:
            self.start()
        assert self.running is not None
        assert self.running.stdin is not None
        self.running.stdin.write(json.dumps(given) + "\n")
        self.running.stdin.flush()


@dataclass
class Shop:
    """A customer of the product who sends every request under one key until it is answered."""

    tenant: Tenant
    requester: Requester
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tenant.key}", "Idempotency-Key": self.key}

    def begin(self, path: str, body: Any, death: list[str] | None = None) -> None:
        self.requester.begin("send", path=path, body=body, headers=self.headers, death=death)

    def dies(self, path: str, body: Any, death: list[str]) -> None:
        self.begin(path, body, death)
        with pytest.raises(EOFError):
            self.requester.result()

    def send(self, path: str, body: Any) -> requests.Response:
        """To the web server, another process."""
        url = f"{self.tenant.rig.product.url}/v1/{path}"
        return requests.post(url, json=body, headers=self.headers, timeout=20)

    def send_until_answered(self, path: str, body: Any) -> requests.Response:
        """As a client does: again while the answer is 409, not before the time it names."""
        answers: list[requests.Response] = []

        def is_answered() -> bool:
            answers.append(self.send(path, body))
            assert answers[-1].status_code != 409 or 1 <= int(answers[-1].headers["Retry-After"]) <= 5
            return answers[-1].status_code != 409

        until(is_answered, LEASE + 10, every=0.2)
        return answers[-1]

    def count(self, table: str) -> int:
        statement = f"SELECT count(*) FROM {table} WHERE organization_id = %s"  # noqa: S608
        ((number,),) = self.tenant.rig.rows(statement, self.tenant.organization)
        return int(number)


@pytest.fixture
def shop(rig: Rig, tenant: Tenant) -> Iterator[Shop]:
    requester = Requester(rig.product)
    yield Shop(tenant, requester, str(uuid4()))
    requester.kill()


def is_replayed(answer: requests.Response) -> bool:
    return answer.headers.get("Idempotency-Replayed") == "true"


LINKS = "onboarding_onboardinglink"


def test_a_death_before_the_commit_leaves_nothing_and_the_key_is_free_at_once(shop: Shop) -> None:
    shop.dies("onboarding-links", LINK, WRITTEN)
    left = shop.count(LINKS), shop.count(TABLE)

    answer = shop.send("onboarding-links", LINK)

    assert left == (0, 0)
    assert (answer.status_code, is_replayed(answer), shop.count(LINKS)) == (201, False, 1)


def test_a_death_after_the_commit_is_answered_with_the_link_that_was_made(shop: Shop) -> None:
    shop.dies("onboarding-links", LINK, COMMITTED)
    assert shop.count(LINKS) == 1

    answer = shop.send("onboarding-links", LINK)

    assert (answer.status_code, is_replayed(answer), shop.count(LINKS)) == (201, True, 1)
    # The one place where it could be learnt.
    assert answer.json()["data"]["webhookSecret"].startswith("whsec_")


def test_a_death_after_a_rotation_does_not_lose_the_new_secret(shop: Shop) -> None:
    endpoint = shop.tenant.endpoint()
    path = f"outgoing-webhooks/{endpoint.id}/rotate-secret"
    shop.dies(path, {}, COMMITTED)

    answer = shop.send(path, {})

    secret = answer.json()["data"]["secret"]
    assert is_replayed(answer)
    assert secret != endpoint.secret
    changed = shop.send(f"outgoing-webhooks/{endpoint.id}/test", {})
    assert changed.status_code == 409


@pytest.mark.parametrize(
    ("death", "before", "after"),
    [
        pytest.param(WRITTEN, 0, 1, id="before its claim is committed"),
        pytest.param(COMMITTED, 0, 1, id="between its claim and its call"),
        pytest.param(ANSWERED, 1, 2, id="between its call and its answer"),
        pytest.param(STORED, 1, 1, id="when its answer is stored"),
    ],
)
def test_a_call_that_dies_is_made_again_when_its_claim_is_over_unless_it_was_answered(
    shop: Shop, death: list[str], before: int, after: int
) -> None:
    endpoint = shop.tenant.endpoint(accept)
    path = f"outgoing-webhooks/{endpoint.id}/test"
    shop.dies(path, {}, death)
    came = len(shop.tenant.came())
    at_once = shop.send(path, {})

    answer = shop.send_until_answered(path, {})

    assert (came, len(shop.tenant.came())) == (before, after)
    assert at_once.status_code == (200 if death in (WRITTEN, STORED) else 409)
    assert answer.status_code == 200
    assert shop.send(path, {}).content == answer.content


def test_a_death_during_the_call_is_over_when_its_claim_is(shop: Shop) -> None:
    gate = threading.Event()
    endpoint = shop.tenant.endpoint(held(gate))
    path = f"outgoing-webhooks/{endpoint.id}/test"
    shop.begin(path, {})
    until(shop.tenant.came)

    shop.requester.kill()
    gate.set()
    answer = shop.send_until_answered(path, {})

    assert (answer.status_code, is_replayed(answer), len(shop.tenant.came())) == (200, False, 2)


def test_an_answer_that_a_dead_database_cannot_keep_is_given_all_the_same(shop: Shop, rig: Rig) -> None:
    def crash(call: Call) -> bool:
        rig.database.crash()
        return accept(call)

    endpoint = shop.tenant.endpoint(crash)
    path = f"outgoing-webhooks/{endpoint.id}/test"
    shop.begin(path, {})
    answer = shop.requester.result()
    rig.database.start()

    assert (answer["status"], json.loads(answer["text"])["data"]["delivered"]) == (200, True)


def test_an_answer_outlives_a_database_that_was_restarted_in_the_meantime(shop: Shop, rig: Rig) -> None:
    def restart(call: Call) -> bool:
        rig.database.crash()
        rig.database.start()
        return accept(call)

    endpoint = shop.tenant.endpoint(restart)
    path = f"outgoing-webhooks/{endpoint.id}/test"
    shop.begin(path, {})
    answer = shop.requester.result()
    again = until(lambda: shop.send(path, {}), every=0.2)

    assert (answer["status"], again.status_code, is_replayed(again)) == (200, 200, True)
    assert len(shop.tenant.came()) == 1


def test_of_many_at_once_one_is_done(shop: Shop) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: shop.send("onboarding-links", LINK), range(60)))

    assert set(Counter(answer.status_code for answer in answers)) <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert sum(answer.status_code == 201 and not is_replayed(answer) for answer in answers) == 1
    assert shop.count(LINKS) == 1
