"""The end of a connection: over the API, by Meta's word, and what stays possible afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from meta_graph import phone_numbers, wabas
from meta_graph.client import business_token
from phones import reading, sync
from phones.disconnecting import disconnect_phone, disconnect_waba, leave_waba, unsubscribed
from phones.models import PhoneNumber
from phones.services import (
    DisconnectedMeanwhileError,
    adopt_link,
    connect_phone,
    note_registered,
    refresh_phone,
)
from phones.sync import check_waba, sync_phone
from tests.phones.world import healthy_phone, healthy_waba, known_phone, names, told
from tests.wabas.world import at_once, on_postgresql, token_of
from wabas.models import Waba
from wabas.services import connect_waba
from webhooks.models import Delivery
from webhooks.services import create_webhook

NOW = timezone.now()


def disconnect(waba: Waba, reason: str = "PARTNER_REMOVED", initiated_by: str = "end_user") -> bool:
    return disconnect_waba(waba=waba, reason=reason, initiated_by=initiated_by, at=NOW)


def test_the_rows_forget_the_token_and_say_why(organization):
    phone = healthy_phone(organization)

    assert disconnect(phone.waba)

    waba, row = Waba.objects.get(), PhoneNumber.objects.get()
    assert (waba.status, waba.disconnect_reason) == ("disconnected", "PARTNER_REMOVED")
    assert (waba.disconnect_initiated_by, waba.disconnected_at) == ("end_user", NOW)
    assert (waba.access_token, waba.check_due_at) == (None, None)
    assert (row.disconnected_at, row.disconnect_reason) == (NOW, "PARTNER_REMOVED")
    assert (row.status, row.is_registered) == ("DISCONNECTED", False)


def test_each_phone_is_told_of_once_to_whoever_listens(organization):
    waba = healthy_waba(organization)
    phones = [healthy_phone(organization, waba, number) for number in (1, 2)]
    create_webhook(organization=organization, url="https://shop.example.com/", events=["*"], waba=waba)

    disconnect(waba)
    disconnect(waba)

    assert told() == [
        (
            "phone_number.disconnected",
            {
                "phoneNumberId": str(phone.pk),
                "phoneNumber": phone.phone_number,
                "wabaId": str(waba.pk),
                "reason": "PARTNER_REMOVED",
                "initiatedBy": "end_user",
            },
        )
        for phone in sorted(phones, key=lambda phone: phone.pk)
    ]
    assert Delivery.objects.count() == 2


def test_what_clients_were_told_starts_anew_so_that_the_next_connection_is_told_of(organization):
    phone = healthy_phone(organization)

    disconnect(phone.waba)

    announced = PhoneNumber.objects.get().announced
    assert announced is not None
    assert set(announced["capabilities"].values()) == {False}


def test_the_pin_is_kept_since_nobody_else_knows_it(organization):
    phone = healthy_phone(organization)
    PhoneNumber.objects.update(pin="482913")

    disconnect(phone.waba)

    assert PhoneNumber.objects.get().pin == "482913"


def test_one_number_alone_leaves_the_others_connected(organization):
    waba = healthy_waba(organization)
    gone, stays = (healthy_phone(organization, waba, number) for number in (1, 2))

    assert disconnect_phone(phone=gone, reason="CHANGE_NUMBER", initiated_by="end_user", at=NOW)
    assert not disconnect_phone(phone=gone, reason="CHANGE_NUMBER", initiated_by="end_user", at=NOW)

    assert Waba.objects.get().is_connected
    stays.refresh_from_db()
    assert (stays.disconnected_at, stays.status) == (None, "CONNECTED")
    assert [data["phoneNumberId"] for _, data in told()] == [str(gone.pk)]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_who_disconnect_at_once_one_tells(organization):
    phone = healthy_phone(organization)

    ended = at_once(*[lambda: disconnect(Waba.objects.get(pk=phone.waba_id))] * 6)

    assert ended.count(True) == 1
    assert names() == ["phone_number.disconnected"]


# ---- over the API --------------------------------------------------------------------------------------


def test_a_client_disconnects_a_waba_by_our_id_or_metas(api, meta):
    phone = known_phone(api.organization, meta)

    answer = api.post(f"wabas/{phone.waba.meta_waba_id}/disconnect")

    assert answer.status_code == 200
    shown = answer.json()["data"]
    assert (shown["id"], shown["status"], shown["isSubscribed"]) == (
        str(phone.waba.pk), "disconnected", False,
    )  # fmt: skip
    assert (shown["disconnectReason"], shown["phones"][0]["isRegistered"]) == ("REQUESTED", False)
    assert not meta.sandbox.state.objects[phone.waba.meta_waba_id]["is_subscribed"]
    assert told()[-1][1]["initiatedBy"] == "customer"


def test_doing_it_twice_is_doing_it_once(api, meta):
    phone = known_phone(api.organization, meta)
    first = api.post(f"wabas/{phone.waba.pk}/disconnect")
    calls = len(meta.sandbox.calls())

    second = api.post(f"wabas/{phone.waba.pk}/disconnect")

    assert second.json() == first.json()
    assert names() == ["phone_number.disconnected"]
    assert len(meta.sandbox.calls()) == calls


@pytest.mark.parametrize(("scenario", "tries"), [("graph_down", 2), ("token_revoked", 1)])
def test_meta_keeps_nobody_connected(api, meta, scenario, tries):
    phone = known_phone(api.organization, meta)
    meta.sandbox.set_scenario(scenario, **({} if tries == 2 else {"target": phone.waba.meta_waba_id}))
    before = len(meta.sandbox.calls())

    answer = api.post(f"wabas/{phone.waba.pk}/disconnect")

    assert answer.status_code == 200
    assert (answer.json()["data"]["status"], answer.json()["data"]["isSubscribed"]) == ("disconnected", True)
    assert Waba.objects.get().access_token is None
    assert len(meta.sandbox.calls()) - before == tries


def test_without_a_token_nothing_is_asked_of_meta(organization, meta):
    phone = known_phone(organization, meta)
    Waba.objects.update(access_token=None)
    before = len(meta.sandbox.calls())

    leave_waba(waba=phone.waba, reason="REQUESTED", initiated_by="customer")

    assert not Waba.objects.get().is_connected
    assert len(meta.sandbox.calls()) == before


def test_a_strangers_waba_is_not_found_and_stays(api, stranger, meta):
    phone = known_phone(api.organization, meta)

    assert stranger.post(f"wabas/{phone.waba.pk}/disconnect").status_code == 404
    assert Waba.objects.get().is_connected


def test_a_body_is_refused(api):
    waba = healthy_waba(api.organization)

    assert api.post(f"wabas/{waba.pk}/disconnect", {"force": True}).status_code == 400
    assert Waba.objects.get().is_connected


def connected_by_another(meta: Any, phone: PhoneNumber, organization: Any) -> Waba:
    """Disconnected and connected again by `organization` while somebody holds the old row in hand."""
    disconnect(Waba.objects.get(pk=phone.waba_id))
    token = business_token(phone.waba.access_token or "")
    info = wabas.read_waba(waba_id=phone.waba.meta_waba_id, token=token)
    return connect_waba(
        organization=organization, info=info, token_value=token.value, token_expires_at=None, captured={}
    )


@pytest.mark.parametrize("way", [unsubscribed, lambda waba: reading.subscribe_again(waba, token_of(waba))])
def test_the_subscription_of_whoever_connected_it_meanwhile_is_left_alone(organization, stranger, meta, way):
    phone = known_phone(organization, meta)
    connected_by_another(meta, phone, stranger.organization)

    way(phone.waba)

    assert meta.sandbox.state.objects[phone.waba.meta_waba_id]["is_subscribed"]


def test_a_subscription_of_nobody_is_ended_again(organization, meta):
    phone = known_phone(organization, meta)
    disconnect(Waba.objects.get())

    assert not reading.subscribe_again(phone.waba, token_of(phone.waba))

    assert not meta.sandbox.state.objects[phone.waba.meta_waba_id]["is_subscribed"]


def test_what_meta_says_too_late_of_a_disconnected_number_is_not_noted(organization, meta):
    late = known_phone(organization, meta)
    info = phone_numbers.read_phone_number(
        phone_number_id=late.meta_phone_number_id, token=token_of(late.waba)
    )
    disconnect(Waba.objects.get())

    shown = refresh_phone(phone=late, info=info)
    note_registered(phone=late)

    row = PhoneNumber.objects.get()
    assert (row.is_registered, row.status) == (shown.is_registered, shown.status) == (False, "DISCONNECTED")
    assert shown.disconnected_at == NOW
    assert Waba.objects.get().check_due_at is None


# ---- afterwards ----------------------------------------------------------------------------------------


def test_the_health_says_that_it_is_disconnected_and_why(api):
    phone = healthy_phone(api.organization)
    PhoneNumber.objects.update(synced_at=NOW - timedelta(days=1))
    disconnect(phone.waba, "PRIMARY_INACTIVITY", "meta")

    health = api.get(f"phones/{phone.pk}/health").json()["data"]

    assert set(health["capabilities"].values()) == {False}
    assert {issue["code"] for issue in health["issues"]} == {"WABA_DISCONNECTED"}
    assert "14 days" in health["issues"][0]["message"]
    assert health["nextAction"]["actor"] == "customer"
    assert PhoneNumber.objects.get().sync_requested_at is None


def test_a_single_disconnected_number_says_so_too(api):
    phone = healthy_phone(api.organization)
    PhoneNumber.objects.update(synced_at=NOW - timedelta(days=1))
    disconnect_phone(phone=phone, reason="CHANGE_NUMBER", initiated_by="end_user", at=NOW)

    health = api.get(f"phones/{phone.pk}/health").json()["data"]

    assert {issue["code"] for issue in health["issues"]} == {"PHONE_DISCONNECTED"}
    assert PhoneNumber.objects.get().sync_requested_at is None


def test_nothing_is_asked_of_meta_about_what_is_gone(organization, meta):
    phone = known_phone(organization, meta)
    disconnect(phone.waba)
    before = len(meta.sandbox.calls())

    sync_phone(phone.pk)
    check_waba(phone.waba_id)

    assert len(meta.sandbox.calls()) == before
    assert names() == ["phone_number.disconnected"]


def test_a_check_that_was_on_its_way_brings_nothing_back(organization, meta, monkeypatch):
    phone = known_phone(organization, meta)
    read = reading.read

    def read_while_the_owner_takes_it_back(*args: Any) -> Any:
        answer = read(*args)
        disconnect(Waba.objects.get())
        return answer

    monkeypatch.setattr(sync, "read", read_while_the_owner_takes_it_back)
    sync_phone(phone.pk)

    assert PhoneNumber.objects.get().status == "DISCONNECTED"
    assert names() == ["phone_number.disconnected"]


@pytest.mark.parametrize("whose", ["same", "other"])
def test_it_can_be_connected_again_by_anybody(api, stranger, meta, whose):
    organization = api.organization if whose == "same" else stranger.organization
    signup, token = meta.sign_up()
    first = meta.saved_waba(api.organization, signup, token)
    disconnect(first)

    again = meta.saved_waba(organization, signup, token)

    assert again.is_connected
    assert (again.pk == first.pk) is (whose == "same")
    assert (again.disconnected_at, again.disconnect_reason, again.disconnect_initiated_by) == (None,) * 3
    assert again.connected_at is not None
    assert timezone.now() - again.connected_at < timedelta(seconds=10)


def test_a_number_that_comes_back_is_told_of_again(organization, meta):
    phone = known_phone(organization, meta)
    sync_phone(phone.pk)
    owner = Waba.objects.get()
    token = owner.access_token or ""
    disconnect(owner)

    Waba.objects.update(status="connected", access_token=token)
    info = phone_numbers.read_phone_number(
        phone_number_id=phone.meta_phone_number_id, token=business_token(token)
    )
    connect_phone(waba=Waba.objects.get(), info=info, metadata=None, external_id=None, is_coexistence=False)
    sync_phone(phone.pk)

    assert names() == ["phone_number.ready", "phone_number.disconnected", "phone_number.ready"]
    assert PhoneNumber.objects.get().disconnected_at is None


@pytest.mark.parametrize("gone", ["the WABA", "the number"])
def test_a_link_is_not_completed_over_what_was_disconnected_meanwhile(organization, meta, gone):
    phone = meta.registered_phone(organization)
    if gone == "the WABA":
        disconnect(phone.waba)
    else:
        disconnect_phone(phone=phone, reason="CHANGE_NUMBER", initiated_by="end_user", at=NOW)

    with pytest.raises(DisconnectedMeanwhileError):
        adopt_link(phone=phone, metadata=None, external_id=None)

    assert PhoneNumber.objects.get().announced is None
