"""Reviews, names, quality, PINs, alerts, templates: they change a row, tell clients, or are kept in sight."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone

from meta_events.dispatch import HANDLERS
from meta_events.held import hand_out
from phones.models import PhoneNumber, RegistrationAttempt
from phones.two_step import keep_new, take_over
from tests.meta_events.conftest import WABA_ID
from tests.meta_events.world import change, the_change, told, worked
from wabas.models import Waba
from webhooks.models import Event

pytestmark = pytest.mark.django_db
DIGITS: dict[str, Any] = {"display_phone_number": "15550783881"}
TEMPLATE: dict[str, Any] = {
    "message_template_id": 12345678,
    "message_template_name": "order_shipped",
    "message_template_language": "es_AR",
    "message_template_category": "UTILITY",
}


def happened(field: str, value: dict[str, Any], at: datetime | None = None) -> str:
    told(change(field, **value), entry_id=WABA_ID, at=int((at or later()).timestamp()))
    worked()
    return str(the_change().status)


def later(seconds: float = 2) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def events() -> list[dict]:
    return [orjson.loads(bytes(event.body)) for event in Event.objects.order_by("pk")]


def is_checked_soon() -> bool:
    due = Waba.objects.get().check_due_at
    return due is not None and due <= later(60)


def ready(phone: PhoneNumber) -> None:
    """As a number is after its link was completed and its first check."""
    now = timezone.now()
    Waba.objects.update(is_subscribed=True, access_token="EAA")
    PhoneNumber.objects.update(
        pin="482913",
        synced_at=now - timedelta(hours=1),
        health={"can_send_message": "AVAILABLE", "entities": []},
        announced={
            "capabilities": dict.fromkeys(
                ("canReceiveMessages", "canSendMessages", "canSendTemplates"), True
            ),
            "warnings": [],
            "at": "2026-01-01T00:00:00.000Z",
        },
    )
    phone.refresh_from_db()


# Field, value, and the state of the change when its account is connected.
FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("account_review_update", {"decision": "APPROVED"}, "done"),
    ("account_review_update", {"decision": "DEFERRED"}, "done"),
    ("account_review_update", {}, "failed"),
    (
        "account_alerts",
        {"entity_type": "BUSINESS", "entity_id": "5", "alert_info": {"alert_type": "X"}},
        "noted",
    ),
    ("business_capability_update", {"max_daily_conversations_per_business": 2000}, "noted"),
    ("business_capability_update", {"max_daily_conversations_per_business": "TIER_2K"}, "noted"),
    ("phone_number_quality_update", DIGITS | {"event": "FLAGGED", "current_limit": "TIER_1K"}, "done"),
    ("phone_number_quality_update", DIGITS | {"event": "ONBOARDING"}, "done"),
    ("phone_number_quality_update", DIGITS | {"event": "THROUGHPUT_UPGRADE"}, "done"),
    ("phone_number_quality_update", {"event": "FLAGGED"}, "failed"),
    (
        "phone_number_name_update",
        DIGITS | {"decision": "APPROVED", "requested_verified_name": "Acme"},
        "done",
    ),
    ("phone_number_name_update", DIGITS | {"decision": "REJECTED", "rejection_reason": "X"}, "done"),
    ("phone_number_name_update", DIGITS | {"decision": "SOMETHING_NEW"}, "unknown"),
    ("security", DIGITS | {"event": "PIN_CHANGED", "requester": "1"}, "done"),
    ("security", DIGITS | {"event": "PIN_RESET_REQUEST", "requester": "1"}, "done"),
    ("security", DIGITS | {"event": "PIN_REQUEST_SUCCESS"}, "done"),
    ("security", DIGITS | {"event": "SOMETHING_NEW"}, "unknown"),
    ("security", DIGITS | {"event": 7}, "unknown"),
    ("message_template_status_update", TEMPLATE | {"event": "APPROVED", "reason": "NONE"}, "done"),
    ("message_template_status_update", {"event": "APPROVED"}, "failed"),
    ("message_template_status_update", TEMPLATE, "failed"),
    ("message_template_quality_update", TEMPLATE | {"new_quality_score": "RED"}, "noted"),
    ("message_template_components_update", TEMPLATE | {"message_template_element": "x"}, "noted"),
    ("template_category_update", TEMPLATE | {"new_category": "MARKETING"}, "noted"),
    ("business_username_updates", {"username": "acme"}, "unknown"),
    ("partner_solutions", {"event": "SOLUTION_CREATED"}, "unknown"),
    ("payment_configuration_update", {"configuration_name": "x"}, "unknown"),
    ("calls", {"calls": [{"id": "1"}]}, "unknown"),
    ("group_lifecycle_update", {"groups": []}, "unknown"),
]


@pytest.mark.parametrize(("field", "value", "state"), FORMS)
def test_every_form_is_understood_or_kept(phone, field, value, state):
    assert happened(field, value) == state


@pytest.mark.parametrize(("field", "value", "state"), FORMS)
def test_of_an_account_that_is_not_ours_what_is_known_is_held(field, value, state):
    expected = "held" if field in HANDLERS else "unknown"

    assert happened(field, value) in {expected, "failed" if state == "failed" else expected}


@pytest.mark.parametrize(
    ("field", "value", "state"), [form for form in FORMS if "display_phone_number" in form[1]]
)
def test_of_a_number_that_is_not_ours_it_is_held_until_it_is(waba, field, value, state):
    assert happened(field, value) == "held"

    PhoneNumber.objects.create(
        organization=waba.organization, waba=waba, meta_phone_number_id="1", phone_number="+15550783881"
    )
    hand_out(timezone.now())
    worked()

    assert the_change().status == state


def test_a_review_is_the_accounts_and_the_latest_one_stays(phone):
    happened("account_review_update", {"decision": "APPROVED"})
    told(change("account_review_update", decision="REJECTED"), entry_id=WABA_ID, at=1700000000)
    worked()

    assert Waba.objects.get().account_review_status == "APPROVED"
    assert is_checked_soon()


def test_an_alert_has_the_account_looked_at(phone):
    happened("account_alerts", {"alert_info": {"alert_type": "OBA_REJECTED"}})

    assert is_checked_soon()


def test_an_approved_name_is_the_numbers(phone):
    happened(
        "phone_number_name_update", DIGITS | {"decision": "APPROVED", "requested_verified_name": "Acme & Co"}
    )

    phone.refresh_from_db()
    assert (phone.verified_name, phone.name_status) == ("Acme & Co", "APPROVED")
    assert is_checked_soon()


def test_a_refused_name_leaves_the_one_before(phone):
    PhoneNumber.objects.update(verified_name="Acme")

    happened(
        "phone_number_name_update",
        DIGITS | {"decision": "REJECTED", "requested_verified_name": "Best of all"},
    )

    phone.refresh_from_db()
    assert (phone.verified_name, phone.name_status) == ("Acme", "DECLINED")


def test_what_a_check_has_read_since_stands(phone):
    PhoneNumber.objects.update(name_status="APPROVED", synced_at=timezone.now())

    hour_ago = later(-3600)
    happened("phone_number_name_update", DIGITS | {"decision": "REJECTED"}, at=hour_ago)

    phone.refresh_from_db()
    assert phone.name_status == "APPROVED"


def test_a_quicker_number_is_known_at_once(phone):
    happened("phone_number_quality_update", DIGITS | {"event": "THROUGHPUT_UPGRADE"})

    phone.refresh_from_db()
    assert phone.throughput_level == "HIGH"
    assert is_checked_soon()


def test_a_pin_that_somebody_changed_is_forgotten_and_told_of(phone):
    ready(phone)

    happened("security", DIGITS | {"event": "PIN_CHANGED", "requester": "61555822107539"})

    phone.refresh_from_db()
    assert (phone.pin, phone.pin_changed_at is None) == (None, False)
    (event,) = events()
    assert (event["event"], event["data"]["changed"]) == ("phone_number.ready", [])
    assert [issue["code"] for issue in event["data"]["issues"]] == ["PIN_CHANGED"]


def test_a_pin_of_our_own_is_not_forgotten(phone):
    ready(phone)
    keep_new(phone, "111111")
    take_over(phone, "111111")

    happened("security", DIGITS | {"event": "PIN_CHANGED"})

    phone.refresh_from_db()
    assert (phone.pin, phone.pin_changed_at) == ("111111", None)


def test_nor_is_one_that_a_registration_took_along_or_that_is_on_its_way(phone):
    ready(phone)
    RegistrationAttempt.objects.create(phone=phone, made_by="platform", outcome="registered")
    happened("security", DIGITS | {"event": "PIN_CHANGED"})
    phone.refresh_from_db()
    assert phone.pin == "482913"

    keep_new(phone, "222222")
    told(change("security", **DIGITS, event="PIN_CHANGED"), entry_id=WABA_ID, at=int(later(3).timestamp()))
    worked()

    phone.refresh_from_db()
    assert (phone.pin, phone.new_pin) == ("482913", "222222")


def test_a_new_pin_of_ours_ends_the_warning(phone):
    ready(phone)
    happened("security", DIGITS | {"event": "PIN_CHANGED"})
    phone.refresh_from_db()

    keep_new(phone, "333333")
    take_over(phone, "333333")

    phone.refresh_from_db()
    assert (phone.pin, phone.pin_changed_at) == ("333333", None)


def test_a_request_for_a_reset_changes_nothing(phone):
    ready(phone)

    happened("security", DIGITS | {"event": "PIN_RESET_REQUEST", "requester": "1"})

    phone.refresh_from_db()
    assert (phone.pin, events()) == ("482913", [])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"reason": "NONE"}, None),
        ({}, None),
        ({"reason": "INVALID_FORMAT"}, "INVALID_FORMAT"),
        (
            {"reason": "NONE", "rejection_info": {"reason": "The sample is missing."}},
            "The sample is missing.",
        ),
    ],
)
def test_metas_decision_on_a_template_is_told(waba, said, reason):
    happened("message_template_status_update", TEMPLATE | said | {"event": "REJECTED"})

    (event,) = events()
    assert event["event"] == "template.status_updated"
    assert event["data"] == {
        "wabaId": str(waba.pk),
        "templateName": "order_shipped",
        "languageCode": "es_AR",
        "status": "REJECTED",
        "reason": reason,
    }
    assert Event.objects.get().waba == waba


def test_a_decision_that_meta_repeats_is_told_once(waba):
    at = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    for _ in range(2):
        told(change("message_template_status_update", **TEMPLATE, event="APPROVED"),
             change("nobody"), entry_id=WABA_ID, at=int(at.timestamp()))  # fmt: skip
    told(change("message_template_status_update", **TEMPLATE, event="APPROVED"), entry_id=WABA_ID,
         at=int(at.timestamp()))  # fmt: skip
    worked()

    assert len(events()) == 1
