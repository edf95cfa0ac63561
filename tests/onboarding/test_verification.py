"""Proving a number in the page: codes by SMS and voice, how many, and what a wrong one leads to."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from phones.models import CodeRequest
from phones.verification import code_sent_at
from tests.onboarding.adding import CODE, add, calls, code_of, without_number
from tests.onboarding.conftest import Circle, EndUser, run_due

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_code_speaks_the_links_language(circle: Circle, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("pt", "Portuguese")]
    user = without_number(circle, language="pt-BR")

    add(user, method="VOICE")

    [sent] = circle.meta.sandbox.calls("request_code")
    assert sent["body"] == {"code_method": "VOICE", "language": "pt_BR"}


def test_a_wrong_code_is_said_and_the_right_one_still_works(circle: Circle) -> None:
    user = without_number(circle)
    add(user)

    wrong = user.call("verify-code", code="111111")
    right = user.call("verify-code", code=CODE)

    assert code_of(wrong) == (422, "WRONG_CODE")
    assert right.status_code == 202


def test_three_codes_an_hour_and_no_restart_forgets_them(circle: Circle) -> None:
    user = without_number(circle)
    add(user)
    start = timezone.now()

    with time_machine.travel(start + timedelta(minutes=1)):
        second = user.call("request-code", method="VOICE")
    with time_machine.travel(start + timedelta(minutes=2)):
        third = user.call("request-code", method="SMS")
    with time_machine.travel(start + timedelta(minutes=3)):
        fourth = user.call("request-code", method="VOICE")
        elsewhere = add(user)
    with time_machine.travel(start + timedelta(minutes=61)):
        later = user.call("request-code", method="SMS")

    assert (second.status_code, third.status_code) == (202, 202)
    assert code_of(fourth) == code_of(elsewhere) == (429, "RATE_LIMITED")
    assert 56 * 60 < int(fourth["Retry-After"]) <= 57 * 60
    assert fourth.json()["error"]["retryAt"]
    assert later.status_code == 202
    assert calls(circle, "request_code") == 4


def test_a_code_that_meta_does_not_send_is_said(circle: Circle) -> None:
    user = without_number(circle)
    circle.meta.sandbox.set_scenario("code_not_sent", times=1)

    refused = add(user)
    shown = user.status()["nextAction"]
    again = user.call("request-code", method="SMS")

    assert code_of(refused) == (422, "CODE_NOT_SENT")
    assert refused.json()["error"]["meta"]["subcode"] == 2388091
    assert (shown["code"], shown["codeSentAt"]) == ("VERIFY_NUMBER", None)
    assert again.status_code == 202
    assert CodeRequest.objects.count() == 2


def test_an_unverified_number_is_proven_in_the_page(circle: Circle) -> None:
    user = circle.signed_up("unverified_number")
    run_due()
    asked = user.status()
    assert (asked["status"], asked["nextAction"]["code"]) == ("processing", "VERIFY_NUMBER")
    assert asked["nextAction"]["codeSentAt"] is None
    assert circle.read(user.link_id)["nextAction"]["url"].endswith(f"/signup/{user.link_id}")
    assert user.call("pin", pin="123456").status_code == 409
    assert calls(circle, "register") == 0

    assert user.call("request-code", method="SMS").status_code == 202
    sent = user.status()["nextAction"]["codeSentAt"]
    assert user.call("verify-code", code="24 68 10").status_code == 202
    run_due()

    assert sent
    link = circle.read(user.link_id)
    assert (link["status"], link["isPhoneRegistered"]) == ("completed", True)
    assert calls(circle, "register") == 1


@pytest.mark.parametrize("status", ["EXPIRED", "VERIFIED"])
def test_meta_may_ask_for_the_proof_only_when_registering(circle: Circle, status: str) -> None:
    made = circle.meta.sandbox.sign_up()
    if status == "EXPIRED":
        circle.meta.change(made["phoneNumberId"], code_verification_status=status)
    else:
        circle.meta.sandbox.set_scenario("error", code=133006, call="register", times=1)
    user = EndUser(circle.make_link()["id"])
    user.bring(made)
    run_due()
    assert user.status()["nextAction"]["code"] == "VERIFY_NUMBER"

    if status == "EXPIRED":
        user.call("request-code", method="SMS")
        assert user.call("verify-code", code=CODE).status_code == 202
    else:  # Meta has it as verified all the same: no code is sent, and the registration goes on
        assert user.call("request-code", method="SMS").status_code == 202
    run_due()

    assert circle.read(user.link_id)["isPhoneRegistered"] is True


def test_the_proof_may_come_later(circle: Circle) -> None:
    user = circle.signed_up("unverified_number")
    run_due()

    assert user.call("skip").status_code == 202
    run_due()
    link = circle.read(user.link_id)
    user.call("request-code", method="SMS")
    user.call("verify-code", code=CODE)
    run_due()

    assert (link["status"], link["isPhoneRegistered"]) == ("completed", False)
    assert (link["nextAction"]["code"], link["nextAction"]["actor"]) == ("VERIFY_NUMBER", "end_user")
    later = circle.read(user.link_id)
    assert (later["isPhoneRegistered"], later["nextAction"]) == (True, None)


def test_without_a_number_there_is_nothing_to_prove(circle: Circle) -> None:
    user = without_number(circle)

    assert code_of(user.call("request-code", method="SMS")) == (409, "CONFLICT")
    assert code_of(user.call("verify-code", code=CODE)) == (409, "CONFLICT")


def test_the_ledger_counts_what_was_sent_alone_as_sent(circle: Circle) -> None:
    CodeRequest.objects.create(meta_phone_number_id="1", method="SMS", outcome="CODE_NOT_SENT")
    assert code_sent_at("1") is None

    CodeRequest.objects.create(meta_phone_number_id="1", method="SMS", outcome="sent")

    assert code_sent_at("1") is not None
