"""`account_update` in every form that Meta documents, from the signed POST to the row that it changes."""

from typing import Any

import pytest
from django.utils import timezone

from onboarding.models import SharedWaba
from phones.models import PhoneNumber
from tests.meta_events.conftest import WABA_ID
from tests.meta_events.world import PORTFOLIO, change, the_change, told, worked
from wabas.models import Waba

pytestmark = pytest.mark.django_db
INFO = {"waba_id": WABA_ID, "owner_business_id": "538680978208389"}
# Event, what it carries, and whose entry it stands in.
FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("PARTNER_APP_INSTALLED", {"waba_info": INFO | {"partner_app_id": "670000000000001"}}, PORTFOLIO),
    ("PARTNER_APP_UNINSTALLED", {"waba_info": INFO | {"partner_app_id": "670000000000001"}}, PORTFOLIO),
    ("PARTNER_REMOVED", {"waba_info": INFO}, PORTFOLIO),
    (
        "PARTNER_REMOVED",
        {"waba_info": INFO, "disconnection_info": {"reason": "ACCOUNT_DISCONNECTED", "initiated_by": "USER"}},
        PORTFOLIO,
    ),
    ("PARTNER_REMOVED", {"phone_number": "15550783881"}, PORTFOLIO),
    ("PARTNER_REMOVED", {"phone_number": "15550783881"}, WABA_ID),
    ("ACCOUNT_OFFBOARDED", {}, WABA_ID),
    ("ACCOUNT_RECONNECTED", {}, WABA_ID),
    ("ACCOUNT_DELETED", {}, WABA_ID),
    (
        "ACCOUNT_RESTRICTION",
        {
            "restriction_info": [
                {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1739407424}
            ]
        },
        WABA_ID,
    ),
    ("ACCOUNT_VIOLATION", {"violation_info": {"violation_type": "SCAM"}}, WABA_ID),
    ("DISABLED_UPDATE", {"ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "2026-01-15"}}, WABA_ID),
    ("AD_ACCOUNT_LINKED", {"waba_info": INFO | {"ad_account_linked": "12"}}, PORTFOLIO),
    ("MM_LITE_TERMS_SIGNED", {"waba_info": INFO}, PORTFOLIO),
    (
        "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE",
        {
            "waba_info": INFO,
            "partner_client_certification_info": {"client_business_id": "1", "status": "APPROVED"},
        },
        PORTFOLIO,
    ),
    ("AUTH_INTL_PRICE_ELIGIBILITY_UPDATE", {"auth_international_rate_eligibility": {}}, WABA_ID),
    ("BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", {"country": "BR"}, WABA_ID),
    ("VOLUME_BASED_PRICING_TIER_UPDATE", {"volume_tier_info": {"tier": "0:10000"}}, WABA_ID),
    ("VERIFIED_ACCOUNT", {"phone_number": "15550783881"}, WABA_ID),
]


def happened(event: str, value: dict, entry_id: str = PORTFOLIO, at: int | None = None) -> str:
    told(change(event=event, **value), entry_id=entry_id, at=at)
    worked()
    return the_change().status


@pytest.mark.parametrize(("event", "value", "entry_id"), FORMS)
def test_every_form_finds_its_connected_account(phone, event, value, entry_id):
    assert happened(event, value, entry_id, int(timezone.now().timestamp()) + 2) == "done"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("PARTNER_REMOVED", "skipped"),
        ("PARTNER_APP_UNINSTALLED", "skipped"),
        ("ACCOUNT_DELETED", "skipped"),
        ("ACCOUNT_OFFBOARDED", "skipped"),
        ("ACCOUNT_RECONNECTED", "skipped"),
        ("ACCOUNT_RESTRICTION", "held"),
        ("ACCOUNT_VIOLATION", "held"),
        ("DISABLED_UPDATE", "held"),
        ("AD_ACCOUNT_LINKED", "held"),
        ("SOMETHING_NEW", "held"),
    ],
)
def test_of_an_account_that_is_not_ours_what_takes_away_is_over_and_the_rest_is_held(event, expected):
    assert happened(event, {"waba_info": INFO}) == expected


def test_a_disconnected_account_is_as_one_that_is_not_ours(waba):
    Waba.objects.update(status="disconnected")

    assert happened("PARTNER_REMOVED", {"waba_info": INFO}) == "skipped"


def test_a_removal_after_the_connection_ends_it(phone):
    now = int(timezone.now().timestamp()) + 2

    happened("PARTNER_REMOVED", {"waba_info": INFO}, PORTFOLIO, now)

    assert Waba.objects.get().status == "disconnected"


def test_an_event_that_nobody_knows_is_kept_as_such(waba):
    assert happened("SOMETHING_NEW", {}, WABA_ID) == "unknown"


@pytest.mark.parametrize("value", [{}, {"event": None}, {"event": {}}, {"event": ""}])
def test_one_without_an_event_is_malformed(waba, value):
    told(change(**value), entry_id=WABA_ID)
    worked()

    assert the_change().status == "failed"


def test_a_number_of_two_accounts_tells_neither(phone, stranger):
    other = Waba.objects.create(organization=stranger.organization, meta_waba_id="55")
    PhoneNumber.objects.create(
        organization=other.organization,
        waba=other,
        meta_phone_number_id="77",
        phone_number=phone.phone_number,
    )

    assert happened("PARTNER_REMOVED", {"phone_number": "15550783881"}) == "skipped"
    assert Waba.objects.filter(status="connected").count() == 2


@pytest.mark.parametrize(("value", "entry_id"), [({"waba_info": {"waba_id": "55"}}, PORTFOLIO), ({}, "55")])
def test_the_end_of_a_numbers_old_account_leaves_it_on_its_new_one(phone, value, entry_id):
    now = int(timezone.now().timestamp()) + 2

    status = happened("PARTNER_REMOVED", {"phone_number": "15550783881"} | value, entry_id, now)

    assert status == "skipped"
    assert Waba.objects.get().status == "connected"
    assert PhoneNumber.objects.get().disconnected_at is None


# -- PARTNER_ADDED ---------------------------------------------------------------------------------


def test_a_shared_account_is_noted_before_anything_is_known_of_it():
    at = int(timezone.now().timestamp())

    assert happened("PARTNER_ADDED", {"waba_info": INFO}, PORTFOLIO, at) == "done"

    shared = SharedWaba.objects.get()
    assert (shared.meta_waba_id, shared.owner_business_id) == (WABA_ID, INFO["owner_business_id"])
    assert shared.first_told_at.timestamp() == at


def test_a_shared_account_is_noted_of_one_that_is_ours_too(waba):
    assert happened("PARTNER_ADDED", {"waba_info": INFO}) == "done"
    assert SharedWaba.objects.get().meta_waba_id == WABA_ID


def test_an_owner_that_is_not_named_is_none():
    assert happened("PARTNER_ADDED", {"waba_info": {"waba_id": int(WABA_ID)}}) == "done"
    assert SharedWaba.objects.get().owner_business_id is None


def test_a_shared_account_without_an_id_is_malformed_and_never_our_portfolio():
    assert happened("PARTNER_ADDED", {}, WABA_ID) == "failed"
    assert not SharedWaba.objects.exists()
