"""What clients are told of a number: each change once, when it is there, and nothing before its link."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from meta_graph.wabas import unsubscribe_app
from onboarding.models import OnboardingLink
from phones import reading, sync
from phones.disconnecting import leave_waba
from phones.health import TOKEN_WARNING
from phones.models import PhoneNumber
from phones.readiness import announce
from phones.services import adopt_link
from phones.sync import check_waba, sync_phone
from tests.phones.world import ALL, OUTGOING, healthy_phone, healthy_waba, known_phone, names, told
from tests.wabas.world import at_once, on_postgresql, token_of
from wabas.models import Waba
from webhooks.models import Delivery, Event
from webhooks.services import create_webhook


def test_the_first_check_after_the_link_tells_what_works(organization, meta):
    phone = known_phone(organization, meta)
    link = OnboardingLink.objects.create(
        organization=organization, name="x", phone=phone, completed_at=timezone.now()
    )

    assert sync_phone(phone.pk) == 1

    [(name, data)] = told()
    assert name == "phone_number.ready"
    assert data == {
        "onboardingLinkId": str(link.pk),
        "externalId": "customer-1",
        "phoneNumberId": str(phone.pk),
        "phoneNumber": phone.phone_number,
        "wabaId": str(phone.waba.pk),
        "metaWabaId": phone.waba.meta_waba_id,
        "isPhoneRegistered": True,
        "capabilities": dict.fromkeys(ALL, True),
        "changed": ALL,
        "issues": [],
    }


def test_nothing_is_told_before_the_link_is_completed(organization, meta):
    phone = meta.registered_phone(organization)

    assert sync_phone(phone.pk) == 0
    assert check_waba(phone.waba_id) == 0
    assert names() == []

    adopt_link(phone=phone, metadata=None, external_id=None)
    sync_phone(phone.pk)

    assert names() == ["phone_number.ready"]


def test_another_link_of_the_same_number_tells_nothing_anew(organization, meta):
    phone = known_phone(organization, meta)
    sync_phone(phone.pk)

    adopt_link(phone=PhoneNumber.objects.get(), metadata=None, external_id="b")
    sync_phone(phone.pk)

    assert names() == ["phone_number.ready"]


def test_a_number_that_can_do_nothing_yet_is_told_of_when_it_can(organization, meta):
    phone = meta.connected_phone(organization)
    adopt_link(phone=phone, metadata=None, external_id=None)
    sync_phone(phone.pk)
    assert names() == []

    meta.change(phone.meta_phone_number_id, status="CONNECTED", platform_type="CLOUD_API")
    sync_phone(phone.pk)

    assert names() == ["phone_number.ready"]


def test_receiving_first_and_sending_later_are_two_events(organization, meta):
    phone = known_phone(organization, meta)
    meta.sandbox.set_scenario("no_payment_method", target=phone.waba.meta_waba_id)
    sync_phone(phone.pk)
    Waba.objects.update(health=None)
    PhoneNumber.objects.update(health={"can_send_message": "AVAILABLE"})
    phone = PhoneNumber.objects.select_related("waba").get()

    with transaction.atomic():
        announce(waba=phone.waba, phones=[phone], now=timezone.now())

    assert [(name, data["changed"]) for name, data in told()] == [
        ("phone_number.ready", ["canReceiveMessages"]),
        ("phone_number.ready", OUTGOING),
    ]


def test_what_is_lost_is_told_with_the_reason_and_the_rest_of_it(organization, meta):
    phone = known_phone(organization, meta)
    sync_phone(phone.pk)
    unsubscribe_app(waba_id=phone.waba.meta_waba_id, token=token_of(phone.waba))

    sync_phone(phone.pk)
    sync_phone(phone.pk)

    assert names() == ["phone_number.ready", "phone_number.not_ready"]
    lost = told()[-1][1]
    assert lost["changed"] == ["canReceiveMessages"]
    assert lost["capabilities"] == dict.fromkeys(ALL, True) | {"canReceiveMessages": False}
    assert {issue["code"] for issue in lost["issues"]} == {"NOT_SUBSCRIBED"}


def test_what_is_gained_and_lost_at_once_are_two_events(organization):
    phone = healthy_phone(organization)
    could = {"canSendMessages": True}
    phone.announced = {"capabilities": could, "warnings": [], "at": "2026-01-01T00:00:00Z"}
    phone.waba.access_token = None

    with transaction.atomic():
        assert announce(waba=phone.waba, phones=[phone], now=timezone.now()) == 2

    assert [(name, data["changed"]) for name, data in told()] == [
        ("phone_number.ready", ["canReceiveMessages"]),
        ("phone_number.not_ready", ["canSendMessages"]),
    ]


def test_the_issues_of_an_event_are_those_of_the_health(api):
    phone = healthy_phone(api.organization)
    Waba.objects.update(access_token=None)
    sync_phone(phone.pk)
    check_waba(phone.waba_id)

    health = api.get(f"phones/{phone.pk}/health").json()["data"]

    data = told()[-1][1]
    assert data["issues"] == health["issues"] != []
    assert data["capabilities"] == health["capabilities"]
    assert list(data["issues"][0]) == list(health["issues"][0])


def test_an_endpoint_of_the_waba_gets_them_and_one_of_another_does_not(organization):
    phone, other = healthy_phone(organization), healthy_waba(organization, 2)
    for waba in (phone.waba, other, None):
        create_webhook(
            organization=organization, url="https://a.example/", events=["phone_number.not_ready"], waba=waba
        )
    Waba.objects.filter(pk=phone.waba_id).update(access_token=None)

    check_waba(phone.waba_id)

    reached = {delivery.webhook.waba_id for delivery in Delivery.objects.select_related("webhook")}
    assert reached == {phone.waba_id, None}


def test_the_change_and_its_event_are_one_transaction(organization, meta, monkeypatch):
    phone = known_phone(organization, meta)

    def power_cut(**_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("phones.readiness.publish", power_cut)
    with pytest.raises(RuntimeError, match="power cut"):
        sync_phone(phone.pk)

    row = PhoneNumber.objects.get()
    assert row.synced_at is None
    assert row.announced is not None
    assert set(row.announced["capabilities"].values()) == {False}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_checks_that_race_tell_once(organization, meta):
    phone = known_phone(organization, meta)
    checks = [lambda: sync_phone(phone.pk)] * 4 + [lambda: check_waba(phone.waba_id)] * 4

    made = at_once(*checks)

    assert sorted(made) == [0] * 7 + [1]
    assert names() == ["phone_number.ready"]


def test_a_lost_subscription_is_made_again_by_the_schedule_and_nobody_need_hear(organization, meta):
    phone = known_phone(organization, meta)
    sync_phone(phone.pk)
    unsubscribe_app(waba_id=phone.waba.meta_waba_id, token=token_of(phone.waba))

    check_waba(phone.waba_id)

    assert Waba.objects.get().is_subscribed is True
    assert meta.sandbox.state.objects[phone.waba.meta_waba_id]["is_subscribed"]
    assert names() == ["phone_number.ready"]


def test_one_that_meta_takes_and_does_not_list_is_not_believed(organization, meta):
    phone = known_phone(organization, meta)
    sync_phone(phone.pk)
    meta.sandbox.set_scenario("subscription_lost", target=phone.waba.meta_waba_id)

    check_waba(phone.waba_id)

    assert Waba.objects.get().is_subscribed is False
    assert names() == ["phone_number.ready", "phone_number.not_ready"]


def test_a_subscription_is_not_made_for_who_disconnects_in_this_moment(organization, meta, monkeypatch):
    phone = known_phone(organization, meta)
    read_all = reading.read_all

    def read_while_the_client_disconnects(*args: Any) -> Any:
        leave_waba(waba=phone.waba, reason="REQUESTED", initiated_by="customer")
        return read_all(*args)

    monkeypatch.setattr(sync, "read_all", read_while_the_client_disconnects)
    check_waba(phone.waba_id)

    assert not meta.sandbox.state.objects[phone.waba.meta_waba_id]["is_subscribed"]


# ---- tokens that expire ---------------------------------------------------------------------------------


def test_a_token_that_expires_in_a_week_is_told_of_once_and_turns_nothing_off(api):
    phone, now = healthy_phone(api.organization), timezone.now()
    Waba.objects.update(token_expires_at=now + TOKEN_WARNING)
    check_waba(phone.waba_id)
    check_waba(phone.waba_id)

    [(name, data)] = told()
    assert (name, data["changed"]) == ("phone_number.ready", [])
    assert data["capabilities"] == dict.fromkeys(ALL, True)
    [issue] = data["issues"]
    assert (issue["code"], issue["capability"]) == ("TOKEN_EXPIRES_SOON", None)
    action = api.get(f"phones/{phone.pk}/health").json()["data"]["nextAction"]
    assert (action["actor"], action["code"]) == ("customer", "TOKEN_EXPIRES_SOON")
    assert "deadline" in action


def test_a_token_that_is_renewed_is_warned_of_anew_when_its_own_time_comes(organization):
    phone, now = healthy_phone(organization), timezone.now()
    Waba.objects.update(token_expires_at=now + timedelta(days=3))
    check_waba(phone.waba_id)

    Waba.objects.update(token_expires_at=now + timedelta(days=60))
    check_waba(phone.waba_id)
    assert len(told()) == 1

    with time_machine.travel(now + timedelta(days=54)):
        check_waba(phone.waba_id)

    assert len(told()) == 2


def test_an_expired_token_is_told_of_without_anybody_reading_or_asking_meta(organization, meta):
    phone = known_phone(organization, meta)
    sync_phone(phone.pk)
    Waba.objects.update(token_expires_at=timezone.now())
    before = len(meta.sandbox.calls())

    check_waba(phone.waba_id)

    name, data = told()[-1]
    assert (name, data["changed"]) == ("phone_number.not_ready", OUTGOING)
    assert {issue["code"] for issue in data["issues"]} == {"TOKEN_EXPIRED"}
    assert len(meta.sandbox.calls()) == before


def test_a_warning_of_a_number_that_can_do_nothing_is_no_good_news(organization):
    phone = healthy_phone(organization)
    Waba.objects.update(ban_state="DISABLE", token_expires_at=timezone.now() + timedelta(days=1))
    PhoneNumber.objects.update(
        announced={"capabilities": dict.fromkeys(ALL, False), "warnings": [], "at": "2026-01-01T00:00:00Z"}
    )

    check_waba(phone.waba_id)

    assert [(name, data["changed"]) for name, data in told()] == [("phone_number.not_ready", [])]


def test_the_bytes_are_those_of_the_catalogue(organization, meta):
    phone = known_phone(organization, meta)
    sync_phone(phone.pk)

    envelope = json.loads(bytes(Event.objects.get().body))

    assert list(envelope) == ["event", "timestamp", "organizationId", "data"]
