"""What the page told, as rows: in order, with what became of it, and nothing that must not be kept."""

import uuid
from typing import Any

import pytest
from django.db import OperationalError, connection

from onboarding import page_events
from onboarding.models import PageEvent
from tests.onboarding.conftest import Circle, EndUser, run_due

pytestmark = pytest.mark.django_db(transaction=True)


def kept() -> list[tuple[str, str, str]]:
    return list(PageEvent.objects.values_list("name", "detail", "refusal"))


def test_each_message_of_metas_window_is_kept_though_the_signup_has_only_the_last(circle: Circle) -> None:
    user = EndUser(circle.make_link()["id"])
    cancelled = {"event": "CANCEL", "data": {"current_step": "PHONE_NUMBER_SETUP"}}
    made = circle.meta.sandbox.sign_up()

    user.call("session", **cancelled)
    user.bring(made)

    assert kept() == [
        ("session", "CANCEL at PHONE_NUMBER_SETUP", ""), ("session", "FINISH", ""), ("callback", "", ""),
    ]  # fmt: skip
    assert {str(event.signup_id) for event in PageEvent.objects.all()} == {user.signup_id}
    assert all(event.request_id for event in PageEvent.objects.all())


def test_what_was_refused_is_kept_with_our_answers_code(circle: Circle) -> None:
    user = EndUser(circle.make_link()["id"])

    user.call("callback", code="AQNever")
    user.call("pin", pin="123456")
    user.call("skip")
    user.call("check")

    codes = [refusal for _, _, refusal in kept()]
    assert [name for name, _, _ in kept()] == ["callback", "pin", "skip", "check"]
    assert all(codes)
    assert codes[1] == "CONFLICT"


def test_a_number_is_kept_as_it_was_entered_and_its_code_is_not(circle: Circle) -> None:
    user = circle.signed_up("only_waba")
    run_due()
    user.call("number", phoneNumber="+5491155550199", displayName="Acme", method="SMS")
    user.call("request-code", method="VOICE")
    user.call("verify-code", code="123-456")

    assert [(name, detail) for name, detail, _ in kept() if name not in {"session", "callback"}] == [
        ("number", "+5491155550199, SMS"), ("request-code", "VOICE"), ("verify-code", ""),
    ]  # fmt: skip


def test_what_is_told_of_another_links_signup_is_not_kept(circle: Circle) -> None:
    mine, other = EndUser(circle.make_link()["id"]), EndUser(circle.make_link()["id"])
    mine.call("opened")
    other.signup_id = mine.signup_id

    assert other.call("session", event="CANCEL", data={}).status_code == 404
    other.signup_id = str(uuid.uuid4())
    assert other.call("skip").status_code == 404

    assert kept() == []


def test_no_page_fills_the_table(circle: Circle, monkeypatch: Any) -> None:
    monkeypatch.setattr(page_events, "MOST", 3)
    user = EndUser(circle.make_link()["id"])

    for _ in range(5):
        assert user.call("session", event="CANCEL", data={}).status_code == 202

    assert len(kept()) == 3


def test_the_page_is_answered_though_nothing_can_be_kept(circle: Circle) -> None:
    user = EndUser(circle.make_link()["id"])

    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT INTO") and "pageevent" in sql:
            raise OperationalError("no space left")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        answer = user.call("session", event="CANCEL", data={})

    assert answer.status_code == 202
    assert user.signup.session_event == "CANCEL"
    assert kept() == []
