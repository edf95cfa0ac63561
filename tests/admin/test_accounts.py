"""WABAs on staff's pages: what Meta announced, the credit line, releasing one, revoking the line."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.utils import timezone

from meta_graph import wabas
from meta_graph.client import system_token
from meta_graph.errors import GraphError
from phones.models import PhoneNumber
from tests.admin.test_pages import address
from tests.phones.world import known_phone, names
from wabas import credit
from wabas.models import Waba


def page_of(staff, waba) -> str:
    return str(staff.get(address(Waba, "change", waba.pk)).content.decode())


def history(row) -> list[str]:
    entries = LogEntry.objects.filter(object_id=str(row.pk)).order_by("pk")
    return [entry.get_change_message().partition(" Reason: ")[0] for entry in entries]


def messages_of(page) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def test_the_page_says_plainly_what_meta_announced(staff, told):
    now = timezone.now()
    Waba.objects.update(
        ban_state="SCHEDULE_FOR_DISABLE",
        ban_date="2026-11-30",
        violation_type="SCAM",
        told_at={"violation": "2026-11-20T10:30:00.000Z"},
        paused_at=now,
        token_expires_at=now + timedelta(days=3, minutes=5),
        restrictions=[
            {"type": "RESTRICTED_UTILITY_TEMPLATES", "at": "x", "expiresAt": None, "remediation": "Ask."}
        ],
        credit_line_status="refused",
        allocation_config_id="77001",
        credit_error={"code": "REFUSED", "message": "No."},
    )

    body = page_of(staff, told.waba)

    for words in (
        "Meta is going to disable it: 2026-11-30", "SCAM, 2026-11-20", "the owner changes the phone",
        "expires in 3 days", "RESTRICTED UTILITY TEMPLATES", "in force", "refused", "77001", "REFUSED",
    ):  # fmt: skip
        assert words in body, words


def test_credit_that_outlived_its_waba_stands_out(staff, told):
    Waba.objects.update(status="disconnected", credit_line_status="verified")

    assert "verified, though the WABA is disconnected" in page_of(staff, told.waba)


def test_the_page_of_a_number_says_what_clients_were_told(staff, told):
    at = "2026-11-20T10:30:00.000Z"
    able = {"canReceiveMessages": True, "canSendMessages": False, "canSendTemplates": False}
    announced = {"capabilities": able, "warnings": ["TOKEN_EXPIRES_SOON x"], "at": at}
    PhoneNumber.objects.update(announced=announced)

    body = staff.get(address(PhoneNumber, "change", told.phone.pk)).content.decode()

    assert "2026-11-20 10:30:00" in body
    assert "TOKEN_EXPIRES_SOON x" in body
    assert '<span class="chip">receive</span>' in body


# ---- release --------------------------------------------------------------------------------------------


def test_releasing_asks_first_then_disconnects_and_another_organization_can_connect(
    act, staff_user, organization, stranger, meta
):
    phone = known_phone(organization, meta)
    asked = act("release", phone.waba, confirmed=False)
    assert "Any organization can connect it afterwards." in asked.content.decode()
    assert Waba.objects.get().is_connected

    page = act("release", phone.waba)

    assert messages_of(page) == [f"Release this WABA: done for {phone.waba}."]
    waba = Waba.objects.get()
    assert (waba.status, waba.disconnect_reason) == ("disconnected", "RELEASED")
    assert (waba.disconnect_initiated_by, waba.is_subscribed) == ("platform", False)
    assert names() == ["phone_number.disconnected"]
    assert history(waba) == ["Release this WABA."]
    assert {entry.user for entry in LogEntry.objects.all()} == {staff_user}
    Waba.objects.create(organization=stranger.organization, meta_waba_id=waba.meta_waba_id)


def test_one_that_is_not_connected_is_neither_offered_nor_released_again(act, staff, told):
    Waba.objects.update(status="disconnected")

    page = act("release", told.waba)

    assert messages_of(page) == [f"Release this WABA: not done for {told.waba}. It is not connected."]
    assert history(told.waba) == ["Release this WABA: not done. It is not connected."]
    assert 'value="release"' not in page_of(staff, told.waba)


def test_who_may_only_look_may_not_release(client, django_user_model, told):
    looker = django_user_model.objects.create_user("lou", password="x", is_staff=True)
    client.force_login(looker)

    client.post("/admin/wabas/waba/", {"action": "release", "_selected_action": [str(told.waba.pk)],
                                       "confirmed": "yes", "reason": "asked by mail"})  # fmt: skip

    assert Waba.objects.get(pk=told.waba.pk).is_connected


# ---- the credit line ------------------------------------------------------------------------------------


@pytest.fixture
def shared(organization, meta, settings) -> Waba:
    """A WABA whose bills our credit line pays, at the fake Meta too."""
    settings.META_CREDIT_LINE_ID = "500000000000005"
    meta.sandbox.configure(credit_line_id="500000000000005")
    phone = known_phone(organization, meta)
    wabas.assign_user(
        waba_id=phone.waba.meta_waba_id,
        user_id=settings.META_SYSTEM_USER_ID,
        tasks=("MANAGE",),
        token=system_token(),
    )
    credit.share_credit(waba=phone.waba)
    return Waba.objects.get()


def test_revoking_says_whom_it_hits_and_takes_the_line_back(act, staff, shared, meta):
    asked = act("revoke_credit_line", shared, confirmed=False).content.decode()
    assert "every WABA of that business that is shared with us loses it" in asked
    assert Waba.objects.get().credit_line_status == "verified"

    page = act("revoke_credit_line", shared)

    assert messages_of(page) == [f"Revoke the credit line: done for {shared}."]
    assert Waba.objects.get().credit_line_status == "revoked"
    assert history(shared) == ["Revoke the credit line."]
    assert 'value="revoke_credit_line"' not in page_of(staff, shared)


def test_what_meta_refuses_is_told_and_stands_in_the_history(act, shared, meta):
    meta.sandbox.set_scenario("graph_down")

    page = act("revoke_credit_line", shared)

    [said] = messages_of(page)
    assert said.startswith(f"Revoke the credit line: not done for {shared}.")
    assert "Meta could not be reached" in said
    assert history(shared)[-1].startswith("Revoke the credit line: not done.")


def test_no_transaction_is_open_while_meta_is_asked(act, shared, monkeypatch):
    seen: list[int] = []

    def refused(**_: object) -> None:
        seen.append(len(connection.savepoint_ids))
        raise GraphError(call="revoke", code=100, message="no")

    before = len(connection.savepoint_ids)
    monkeypatch.setattr("wabas.admin.revoke_credit", refused)
    act("revoke_credit_line", shared)

    assert seen == [before]
