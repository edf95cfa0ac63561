"""What Meta announces of an account, in any order and any number of times."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from phones.account_updates import CHANGES, apply
from phones.health import assess
from phones.models import PhoneNumber
from phones.next_action import next_action
from phones.sync import check_waba
from tests.phones.world import ALL, OUTGOING, healthy_phone, names, told
from tests.wabas.world import at_once, on_postgresql
from wabas.models import Waba

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)
TOMORROW = NOW + timedelta(days=1)
BIZ, UTILITY = "RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_UTILITY_TEMPLATES"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def phone(organization) -> PhoneNumber:
    return healthy_phone(organization)


def update(event: str, at: datetime = NOW, **value: Any) -> bool:
    return apply(event=event, value={"event": event} | value, waba=Waba.objects.get(), at=at)


def restriction(kind: str, expiration: Any = None, **more: Any) -> dict[str, Any]:
    return {"restriction_type": kind, **({"expiration": expiration} if expiration else {}), **more}


def off() -> set[str]:
    return {issue.capability for issue in judged().issues if issue.capability}


def judged() -> Any:
    return assess(PhoneNumber.objects.select_related("waba").get(), timezone.now())


def action() -> Any:
    return next_action(judged())


# ---- our access is gone ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "value", "reason", "initiated_by"),
    [
        ("PARTNER_REMOVED", {}, "PARTNER_REMOVED", "end_user"),
        (
            "PARTNER_REMOVED",
            {"disconnection_info": {"reason": "PRIMARY_INACTIVITY", "initiated_by": "SYSTEM"}},
            "PRIMARY_INACTIVITY",
            "meta",
        ),
        (
            "PARTNER_REMOVED",
            {"disconnection_info": {"reason": "CHANGE_NUMBER", "initiated_by": "USER"}},
            "CHANGE_NUMBER",
            "end_user",
        ),
        ("PARTNER_APP_UNINSTALLED", {}, "PARTNER_APP_UNINSTALLED", "end_user"),
        ("ACCOUNT_DELETED", {}, "ACCOUNT_DELETED", "end_user"),
    ],
)
def test_access_that_is_gone_disconnects_the_waba_and_says_why(phone, event, value, reason, initiated_by):
    assert update(event, **value)
    assert update(event, **value)

    waba = Waba.objects.get()
    assert (waba.is_connected, waba.access_token, waba.disconnected_at) == (False, None, NOW)
    assert (waba.disconnect_reason, waba.disconnect_initiated_by) == (reason, initiated_by)
    [(name, data)] = told()
    assert name == "phone_number.disconnected"
    assert (data["reason"], data["initiatedBy"]) == (reason, initiated_by)


def test_an_app_of_somebody_else_that_was_uninstalled_is_no_matter_of_ours(phone, settings):
    assert update("PARTNER_APP_UNINSTALLED", partner_app_id="999")
    assert Waba.objects.get().is_connected

    update("PARTNER_APP_UNINSTALLED", partner_app_id=settings.META_APP_ID)

    assert not Waba.objects.get().is_connected


def test_where_one_phone_is_named_only_that_one_goes(organization, phone):
    other = healthy_phone(organization, phone.waba, 2)

    update("PARTNER_REMOVED", phone_number=phone.phone_number.removeprefix("+"))
    update("PARTNER_REMOVED", phone_number="19998887777")

    assert Waba.objects.get().is_connected
    assert [data["phoneNumberId"] for _, data in told()] == [str(phone.pk)]
    assert PhoneNumber.objects.get(disconnected_at=None) == other


def test_what_was_sent_before_the_waba_was_connected_again_is_of_the_connection_before(phone):
    Waba.objects.update(connected_at=NOW + timedelta(milliseconds=700))

    update("PARTNER_REMOVED", at=EARLIER)
    assert Waba.objects.get().is_connected

    # Meta's times have whole seconds.
    update("PARTNER_REMOVED", at=NOW)
    assert not Waba.objects.get().is_connected


def test_nothing_is_said_of_a_waba_that_is_disconnected(phone):
    update("ACCOUNT_DELETED")

    assert update("DISABLED_UPDATE", at=LATER, ban_info={"waba_ban_state": "DISABLE"})

    assert Waba.objects.get().ban_state is None
    assert names() == ["phone_number.disconnected"]


# ---- paused ------------------------------------------------------------------------------------------


def test_while_the_owner_changes_the_phone_nothing_can_be_sent(phone):
    assert update("ACCOUNT_OFFBOARDED")

    assert off() == {*OUTGOING}
    assert action().actor == "end_user"
    [(name, data)] = told()
    assert (name, data["changed"]) == ("phone_number.not_ready", OUTGOING)
    assert data["capabilities"]["canReceiveMessages"] is True
    assert {issue["code"] for issue in data["issues"]} == {"SENDING_PAUSED"}

    assert update("ACCOUNT_RECONNECTED", at=LATER)

    assert off() == set()
    assert (names()[-1], told()[-1][1]["changed"]) == ("phone_number.ready", OUTGOING)


def test_the_later_word_wins_in_either_order_and_repeats_change_nothing(phone):
    update("ACCOUNT_RECONNECTED", at=LATER)
    update("ACCOUNT_OFFBOARDED", at=NOW)
    update("ACCOUNT_OFFBOARDED", at=NOW)

    assert Waba.objects.get().paused_at is None
    assert names() == []

    for at in (NOW, LATER, NOW):
        update("ACCOUNT_OFFBOARDED", at=at + timedelta(hours=1))
        update("ACCOUNT_OFFBOARDED", at=at + timedelta(hours=1))

    assert Waba.objects.get().paused_at == LATER + timedelta(hours=1)
    assert names() == ["phone_number.not_ready"]


# ---- restrictions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (BIZ, {"canSendTemplates"}),
        ("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", {"canSendMessages"}),
        (UTILITY, set()),
        ("RESTRICTED_ADD_PHONE_NUMBER_ACTION", set()),
        ("RESTRICTED_SOMETHING_NEW", set()),
    ],
)
def test_a_restriction_turns_off_what_it_names_and_is_told_in_words(phone, kind, expected):
    update("ACCOUNT_RESTRICTION", restriction_info=[restriction(kind, int(TOMORROW.timestamp()))])

    assert off() == expected
    [issue] = {issue.message: issue for issue in judged().issues}.values()
    assert (issue.code, issue.entity) == (kind, "WABA")
    assert "2026-11-21 10:30 UTC" in issue.message
    assert kind not in issue.message
    assert names() == (["phone_number.not_ready"] if expected else [])


@pytest.mark.parametrize(
    "expiration",
    [int(TOMORROW.timestamp()), str(int(TOMORROW.timestamp())), "2026-11-21T10:30:00+00:00"],
)
def test_its_end_is_understood_however_meta_writes_it_and_comes_by_itself(phone, expiration):
    update("ACCOUNT_RESTRICTION", restriction_info=[restriction(BIZ, expiration)])
    assert action().deadline == TOMORROW
    assert action().actor == "meta"

    with time_machine.travel(TOMORROW, tick=False):
        assert off() == set()


@pytest.mark.parametrize("expiration", [None, "soon", 10**20, True, {}, []])
def test_one_without_an_end_that_can_be_read_goes_on(phone, expiration):
    entry = restriction(BIZ) | {"expiration": expiration, "remediation": "Ask for a review."}
    update("ACCOUNT_RESTRICTION", restriction_info=[entry])

    with time_machine.travel(NOW + timedelta(days=300), tick=False):
        assert off() == {"canSendTemplates"}
        move = action()
    assert (move.actor, move.message, move.deadline) == ("end_user", "Ask for a review.", None)


UPDATES = [
    (NOW, [restriction(BIZ, "1")]),
    (LATER, [restriction(UTILITY), restriction(BIZ, int(TOMORROW.timestamp()))]),
    (EARLIER, [restriction("RESTRICTED_ADD_PHONE_NUMBER_ACTION")]),
]


@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
def test_restrictions_come_to_the_same_in_whatever_order_they_arrive(phone, order):
    for number in (*order, *order):
        update("ACCOUNT_RESTRICTION", at=UPDATES[number][0], restriction_info=UPDATES[number][1])

    stored = {one["type"]: one["expiresAt"] for one in Waba.objects.get().restrictions}
    assert stored == {
        BIZ: "2026-11-21T10:30:00.000Z", UTILITY: None, "RESTRICTED_ADD_PHONE_NUMBER_ACTION": None,
    }  # fmt: skip


@pytest.mark.parametrize("clears_first", [True, False])
def test_an_empty_list_ends_what_was_announced_before_it(phone, clears_first):
    acts = [
        lambda: update("ACCOUNT_RESTRICTION", at=LATER, restriction_info=[]),
        lambda: update("ACCOUNT_RESTRICTION", at=NOW, restriction_info=[restriction(BIZ)]),
    ]
    for act in acts if clears_first else reversed(acts):
        act()

    assert off() == set()


# ---- bans and violations -----------------------------------------------------------------------------


def test_a_disabled_account_can_do_nothing_until_it_is_reinstated(phone):
    update("DISABLED_UPDATE", ban_info={"waba_ban_state": "DISABLE", "waba_ban_date": "November 20, 2026"})
    assert off() == {*ALL}
    assert action().code == "ACCOUNT_DISABLED"

    update("DISABLED_UPDATE", at=LATER, ban_info={"waba_ban_state": ["REINSTATE"]})

    assert off() == set()
    assert names() == ["phone_number.not_ready", "phone_number.ready"]


def test_a_ban_that_is_to_come_turns_nothing_off_and_is_told_once(phone):
    for at in (NOW, NOW, LATER):
        said = {"waba_ban_state": "SCHEDULE_FOR_DISABLE", "waba_ban_date": "2026-11-30"}
        update("DISABLED_UPDATE", at=at, ban_info=said)

    assert off() == set()
    assert action().code == "ACCOUNT_WILL_BE_DISABLED"
    [(name, data)] = told()
    assert (name, data["changed"]) == ("phone_number.ready", [])
    assert "2026-11-30" in data["issues"][0]["message"]


def test_each_violation_is_told_and_shown_for_a_month(phone):
    update("ACCOUNT_VIOLATION", violation_info={"violation_type": "SCAM"})
    update("ACCOUNT_VIOLATION", violation_info={"violation_type": "SCAM"})
    update("ACCOUNT_VIOLATION", at=LATER, violation_info={"violation_type": "ADULT"})
    update("ACCOUNT_VIOLATION", at=EARLIER, violation_info={"violation_type": "DRUGS"})

    assert [data["issues"][0]["message"].rsplit(": ")[1] for _, data in told()] == ["scam.", "adult."]
    assert action().code == "ACCOUNT_VIOLATION"
    with time_machine.travel(LATER + timedelta(days=30), tick=False):
        assert judged().issues == ()


# ---- the rest ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["VERIFIED_ACCOUNT", "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE"])
def test_what_a_check_can_read_is_checked_at_once(phone, event):
    assert update(event, phone_number="15550001111")

    assert Waba.objects.get().check_due_at == NOW


def test_signed_terms_are_looked_up_by_the_next_read(phone):
    Waba.objects.update(looked_up_at=NOW)

    assert update("MM_LITE_TERMS_SIGNED", waba_info={"waba_id": "1"})

    assert Waba.objects.get().looked_up_at is None


def test_a_linked_ad_account_is_kept_once(phone):
    for at in (LATER, NOW):
        update("AD_ACCOUNT_LINKED", at=at, waba_info={"ad_account_linked": "77"})

    assert update("AD_ACCOUNT_LINKED", waba_info={})
    assert Waba.objects.get().ad_account_ids == ["77"]


@pytest.mark.parametrize(
    "event",
    [
        "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE",
        "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE",
        "VOLUME_BASED_PRICING_TIER_UPDATE",
    ],
)
def test_prices_and_places_are_known_and_change_nothing(phone, event):
    before = Waba.objects.values().get()

    assert update(event)

    assert Waba.objects.values().get() == before


@pytest.mark.parametrize("event", ["PARTNER_ADDED", "SOMETHING_NEW", ""])
def test_a_form_that_is_not_known_is_said_to_be_so(phone, event):
    assert not update(event)


@pytest.mark.parametrize("event", [*CHANGES, "PARTNER_REMOVED"])
@pytest.mark.parametrize("odd", [None, "x", 7, [], [None], [{}], {}, {"restriction_type": None}])
def test_an_odd_body_is_no_error(phone, event, odd):
    names = ("restriction_info", "violation_info", "ban_info", "waba_info", "disconnection_info")

    assert update(event, **dict.fromkeys(names, odd))
    judged()


@pytest.mark.parametrize("odd", [None, {}, "x", [None]])
def test_only_an_empty_list_ends_restrictions(phone, odd):
    update("ACCOUNT_RESTRICTION", restriction_info=[restriction(BIZ)])

    update("ACCOUNT_RESTRICTION", at=LATER, restriction_info=odd)

    assert off() == {"canSendTemplates"}


def test_a_change_is_followed_by_a_check(phone):
    update("DISABLED_UPDATE", ban_info={"waba_ban_state": "DISABLE"})

    assert Waba.objects.get().check_due_at == NOW


def test_events_and_rows_are_written_together_or_not_at_all(phone):
    def paused_before_a_power_cut():
        with transaction.atomic():
            update("ACCOUNT_OFFBOARDED")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        paused_before_a_power_cut()

    assert Waba.objects.get().paused_at is None
    assert names() == []


def test_a_phone_that_no_link_was_completed_for_is_not_told_of(organization):
    healthy_phone(organization)
    PhoneNumber.objects.update(announced=None)

    update("ACCOUNT_OFFBOARDED")

    assert off() == {*OUTGOING}
    assert names() == []


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_copies_at_once_one_is_told(organization, settings):
    settings.META_GRAPH_URL = "http://127.0.0.1:1"
    phone = healthy_phone(organization)
    offboard = [lambda: update("ACCOUNT_OFFBOARDED")] * 4

    at_once(*offboard, *[lambda: check_waba(phone.waba_id)] * 3)

    assert names() == ["phone_number.not_ready"]
