"""A Solution Partner's token, system user and credit line: at the sandbox, and as Meta may tell of them."""

from typing import Any

import pytest
import responses
import time_machine

from backoffice.doctor.findings import Status
from meta_graph.sandbox import preverified
from tests.backoffice.conftest import CREDIT_LINE, look

ANOTHER_USER = "100000000000009"
BASE = "https://graph.example.com"


def test_a_system_token_that_was_taken_back_is_found_and_not_repeated(installed, settings):
    settings.META_SYSTEM_USER_TOKEN = "a-token-of-yesterday"

    finding = look("system_token")

    assert finding.status is Status.FAILED
    assert "not valid" in finding.message
    assert "a-token-of-yesterday" not in finding.message


def described(settings: Any, **changes: Any) -> Any:
    """What the check says where Meta describes the token so."""
    scopes = ["business_management", "whatsapp_business_management", "whatsapp_business_messaging"]
    data = {"app_id": settings.META_APP_ID, "is_valid": True, "expires_at": 0, "scopes": scopes} | changes
    settings.META_GRAPH_URL = BASE
    with responses.RequestsMock() as graph:
        graph.get(f"{BASE}/v25.0/debug_token", json={"data": data})
        return look("system_token")


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({}, Status.OK, "does not expire"),
        ({"scopes": ["whatsapp_business_management"]}, Status.FAILED, "lacks business_management, whatsapp"),
        ({"app_id": "670000000000009"}, Status.FAILED, "of another app, 670000000000009"),
        ({"expires_at": 1_800_000_000}, Status.WARNING, "valid until 2027-01-15"),
        ({"expires_at": 1_900_000_000}, Status.OK, "valid until 2030-03-17"),
        ({"data_access_expires_at": 1_800_000_000}, Status.OK, "does not expire"),
    ],
)
@time_machine.travel(1_800_000_000 - 10 * 86400, tick=False)
def test_what_a_system_token_is_and_may_do(settings, changes, status, words):
    finding = described(settings, **changes)

    assert finding.status is status
    assert words in finding.message


def test_without_a_system_token_the_check_says_what_is_then_missing(settings):
    settings.META_SYSTEM_USER_TOKEN = ""

    finding = look("system_token")

    assert finding.status is Status.NOT_CHECKED
    assert finding.message.startswith("META_SYSTEM_USER_TOKEN is not set: skipped.")


def test_a_system_user_of_nobody_is_found_and_the_others_named(installed, settings):
    settings.META_SYSTEM_USER_ID = ANOTHER_USER

    finding = look("system_user")

    assert finding.status is Status.FAILED
    assert "Gangway signups (100000000000002)" in finding.message


def test_a_token_of_another_system_user_is_found(installed, settings):
    user = {"kind": "system_user", "id": ANOTHER_USER, "business": settings.META_BUSINESS_ID}
    with installed.sandbox.state as state:
        state.objects[ANOTHER_USER] = {**user, "name": "Reports", "role": "ADMIN"}
    settings.META_SYSTEM_USER_ID = ANOTHER_USER

    finding = look("system_user")

    assert finding.status is Status.FAILED
    assert finding.remedy == "Take both from the same system user."


@pytest.mark.parametrize(
    ("role", "line", "status"),
    [
        ("EMPLOYEE", CREDIT_LINE, Status.FAILED),
        ("EMPLOYEE", "", Status.WARNING),
        ("FINANCE_EDITOR", CREDIT_LINE, Status.OK),
        ("ADMIN", CREDIT_LINE, Status.OK),
    ],
)
def test_who_shares_a_credit_line_is_admin_or_finance_editor(installed, settings, role, line, status):
    installed.change(settings.META_SYSTEM_USER_ID, role=role)
    settings.META_CREDIT_LINE_ID = line

    assert look("system_user").status is status


@pytest.mark.parametrize("name", ["META_BUSINESS_ID", "META_SYSTEM_USER_ID"])
def test_who_is_no_partner_has_no_system_user(installed, settings, name):
    setattr(settings, name, "")

    finding = look("system_user")

    assert finding.status is Status.NOT_CHECKED
    assert finding.message.startswith(f"{name} is not set: skipped.")


def test_a_portfolio_that_is_not_ours_is_found(installed, settings):
    settings.META_BUSINESS_ID = "100000000000077"

    finding = look("system_user")

    assert finding.status is Status.FAILED
    assert "META_BUSINESS_ID" in finding.remedy


def test_a_credit_line_of_somebody_else_is_found_and_ours_named(installed, settings):
    settings.META_CREDIT_LINE_ID = "1900000000000009"

    finding = look("credit_line")

    assert finding.status is Status.FAILED
    assert f"Gangway Ltd ({CREDIT_LINE})" in finding.message


def test_without_a_credit_line_it_says_so(installed, settings):
    settings.META_CREDIT_LINE_ID = ""

    finding = look("credit_line")

    assert finding.status is Status.NOT_CHECKED
    assert finding.message == "META_CREDIT_LINE_ID is not set: skipped. Credit is not shared."


def test_the_pool_of_numbers_is_counted(installed):
    entries = [preverified.add(installed.sandbox.world, f"+346120000{number:02}") for number in range(3)]
    installed.change(entries[0]["id"], verified_at=installed.sandbox.world.now())

    assert look("number_pool").message == "3 numbers in the pool, 1 of them verified"


@pytest.mark.parametrize("code", [3, 100, 200])
def test_a_pool_that_meta_does_not_show_is_a_warning_alone(installed, code):
    installed.sandbox.set_scenario("error", call="preverified_numbers", code=code)

    finding = look("number_pool")

    assert finding.status is Status.WARNING
    assert "approved Solution Partner" in finding.remedy


def test_a_pool_that_meta_cannot_show_now_is_no_failure_of_ours(installed, settings):
    installed.sandbox.set_scenario("graph_down", call="preverified_numbers")
    assert look("number_pool").status is Status.WARNING

    settings.META_BUSINESS_ID = ""
    assert look("number_pool").status is Status.NOT_CHECKED
