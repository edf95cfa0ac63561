"""A process dies while it registers or verifies a number: the call is made again, and all is well."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.faults.rig import Rig, Tenant, until
from tests.faults.test_idempotency import LEASE, Requester, is_replayed

pytestmark = pytest.mark.e2e
# Where a process dies: see tests/faults/requester.py.
KEPT = ['INSERT INTO "onboarding_registerednumber"', "committed"]  # before Meta is asked
ADDED = ['UPDATE "onboarding_registerednumber" SET "meta_preverified_id"', "before"]  # after Meta's answer
ASKED = ['INSERT INTO "phones_coderequest"', "committed"]  # before the code is asked for
SENT = ['UPDATE "phones_coderequest" SET "outcome"', "before"]  # after Meta has sent it
GIVEN = ['UPDATE "onboarding_registerednumber" SET "code_given_at"', "committed"]  # before it is entered
PROVEN = ['UPDATE "onboarding_registerednumber" SET "status"', "before"]  # after Meta's answer
CODE = "246810"


@dataclass
class Number:
    """One number that nobody has registered yet, and the client that will."""

    tenant: Tenant
    requester: Requester
    digits: str

    @property
    def body(self) -> dict[str, Any]:
        return {"phoneNumber": f"+{self.digits}", "method": "sms"}

    def dies(self, path: str, body: Any, death: list[str], key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {self.tenant.key}"} | ({"Idempotency-Key": key} if key else {})
        self.requester.begin("send", path=path, body=body, headers=headers, death=death)
        with pytest.raises(EOFError):
            self.requester.result()

    def post(self, path: str, body: Any, key: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.tenant.key}"} | ({"Idempotency-Key": key} if key else {})
        url = f"{self.tenant.rig.product.url}/v1/{path}"
        return requests.post(url, json=body, headers=headers, timeout=20)

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.tenant.call(
            "GET", f"registered-numbers?phoneNumber={self.digits}"
        ).json()["data"]
        return found

    def entries(self) -> list[dict[str, Any]]:
        """What Meta's pool has of it."""
        url = f"{self.tenant.rig.product.sandbox_url}/_sandbox/objects"
        params = {"kind": "preverified_number", "phone_number": f"+{self.digits}"}
        found: list[dict[str, Any]] = requests.get(url, params=params, timeout=10).json()["data"]
        return found

    def codes_sent(self) -> int:
        calls = self.tenant.rig.product.calls("request_code")
        ids = {entry["id"] for entry in self.entries()}
        return sum(bool(ids & set(call["concerns"])) and call["done"] for call in calls)


@pytest.fixture
def number(rig: Rig, tenant: Tenant) -> Iterator[Number]:
    requester = Requester(rig.product)
    yield Number(tenant, requester, f"54911{random.randint(10**7, 10**8 - 1)}")
    rig.product.clear_scenarios()
    requester.kill()


@pytest.mark.parametrize(
    ("death", "codes_before"),
    [
        pytest.param(KEPT, 0, id="before Meta is asked"),
        pytest.param(ADDED, 0, id="between Meta's answer and ours"),
        pytest.param(ASKED, 0, id="before the code is asked for"),
        pytest.param(SENT, 1, id="when the code is sent"),
    ],
)
def test_who_dies_while_registering_repeats_the_call(
    number: Number, death: list[str], codes_before: int
) -> None:
    number.dies("registered-numbers", number.body, death)
    [left] = number.listed()
    sent_before = number.codes_sent() if number.entries() else 0

    again = number.post("registered-numbers", number.body | {"method": "voice"})
    verified = number.post(f"registered-numbers/{left['id']}/verify", {"code": CODE})

    assert (left["status"], sent_before) == ("unverified", codes_before)
    assert (again.status_code, again.json()["data"]["id"]) == (200, left["id"])
    assert (verified.status_code, verified.json()["data"]["status"]) == (200, "verified")
    assert len(number.entries()) == len(number.listed()) == 1


@pytest.mark.parametrize("death", [KEPT, ADDED, ASKED, SENT])
def test_under_a_key_the_number_is_answered_as_it_stands(number: Number, death: list[str]) -> None:
    key = str(uuid4())
    number.dies("registered-numbers", number.body, death, key)
    answers: list[requests.Response] = []

    def is_answered() -> bool:
        answers.append(number.post("registered-numbers", number.body, key))
        return answers[-1].status_code != 409

    until(is_answered, LEASE + 10, every=0.2)

    assert (answers[-1].status_code, is_replayed(answers[-1])) == (201, True)
    shown = answers[-1].json()["data"]
    assert (shown["status"], shown["codeSentAt"]) == ("unverified", None)
    another = number.post(f"registered-numbers/{shown['id']}/request-code", {"method": "voice"})
    assert another.status_code == 202
    assert number.post(f"registered-numbers/{shown['id']}/verify", {"code": CODE}).status_code == 200
    assert len(number.entries()) == len(number.listed()) == 1


@pytest.mark.parametrize(
    "death", [pytest.param(GIVEN, id="before Meta is asked"), pytest.param(PROVEN, id="after its answer")]
)
def test_who_dies_while_verifying_enters_the_same_code_again(number: Number, death: list[str]) -> None:
    registered = number.post("registered-numbers", number.body).json()["data"]
    path = f"registered-numbers/{registered['id']}/verify"

    number.dies(path, {"code": CODE}, death)
    left = number.listed()[0]["status"]
    again = number.post(path, {"code": CODE})

    assert left == "unverified"
    assert (again.status_code, again.json()["data"]["status"]) == (200, "verified")


def test_a_wrong_code_proves_nothing_after_a_death(number: Number) -> None:
    registered = number.post("registered-numbers", number.body).json()["data"]
    path = f"registered-numbers/{registered['id']}/verify"

    number.dies(path, {"code": "111111"}, GIVEN)

    assert number.post(path, {"code": "111111"}).status_code == 422
    assert number.post(path, {"code": CODE}).status_code == 200
