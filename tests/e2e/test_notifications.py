"""Meta's own words to the whole product: from its signed POST to the customer's receiver, whoever dies."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import requests

from tests.e2e.product import Browser, Product
from tests.meta_events.world import body_of, change, entry, signature

pytestmark = pytest.mark.e2e
SECRET = "whsec_my_secret_key_123"


@pytest.fixture(scope="module")
def told(product: Product) -> Iterator[Product]:
    """The product whose callbacks the fake Meta knows. It has shaken hands with the first.

    Afterwards nothing is left of it: who reads all of the admin's pages reads a few hundred.
    """
    callback = f"{product.url}/webhook/meta"
    answer = control(
        product,
        "app",
        callbackUrl=callback,
        verifyToken="sandbox-verify-token",
        deauthorizeUrl=f"{callback}/deauthorize",
        dataDeletionUrl=f"{callback}/data-deletion",
    )
    assert answer["callback_url"] == callback
    yield product
    control(product, "app", callbackUrl=None, deauthorizeUrl=None, dataDeletionUrl=None)
    with psycopg.connect(product.database_url, autocommit=True) as connection:
        for table in ("change", "notification", "userrequest"):
            connection.execute(f"DELETE FROM meta_events_{table}")  # noqa: S608 -- one of three words


def control(product: Product, name: str, **body: Any) -> Any:
    answer = requests.post(f"{product.sandbox_url}/_sandbox/{name}", json=body, timeout=10)
    assert answer.ok, answer.text
    return answer.json()


def connected(product: Product, name: str) -> dict[str, Any]:
    """A completed signup, and what Meta calls its account."""
    link = product.make_link(
        webhookUrl=product.receiver(name, SECRET), webhookSecret=SECRET, webhookEvents=["*"]
    )
    made = product.sign_up()
    Browser(link, str(uuid.uuid4())).bring(made)
    product.completed(link["id"])
    return made


def rows(product: Product, statement: str, *parameters: Any) -> list[Any]:
    with psycopg.connect(product.database_url, autocommit=True) as connection:
        return connection.execute(statement, parameters).fetchall()


def names(product: Product, receiver: str) -> list[str]:
    return [one["headers"]["x-webhook-event"] for one in product.received(receiver)]


def test_a_removed_account_is_told_to_the_customer_within_a_moment(told: Product) -> None:
    made = connected(told, "removed")

    began = time.monotonic()
    control(told, "account-updates", wabaId=made["wabaId"], event="PARTNER_REMOVED")

    told.until(lambda: "phone_number.disconnected" in names(told, "removed"))
    assert time.monotonic() - began < 3
    statuses = rows(told, "SELECT DISTINCT status FROM wabas_waba WHERE meta_waba_id = %s", made["wabaId"])
    assert statuses == [("disconnected",)]


def test_a_finished_dialog_is_noted_from_metas_word_alone(told: Product) -> None:
    made = told.sign_up()

    told.until(
        lambda: bool(
            rows(told, "SELECT 1 FROM onboarding_sharedwaba WHERE meta_waba_id = %s", made["wabaId"])
        )
    )


def test_what_was_answered_while_no_worker_lived_is_handled_when_one_does(told: Product) -> None:
    told.kill("worker-signups")
    try:
        mark = uuid.uuid4().hex
        answers = [
            post(told, body_of(entry(change("flows", event=f"{mark}-{number}"), entry_id="55")))
            for number in range(30)
        ]
        assert answers == [200] * 30
        assert states(told, mark) == []
    finally:
        told.start_worker()

    told.until(lambda: states(told, mark) == [("unknown", 30)], seconds=30)


def test_a_worker_that_is_killed_again_and_again_loses_nothing(told: Product) -> None:
    mark = uuid.uuid4().hex
    for round_ in range(3):
        for number in range(10):
            changes = [change("flows", event=f"{mark}-{round_}-{number}-{place}") for place in range(20)]
            assert post(told, body_of(entry(*changes, entry_id="55"))) == 200
        told.kill("worker-signups")
        told.start_worker()

    told.until(lambda: states(told, mark) == [("unknown", 600)], seconds=60)


def test_people_who_leave_are_answered_and_their_page_is_there(told: Product) -> None:
    made = connected(told, "left")

    assert control(told, "deauthorize", target=made["wabaId"])["status"] == 200
    deletion = control(told, "data-deletion", target=made["wabaId"])

    page = requests.get(deletion["answer"]["url"], timeout=10)
    assert page.status_code == 200
    assert deletion["answer"]["confirmation_code"] in page.text
    assert deletion["userId"] not in page.text


def post(product: Product, body: bytes) -> int:
    headers = {"X-Hub-Signature-256": signature(body), "Content-Type": "application/json"}
    return requests.post(f"{product.url}/webhook/meta", data=body, headers=headers, timeout=10).status_code


def states(product: Product, mark: str) -> list[tuple[str, int]]:
    statement = "SELECT status, count(*) FROM meta_events_change WHERE event LIKE %s GROUP BY status"
    return rows(product, statement, f"{mark}%")
