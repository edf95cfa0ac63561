"""What a number can do, judged from stored rows, and why not."""

from datetime import UTC, datetime, timedelta

import pytest

from phones.health import assess, sync_status
from phones.models import PhoneNumber
from phones.next_action import next_action
from wabas.models import Waba

NOW = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
AVAILABLE = {"can_send_message": "AVAILABLE", "entities": []}
RECEIVE, SEND, TEMPLATES = "canReceiveMessages", "canSendMessages", "canSendTemplates"
ALL = {RECEIVE, SEND, TEMPLATES}
PAYMENT = {
    "error_code": 141006,
    "error_description": "There is an error with the payment method.",
    "possible_solution": "Add a payment method.",
}


def phone(waba=None, **columns):
    healthy = {
        "is_registered": True,
        "status": "CONNECTED",
        "platform_type": "CLOUD_API",
        "health": AVAILABLE,
        "synced_at": NOW,
    }
    owner = Waba(**{"access_token": "EAAtoken", "is_subscribed": True, "health": AVAILABLE} | (waba or {}))
    return PhoneNumber(waba=owner, **healthy | columns)


def health(kind, state, **entity):
    entities = [{"entity_type": kind, "id": "1", "can_send_message": state, **entity}]
    return {"can_send_message": state, "entities": entities}


def off(judged):
    able = judged.capabilities
    shown = {
        RECEIVE: able.can_receive_messages,
        SEND: able.can_send_messages,
        TEMPLATES: able.can_send_templates,
    }
    return {name for name, is_on in shown.items() if not is_on}


def test_a_healthy_number_can_do_everything_and_nobody_has_to_move():
    judged = assess(phone(), NOW)

    assert off(judged) == set()
    assert judged.issues == ()
    assert next_action(judged) is None


@pytest.mark.parametrize(
    ("waba", "columns", "expected", "code", "actor"),
    [
        ({}, {"synced_at": None, "health": None, "status": None}, ALL, "NOT_CHECKED", "platform"),
        ({"is_subscribed": None}, {}, {RECEIVE}, "NOT_CHECKED", "platform"),
        ({}, {"health": None}, {SEND, TEMPLATES}, "NOT_CHECKED", "platform"),
        ({}, {"status": None}, {RECEIVE}, "NOT_CHECKED", "platform"),
        ({"status": "disconnected"}, {}, ALL, "WABA_DISCONNECTED", "customer"),
        ({"access_token": None}, {}, {SEND, TEMPLATES}, "TOKEN_MISSING", "customer"),
        ({"token_refused_at": NOW}, {}, {SEND, TEMPLATES}, "TOKEN_INVALID", "customer"),
        ({"token_expires_at": NOW}, {}, {SEND, TEMPLATES}, "TOKEN_EXPIRED", "customer"),
        ({"token_expires_at": NOW + timedelta(days=7, seconds=1)}, {}, set(), None, None),
        ({"is_subscribed": False}, {}, {RECEIVE}, "NOT_SUBSCRIBED", "customer"),
        ({}, {"is_registered": False}, ALL, "NOT_REGISTERED", "customer"),
        ({}, {"status": "PENDING"}, ALL, "PHONE_NOT_CONNECTED", "end_user"),
        ({}, {"status": "BANNED"}, ALL, "PHONE_NOT_CONNECTED", "end_user"),
        ({}, {"status": "RESTRICTED"}, {RECEIVE, TEMPLATES}, "PHONE_NOT_CONNECTED", "end_user"),
        ({}, {"status": "FLAGGED"}, {RECEIVE}, "PHONE_NOT_CONNECTED", "end_user"),
        ({}, {"sync_error": {"cause": "OBJECT_GONE"}}, ALL, "NO_ACCESS", "customer"),
        ({}, {"sync_error": {"cause": "PERMISSION_MISSING"}}, ALL, "NO_ACCESS", "customer"),
        ({}, {"sync_error": {"cause": "TEMPORARY"}}, set(), None, None),
    ],
)
def test_each_cause_turns_off_what_it_must(waba, columns, expected, code, actor):
    judged = assess(phone(waba, **columns), NOW)

    assert off(judged) == expected
    assert {issue.code for issue in judged.issues} == ({code} if code else set())
    assert {issue.capability for issue in judged.issues} == expected
    move = next_action(judged)
    assert (move and move.actor) == actor


@pytest.mark.parametrize(
    ("reported", "expected", "code"),
    [
        (health("PHONE_NUMBER", "BLOCKED", errors=[{"error_code": 141000}]), ALL, "141000"),
        (health("APP", "BLOCKED", errors=[{"error_code": 200}]), ALL, "200"),
        (health("BUSINESS", "BLOCKED"), ALL, "BLOCKED"),
        ({"can_send_message": "BLOCKED"}, ALL, "BLOCKED"),
        (health("WABA", "BLOCKED", errors=[PAYMENT]), {SEND, TEMPLATES}, "141006"),
        (health("WABA", "LIMITED", errors=[PAYMENT]), {TEMPLATES}, "141006"),
        (health("BUSINESS", "LIMITED", additional_info=["Payment overdue."]), {TEMPLATES}, "LIMITED"),
        (health("PHONE_NUMBER", "LIMITED", additional_info=["The name is not approved."]), set(), "LIMITED"),
    ],
)
@pytest.mark.parametrize("holder", ["phone", "waba"])
def test_what_meta_reports_turns_off_what_it_names(reported, expected, code, holder):
    row = phone(health=reported) if holder == "phone" else phone({"health": reported})

    judged = assess(row, NOW)

    assert off(judged) == expected
    assert {issue.code for issue in judged.issues} == {code}


def test_an_issue_carries_metas_words():
    judged = assess(phone(health=health("WABA", "BLOCKED", errors=[PAYMENT])), NOW)

    issue = judged.issues[0]
    assert (issue.entity, issue.code) == ("WABA", "141006")
    assert (issue.message, issue.solution) == (PAYMENT["error_description"], PAYMENT["possible_solution"])
    move = next_action(judged)
    assert move is not None
    assert (move.actor, move.message) == ("end_user", "Add a payment method.")


def test_what_number_and_waba_both_report_is_one_issue():
    reported = health("WABA", "BLOCKED", errors=[PAYMENT])

    judged = assess(phone({"health": reported}, health=reported), NOW)

    assert len(judged.issues) == 2
    assert {issue.capability for issue in judged.issues} == {SEND, TEMPLATES}


@pytest.mark.parametrize(
    "odd", [{}, {"entities": None}, {"entities": ["x"]}, {"entities": [{"errors": None}]}, {"entities": [{}]}]
)
def test_an_odd_answer_of_metas_is_no_error(odd):
    judged = assess(phone({"health": odd}, health=odd | {"can_send_message": "AVAILABLE"}), NOW)

    assert judged.issues == ()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"synced_at": NOW - timedelta(minutes=4)}, "fresh"),
        ({"synced_at": NOW - timedelta(minutes=4), "sync_requested_at": NOW}, "fresh"),
        ({"synced_at": NOW - timedelta(minutes=5), "sync_requested_at": NOW}, "syncing"),
        ({"synced_at": NOW - timedelta(minutes=5)}, "stale"),
        ({"synced_at": None, "sync_requested_at": NOW}, "syncing"),
        ({"synced_at": None, "sync_requested_at": NOW - timedelta(minutes=6)}, "stale"),
        ({"synced_at": None}, "stale"),
    ],
)
def test_the_sync_status_says_how_old_the_answer_is(columns, expected):
    assert sync_status(phone(**columns), NOW) == expected
