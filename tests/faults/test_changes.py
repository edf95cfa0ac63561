"""What customers and operators change while deliveries are on their way (E18, E19, R9, S4)."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.e2e.product import Browser
from tests.faults.menu import answering, held
from tests.faults.report import Ledger
from tests.faults.rig import Endpoint, Rig, Tenant, until

pytestmark = pytest.mark.e2e


def test_an_endpoint_that_is_deleted_in_flight_gets_what_was_begun_and_nothing_more(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    answer = threading.Event()
    (endpoint,) = tenant.trusted(*[held(answer)] * 9)
    tenant.order("publish_together", count=10)
    until(lambda: len(rig.sink.came(endpoint.path)) == 5)

    assert tenant.call("DELETE", f"outgoing-webhooks/{endpoint.id}").status_code == 204
    answer.set()

    row = ledger.row("E18 endpoint deleted with 4 sends on their way", tenant, ended=6)
    assert row.delivered == len(rig.sink.came(endpoint.path)) == 5
    assert tenant.states() == {"succeeded": 5, "discarded": 6}


def test_a_failure_after_the_endpoint_was_deleted_is_the_last(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    answer = threading.Event()
    endpoint = tenant.endpoint(held(answer, answering(500)))
    tenant.publish(1)
    until(lambda: rig.sink.came(endpoint.path))

    tenant.call("DELETE", f"outgoing-webhooks/{endpoint.id}")
    answer.set()

    ledger.row("E18 endpoint deleted, then its send fails", tenant, ended=1)
    assert tenant.states() == {"discarded": 1}
    assert len(rig.sink.came(endpoint.path)) == 1


def test_an_organization_that_is_erased_in_flight_stops_nobody_else(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    answer, erased = threading.Event(), rig.tenant()
    (gone,) = erased.trusted(*[held(answer)] * 9)
    erased.order("publish_together", count=6)
    until(lambda: len(rig.sink.came(gone.path)) == 5)
    tenant.endpoint()

    erased.order("erase")
    answer.set()
    tenant.publish(5)

    ledger.row("E18 organization erased with 4 sends on their way", tenant)
    assert erased.deliveries() == []
    assert len(rig.sink.came(gone.path)) == 5
    assert rig.runs("worker-webhooks")


@pytest.mark.parametrize("times", [2, 10])
def test_a_link_whose_callback_is_repeated_has_one_endpoint_and_one_event(
    rig: Rig, ledger: Ledger, times: int
) -> None:
    product, path = rig.product, f"/links/{times}"
    tenant = Tenant(rig, product.organization_id, product.key)
    link = product.make_link(
        webhookUrl=rig.sink.url + path,
        webhookSecret="whsec_my_secret_key_123",
        webhookEvents=["phone_number.connected"],
    )
    made = product.sign_up()
    browser = Browser(link, str(uuid.uuid4()))
    assert browser.call("session", **made["session"]).status_code == 202

    with ThreadPoolExecutor(times) as together:
        calls = [together.submit(browser.call, "callback", code=made["code"]) for _ in range(times)]
    product.completed(link["id"], seconds=30)

    assert {call.result().status_code for call in calls} <= {202, 409}
    shown = product.api("GET", "outgoing-webhooks")
    tenant.endpoints = [Endpoint(one["id"], urlsplit(one["url"]).path, "") for one in shown]
    assert [endpoint.path for endpoint in tenant.endpoints].count(path) == 1
    row = ledger.row(f"E19 callback of a link, {times} times at once", tenant)
    assert len(rig.sink.came(path)) == 1
    assert row.duplicates == 0


def test_the_bytes_are_the_same_for_every_attempt_and_every_process(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint(*[answering(500)] * 4)
    tenant.publish(1)
    until(lambda: len(rig.sink.came(endpoint.path)) == 2)
    rig.product.kill("worker-webhooks")
    rig.start_worker()

    ledger.row("S4 five attempts by two processes", tenant)

    arrivals = rig.sink.came(endpoint.path)
    assert len({arrival.body for arrival in arrivals}) == 1
    assert len({arrival.event_id for arrival in arrivals}) == 1
    assert (
        b'"data":{"content":{"text":"Ca\xc3\xb1\xc3\xb3n \xf0\x9f\x91\x8b"},"z":1,"a":[1.5,null,true]}'
        in (arrivals[0].body)
    )
    assert len({arrival.headers["webhook-signature"] for arrival in arrivals}) > 1


def test_a_redelivery_beside_a_scheduled_retry_is_a_delivery_of_its_own(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    answer = threading.Event()
    endpoint = tenant.endpoint(answering(500, "Retry-After: 3"), held(answer))
    tenant.publish(1)
    until(lambda: tenant.attempts() and tenant.states() == {"pending": 1})
    path = f"outgoing-webhooks/{endpoint.id}/deliveries"
    (shown,) = tenant.call("GET", path).json()["data"]

    answers = [tenant.call("POST", f"{path}/{shown['id']}/redeliver").status_code for _ in range(2)]
    until(lambda: len(rig.sink.came(endpoint.path)) == 2)
    answer.set()

    # The scheduled retry still comes: the receiver knows the event by its id.
    ledger.row("R9 redelivered while a retry is scheduled", tenant, duplicates=1)
    assert answers == [202, 409]
    arrivals = rig.sink.came(endpoint.path)
    assert [arrival.attempt for arrival in arrivals] == [1, 1, 2]
    assert len({(arrival.event_id, arrival.body) for arrival in arrivals}) == 1
    assert tenant.states() == {"succeeded": 2}


def test_what_arrived_is_sent_again_once_and_never_to_a_disabled_endpoint(
    rig: Rig, tenant: Tenant, ledger: Ledger
) -> None:
    endpoint = tenant.endpoint()
    tenant.publish(1)
    tenant.finished()
    path = f"outgoing-webhooks/{endpoint.id}/deliveries"
    (first,) = tenant.call("GET", path).json()["data"]
    again = tenant.call("POST", f"{path}/{first['id']}/redeliver")
    tenant.finished()
    tenant.change(endpoint, isActive=False)

    refused = tenant.call("POST", f"{path}/{first['id']}/redeliver").status_code

    row = ledger.row("R9 redelivered after it arrived; then disabled", tenant, duplicates=1)
    assert (again.status_code, again.json()["data"]["replayOf"], refused) == (202, first["id"], 409)
    assert row.duplicates == 1
    assert [arrival.attempt for arrival in rig.sink.came(endpoint.path)] == [1, 1]
    assert tenant.states() == {"succeeded": 2}
