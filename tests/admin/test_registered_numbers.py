"""Registered numbers in the admin: registered by hand, sent codes, verified, deleted; refusals are told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding.models import OnboardingLink, RegisteredNumber
from organizations.models import Organization, StaffAction
from phones.models import CodeRequest
from tests.admin.conftest import REASON
from tests.admin.test_actions import messages_of
from tests.admin.test_pages import address
from tests.wabas.world import Meta

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER, CODE = "+5491155551234", "246810"


def register(staff: Client, organization: Organization, **changes: Any) -> Any:
    body = {
        "organization": str(organization.pk),
        "phoneNumber": "+54 9 11 5555-1234",
        "method": "sms",
        "reason": REASON,
    }
    return staff.post(address(RegisteredNumber, "add"), body | changes, follow=True)


def enter(staff: Client, number: RegisteredNumber, code: str = CODE) -> Any:
    url = reverse("admin:onboarding_registerednumber_code", args=[number.pk])
    return staff.post(url, {"code": code, "reason": REASON}, follow=True)


def row() -> RegisteredNumber:
    return RegisteredNumber.objects.get()


def history() -> list[str]:
    return [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]


@pytest.fixture
def number(staff: Client, organization: Organization, meta: Meta) -> RegisteredNumber:
    register(staff, organization)
    return row()


def test_a_number_is_registered_and_verified_by_hand(
    staff: Client, organization: Organization, meta: Meta
) -> None:
    page = register(staff, organization, comment="Front desk", language="es")
    done = enter(staff, row(), "246-810")

    assert messages_of(page) == ["Meta sends the number a code."]
    assert b"Enter the code" in page.content
    assert messages_of(done) == ["The number is verified."]
    assert (row().status, row().comment, row().organization) == ("verified", "Front desk", organization)
    assert history() == [
        f"Register the number. Reason: {REASON}", f"Enter the code. Reason: {REASON}",
    ]  # fmt: skip
    assert [(one.outcome, one.reason) for one in StaffAction.objects.all()] == [("done", REASON)] * 2


def test_what_is_wrong_stands_at_its_field(staff: Client, organization: Organization, meta: Meta) -> None:
    page = register(staff, organization, phoneNumber="12", language="?")

    assert set(page.context["form"].errors) == {"phoneNumber", "language"}
    assert not RegisteredNumber.objects.exists()
    assert meta.sandbox.calls() == []


def test_metas_refusal_stands_above_the_form(staff: Client, organization: Organization, meta: Meta) -> None:
    meta.sandbox.sign_up(phone_number=NUMBER)

    page = register(staff, organization)

    assert "already in use" in str(page.context["form"].non_field_errors())
    assert not RegisteredNumber.objects.exists()
    assert StaffAction.objects.get().outcome == "refused"


def test_a_wrong_code_is_told_and_in_the_history(staff: Client, number: RegisteredNumber) -> None:
    page = enter(staff, number, "111111")

    assert "not the code" in str(page.context["form"].non_field_errors())
    assert row().status == "unverified"
    assert history()[-1].startswith("Enter the code: not done. ")
    noted = StaffAction.objects.latest("pk")
    assert (noted.outcome, noted.reason) == ("refused", REASON)
    assert "not the code" in noted.refusal


def test_meta_is_asked_for_nothing_without_a_reason(
    staff: Client, organization: Organization, number: RegisteredNumber, meta: Meta
) -> None:
    before = len(meta.sandbox.calls())
    url = reverse("admin:onboarding_registerednumber_code", args=[number.pk])

    entered = staff.post(url, {"code": CODE})
    registered = register(staff, organization, reason="")

    assert entered.context["form"].errors["reason"]
    assert registered.context["form"].errors["reason"]
    assert len(meta.sandbox.calls()) == before


def test_codes_are_sent_by_sms_and_said_three_in_an_hour(
    act: Callable[..., Any], number: RegisteredNumber, meta: Meta
) -> None:
    pages = []
    for action in ("call", "send_sms", "call"):
        CodeRequest.objects.update(requested_at=timezone.now() - timedelta(minutes=1))
        pages.append(act(action, number))

    assert messages_of(pages[0]) == [f"Have a code said: done for {NUMBER}."]
    assert messages_of(pages[1]) == [f"Send a code by SMS: done for {NUMBER}."]
    assert "Three codes were asked for" in messages_of(pages[2])[0]
    methods = [call["body"]["code_method"] for call in meta.sandbox.calls("request_code")]
    assert methods == ["SMS", "VOICE", "SMS"]


def test_nothing_is_asked_of_meta_before_the_question_is_answered(
    act: Callable[..., Any], number: RegisteredNumber, meta: Meta
) -> None:
    before = len(meta.sandbox.calls())

    for action in ("send_sms", "call", "delete_selected"):
        assert act(action, number, confirmed=False).templates[0].name == "admin/ask.html"

    assert len(meta.sandbox.calls()) == before


def test_a_number_is_deleted_at_meta_too_unless_an_open_link_has_it(
    staff: Client, act: Callable[..., Any], number: RegisteredNumber, meta: Meta
) -> None:
    enter(staff, number)
    link = OnboardingLink.objects.create(
        organization=number.organization, name="Acme Corp", registered_number=number
    )

    refused = act("delete_selected", number)
    OnboardingLink.objects.filter(pk=link.pk).delete()
    done = act("delete_selected", number)

    assert "is in an open link" in messages_of(refused)[0]
    assert messages_of(done) == [f"Delete: done for {NUMBER}."]
    assert not RegisteredNumber.objects.exists()
    assert list(meta.sandbox.state.of_kind("preverified_number")) == []


def test_djangos_own_address_of_a_deletion_asks(staff: Client, number: RegisteredNumber) -> None:
    page = staff.get(address(RegisteredNumber, "delete", number.pk))
    staff.post(address(RegisteredNumber, "delete", number.pk), {"post": "yes"})

    assert page.templates[0].name == "admin/ask.html"
    assert RegisteredNumber.objects.exists()


def test_numbers_are_found_by_number_link_and_status(staff: Client, number: RegisteredNumber) -> None:
    link = OnboardingLink.objects.create(
        organization=number.organization, name="Café Río", registered_number=number
    )

    def found(query: str) -> int:
        page = staff.get(address(RegisteredNumber, "changelist") + query)
        return len(page.context["cl"].result_list)

    assert [found(f"?q={term}") for term in (str(link.pk), "5555-1234", number.meta_preverified_id)] == [
        1
    ] * 3
    assert found("?q=5555-9999") == 0
    assert [found(f"?status={one}") for one in ("unverified", "verified", "used", "expired")] == [1, 0, 0, 0]
    assert "Café Río" in staff.get(address(RegisteredNumber, "changelist")).content.decode()


def test_only_what_makes_sense_is_offered(staff: Client, number: RegisteredNumber) -> None:
    def offered() -> list[str]:
        page = staff.get(address(RegisteredNumber, "change", number.pk))
        return [*(one["action"] for one in page.context["buttons"]), *dict(page.context["elsewhere"])]

    unverified = offered()
    enter(staff, number)
    verified = offered()
    RegisteredNumber.objects.update(expires_at=timezone.now())

    assert unverified == ["send_sms", "call", "delete_selected", "Enter the code", "Calls of Meta"]
    assert verified == ["delete_selected", "Calls of Meta"]
    assert offered() == unverified


def test_who_may_only_look_enters_no_code(number: RegisteredNumber) -> None:
    looker = User.objects.create_user("lea", password="opensesame", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_registerednumber"))
    client = Client()
    client.force_login(looker)

    assert client.get(address(RegisteredNumber, "change", number.pk)).status_code == 200
    assert enter(client, number).status_code == 403
    assert client.get(address(RegisteredNumber, "add")).status_code == 403
    assert row().status == "unverified"
