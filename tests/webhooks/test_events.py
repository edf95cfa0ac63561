"""What `publish` stores, and for whom."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from wabas.models import Waba
from webhooks.events import EVENTS, SUBSCRIBABLE, NotInTransactionError, UnknownEventError, publish
from webhooks.models import Delivery, Event
from webhooks.services import create_webhook, delete_webhook, update_webhook

NAME = "phone_number.connected"


def told(event: Event) -> set[str]:
    return set(Delivery.objects.filter(event=event).values_list("webhook__url", flat=True))


def test_the_body_has_exactly_the_four_keys_compact_and_in_order(organization):
    event = publish(
        organization=organization,
        name=NAME,
        data={"z": "Cañón 👋", "a": None, "at": datetime(2026, 1, 15, 10, 30, tzinfo=UTC)},
    )
    stored = bytes(Event.objects.get(pk=event.pk).body)

    moment = json.loads(stored)["timestamp"]
    assert stored.decode() == (
        f'{{"event":"{NAME}","timestamp":"{moment}","organizationId":"{organization.pk}",'
        '"data":{"z":"Cañón 👋","a":null,"at":"2026-01-15T10:30:00.000Z"}}'
    )
    assert moment.endswith("Z")
    assert len(moment) == len("2026-01-15T10:30:00.000Z")


def test_ids_are_evt_and_a_ulid_and_rise(organization):
    ids = [publish(organization=organization, name=NAME, data={}).pk for _ in range(50)]

    assert all(len(one) == 30 and one.startswith("evt_") for one in ids)
    assert ids == sorted(ids)


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_nothing_is_published(organization):
    with pytest.raises(NotInTransactionError):
        publish(organization=organization, name=NAME, data={})

    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rollback_leaves_no_event_and_no_delivery(organization):
    create_webhook(organization=organization, url="https://a.example.com", events=["*"])

    with transaction.atomic():
        publish(organization=organization, name=NAME, data={})
        transaction.set_rollback(True)

    assert not Event.objects.exists()
    assert not Delivery.objects.exists()


def test_an_unknown_event_is_refused(organization):
    with pytest.raises(UnknownEventError):
        publish(organization=organization, name="phone_number.conected", data={})


def test_every_event_has_one_line_that_tells_what_it_is():
    assert set(SUBSCRIBABLE) == {*EVENTS, "*"}
    assert all(line.endswith(".") and "\n" not in line for line in EVENTS.values())


def test_an_event_goes_to_the_endpoints_that_match_by_name_and_scope(organization, stranger, waba):
    other = Waba.objects.create(organization=organization, meta_waba_id="2")
    for url, events, scope in [
        ("https://all.example.com", ["*"], None),
        ("https://named.example.com", [NAME, "message.sent"], None),
        ("https://scoped.example.com", [NAME], waba),
        ("https://elsewhere.example.com", [NAME], other),
        ("https://unasked.example.com", ["message.sent"], waba),
    ]:
        create_webhook(organization=organization, url=url, events=events, waba=scope)
    create_webhook(organization=stranger.organization, url="https://stranger.example.com", events=["*"])

    scoped = publish(organization=organization, name=NAME, data={}, waba=waba)
    general = publish(organization=organization, name=NAME, data={})

    everywhere = {"https://all.example.com", "https://named.example.com"}
    assert told(scoped) == everywhere | {"https://scoped.example.com"}
    assert told(general) == everywhere


def test_the_star_does_not_stand_for_the_test_call(organization):
    create_webhook(organization=organization, url="https://star.example.com", events=["*"])
    create_webhook(organization=organization, url="https://named.example.com", events=["webhook.test"])

    assert told(publish(organization=organization, name="webhook.test", data={})) == {
        "https://named.example.com"
    }


def test_an_inactive_endpoint_gets_a_row_and_a_deleted_one_does_not(organization):
    held = create_webhook(organization=organization, url="https://held.example.com", events=["*"])
    gone = create_webhook(organization=organization, url="https://gone.example.com", events=["*"])
    update_webhook(webhook=held, changes={"is_active": False})
    delete_webhook(webhook=gone)

    assert told(publish(organization=organization, name=NAME, data={})) == {"https://held.example.com"}


def test_the_number_of_queries_does_not_grow_with_the_endpoints(organization):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            publish(organization=organization, name=NAME, data={})
        return len(captured)

    create_webhook(organization=organization, url="https://a.example.com", events=["*"])
    one = queries()
    for number in range(40):
        create_webhook(organization=organization, url=f"https://{number}.example.com", events=["*"])

    assert queries() == one
