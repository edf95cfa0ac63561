"""The step that hands templates in: after the completion, each by itself, nothing twice, errors in words."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from onboarding import pipeline, resuming, runner
from onboarding.models import StepRun
from onboarding.starter_templates.rows import NAMES
from phones.disconnecting import disconnect_waba
from tests.onboarding.conftest import Circle, run_due
from tests.onboarding.starter_templates.conftest import Ask, made_at_meta, rows_of, statuses, told
from tests.wabas.world import at_once, on_postgresql
from wabas.models import Waba
from webhooks.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
STEP = "create_templates"
CALLS = ("list_templates", "begin_upload", "upload_file", "create_template")


def step_of(circle: Circle, user: Any) -> dict[str, Any]:
    return next(one for one in circle.read(user.link_id)["progress"] if one["step"] == STEP)


def until_completed(user: Any) -> None:
    """All steps but what comes after the completion."""
    for step in (*pipeline.STEPS, pipeline.COMPLETION):
        runner.run_step(user.signup.pk, step.name)


def test_all_templates_are_handed_in_in_the_links_language(circle: Circle, asked_for: Ask) -> None:
    user = asked_for(language="pt-PT")

    link = circle.read(user.link_id)
    assert (link["status"], link["nextAction"], step_of(circle, user)["status"]) == (
        "completed",
        None,
        "done",
    )
    assert [(row["name"], row["languageCode"]) for row in rows_of(user).values()] == [
        ("start_conversation", "pt_BR"),
        ("welcome_message", "pt_BR"),
        ("send_file", "pt_BR"),
    ]
    assert [row["metaTemplateId"] for row in rows_of(user).values()] == [
        one["id"] for one in made_at_meta(circle)
    ]
    assert set(statuses(user)) == {"PENDING"}
    assert {one["waba"] for one in made_at_meta(circle)} == {Waba.objects.get().meta_waba_id}


def test_what_meta_gets_is_our_text_with_an_uploaded_sample(circle: Circle, asked_for: Ask) -> None:
    asked_for("send_file", language="he")

    (template,) = made_at_meta(circle)
    (upload,) = circle.meta.sandbox.state.of_kind("upload")
    header = template["components"][0]
    assert (template["name"], template["language"], template["category"]) == ("send_file", "he", "UTILITY")
    assert header == {
        "type": "HEADER",
        "format": "DOCUMENT",
        "example": {"header_handle": [upload["handle"]]},
    }
    assert (upload["file_name"], upload["file_type"]) == ("sample.pdf", "application/pdf")


def test_a_link_that_asks_for_none_skips_the_step(circle: Circle) -> None:
    user, _ = circle.completed()

    assert step_of(circle, user)["status"] == "skipped"
    assert not any(call["call"] in CALLS for call in circle.meta.sandbox.calls())


def test_only_what_was_asked_for_is_handed_in(circle: Circle, asked_for: Ask) -> None:
    user = asked_for("welcome")

    assert list(rows_of(user)) == ["welcome"]
    assert [one["name"] for one in made_at_meta(circle)] == ["welcome_message"]
    assert circle.meta.sandbox.calls("begin_upload") == []


def test_nothing_is_handed_in_before_the_completion(circle: Circle, ask: Ask) -> None:
    user = ask()
    for step in pipeline.STEPS:
        runner.run_step(user.signup.pk, step.name)

    assert [name for _, name in resuming.due(timezone.now())] == ["complete_link"]
    assert runner.run_step(user.signup.pk, STEP) == runner.Advance()
    assert runner.run_step(user.signup.pk, "complete_link").ready == (STEP,)
    assert circle.meta.sandbox.calls("list_templates") == []


def test_the_completion_waits_for_no_template_and_the_page_knows_of_none(circle: Circle, ask: Ask) -> None:
    user = ask()
    until_completed(user)

    link, page = circle.read(user.link_id), user.status()
    assert (link["status"], link["nextAction"]) == ("completed", None)
    assert step_of(circle, user)["status"] == "waiting"
    assert (page["status"], page["nextAction"]) == ("completed", None)
    assert STEP not in [row["step"] for row in page["steps"]]
    assert Event.objects.filter(name="phone_number.connected").count() == 1


def test_templates_do_not_wait_for_a_registration_that_waits_for_days(circle: Circle, ask: Ask) -> None:
    user = ask()
    circle.meta.sandbox.set_scenario("too_many_attempts", times=1)

    run_due()

    assert user.step("register_phone").status == "waiting"
    assert user.step(STEP).status == "done"


@pytest.mark.parametrize("call", CALLS)
def test_a_passing_failure_is_tried_again_by_itself(circle: Circle, ask: Ask, call: str) -> None:
    user = ask()
    circle.meta.sandbox.set_scenario("error", code=2, call=call, times=1)
    run_due()
    first, said = user.step(STEP), [row["reason"] for row in rows_of(user).values()]

    user.make_due()
    run_due()

    assert (first.status, (first.error or {})["code"]) == ("waiting", "META_UNAVAILABLE")
    assert len([text for text in said if text]) == 1
    assert (user.step(STEP).status, user.step(STEP).error) == ("done", None)
    assert statuses(user) == ["PENDING"] * 3
    assert [row["reason"] for row in rows_of(user).values()] == [None] * 3
    assert len(made_at_meta(circle)) == 3


@pytest.mark.parametrize("call", CALLS)
def test_what_meta_did_before_the_connection_broke_is_not_done_twice(
    circle: Circle, ask: Ask, call: str
) -> None:
    user = ask()
    circle.meta.sandbox.set_scenario("reset_after_work", call=call, times=1)

    run_due()
    user.make_due()
    run_due()

    assert user.step(STEP).status == "done"
    assert statuses(user) == ["PENDING"] * 3
    assert len(made_at_meta(circle)) == 3
    assert circle.meta.sandbox.counts()["create_template"]["done"] == 3


def test_one_that_meta_refuses_has_its_error_and_the_others_are_handed_in(circle: Circle, ask: Ask) -> None:
    user = ask()
    circle.meta.sandbox.set_scenario(
        "error", code=131009, call="create_template", match={"name": "welcome_message"}
    )

    run_due()

    refused = rows_of(user)["welcome"]
    assert statuses(user) == ["PENDING", None, "PENDING"]
    assert (refused["metaTemplateId"], bool(refused["reason"])) == (None, True)
    assert step_of(circle, user)["error"]["code"] == "CONFIGURATION"
    assert step_of(circle, user)["error"]["meta"]["code"] == 131009
    assert circle.read(user.link_id)["nextAction"]["actor"] == "platform"


def test_a_rate_limit_ends_the_try_and_waits_as_long_as_meta_says(circle: Circle, ask: Ask) -> None:
    user = ask()
    circle.meta.sandbox.set_scenario("rate_limited", minutes=5, call="create_template", times=1)

    run_due()

    waiting = user.step(STEP)
    assert waiting.status == "waiting"
    assert waiting.next_attempt_at is not None
    assert waiting.next_attempt_at > timezone.now() + timedelta(minutes=4, seconds=55)
    assert len(circle.meta.sandbox.calls("create_template")) == 1
    assert circle.read(user.link_id)["nextAction"] is None
    assert circle.api.post(f"onboarding-links/{user.link_id}/retry").status_code == 409
    user.make_due()
    run_due()
    assert statuses(user) == ["PENDING"] * 3


def test_an_account_that_is_full_is_for_the_customer_to_empty(circle: Circle, ask: Ask) -> None:
    user = ask()
    circle.meta.sandbox.set_scenario("error", code=100, subcode=2388019, call="create_template")
    run_due()
    link = circle.read(user.link_id)
    assert (link["nextAction"]["actor"], link["nextAction"]["code"]) == ("customer", "META_REPORTED_ERROR")
    assert "delete" in link["nextAction"]["message"]
    circle.meta.sandbox.clear_scenarios()

    answer = circle.api.post(f"onboarding-links/{user.link_id}/retry")

    assert (answer.status_code, answer.json()["data"]["status"]) == (202, "completed")
    run_due()
    assert statuses(user) == ["PENDING"] * 3
    assert circle.read(user.link_id)["nextAction"] is None


def test_a_token_that_was_taken_back_is_the_end_users_to_give_again(circle: Circle, ask: Ask) -> None:
    user = ask()
    until_completed(user)
    circle.meta.sandbox.set_scenario("error", code=190, subcode=460, call="list_templates")

    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], step_of(circle, user)["error"]["code"]) == ("completed", "PERMISSION_MISSING")
    assert link["nextAction"]["actor"] == "end_user"
    assert Waba.objects.get().token_refused_at is not None
    assert len(circle.meta.sandbox.calls("list_templates")) == 1
    # The page does not trouble the end-user with it: the number works.
    assert user.status()["nextAction"] is None


def test_an_unknown_code_is_tried_three_times_and_then_put_to_us(circle: Circle, ask: Ask) -> None:
    user = ask("welcome")
    circle.meta.sandbox.set_scenario("error", call="create_template", code=987654)
    start = timezone.now()

    for minute in range(6):
        with time_machine.travel(start + timedelta(minutes=minute)):
            user.make_due()
            run_due()

    assert (user.step(STEP).status, user.step(STEP).attempts) == ("failed", 3)
    assert (user.step(STEP).error or {})["code"] == "CONFIGURATION"


def test_what_operators_cured_meanwhile_goes_on_by_itself(circle: Circle, ask: Ask) -> None:
    user = ask("welcome")
    circle.meta.sandbox.set_scenario("error", call="create_template", code=131009)
    run_due()
    circle.meta.sandbox.clear_scenarios()
    again = user.step(STEP).next_attempt_at
    assert again is not None

    with time_machine.travel(again + timedelta(seconds=1)):
        assert resuming.cooled(timezone.now()) == [(user.signup.pk, STEP)]
        run_due()

    assert statuses(user) == ["PENDING"]


def test_a_step_whose_worker_died_is_taken_up_when_its_lease_ends(circle: Circle, ask: Ask) -> None:
    user = ask()
    until_completed(user)
    assert runner.claim(user.signup.pk, STEP, timezone.now()) is not None  # and the worker dies here
    run_due()
    assert user.step(STEP).status == "running"

    StepRun.objects.filter(lease_expires_at__isnull=False).update(lease_expires_at=timezone.now())
    run_due()

    assert statuses(user) == ["PENDING"] * 3


def test_a_completion_whose_worker_died_before_it_was_settled_still_opens_the_templates(
    circle: Circle, ask: Ask
) -> None:
    user = ask()
    for step in pipeline.STEPS:
        runner.run_step(user.signup.pk, step.name)
    claimed = runner.claim(user.signup.pk, "complete_link", timezone.now())
    assert claimed is not None
    pipeline.COMPLETION.run(user.signup, claimed)  # and the worker dies here
    StepRun.objects.filter(lease_expires_at__isnull=False).update(lease_expires_at=timezone.now())

    run_due()

    assert user.step(STEP).status == "done"


def test_a_second_link_of_the_account_takes_what_is_there(circle: Circle, asked_for: Ask) -> None:
    made = circle.meta.sandbox.sign_up()
    first = asked_for(made=made)

    second = asked_for(made=circle.meta.sandbox.sign_up(phone_number=made["phoneNumber"]))

    assert [row["metaTemplateId"] for row in rows_of(second).values()] == [
        row["metaTemplateId"] for row in rows_of(first).values()
    ]
    assert len(made_at_meta(circle)) == 3


def test_a_template_of_that_name_is_taken_as_it_stands(circle: Circle, ask: Ask) -> None:
    user = ask("welcome")
    circle.meta.sandbox.state.add(
        "template", waba=meta_waba(circle), name="welcome_message_old", language="en", status="APPROVED"
    )
    there = circle.meta.sandbox.state.add(
        "template",
        waba=meta_waba(circle),
        name="welcome_message",
        language="en",
        category="UTILITY",
        components=[],
        status="REJECTED",
        rejected_reason="ABUSIVE_CONTENT",
    )

    run_due()

    row = rows_of(user)["welcome"]
    assert (row["metaTemplateId"], row["status"]) == (there["id"], "REJECTED")
    assert row["reason"] == "ABUSIVE_CONTENT"
    assert (circle.meta.sandbox.calls("create_template"), told()) == ([], [])


def meta_waba(circle: Circle) -> str:
    (waba,) = circle.meta.sandbox.state.of_kind("waba")
    return str(waba["id"])


@on_postgresql
def test_two_links_of_one_account_at_once_share_the_templates(circle: Circle, ask: Ask) -> None:
    made = circle.meta.sandbox.sign_up()
    first = ask(made=made)
    until_completed(first)
    second = ask(made=circle.meta.sandbox.sign_up(phone_number=made["phoneNumber"]))
    until_completed(second)

    at_once(*(partial(runner.run_step, user.signup.pk, STEP) for user in (first, second)))

    assert len(made_at_meta(circle)) == 3
    assert statuses(first) == statuses(second) == ["PENDING"] * 3
    assert (first.step(STEP).status, second.step(STEP).status) == ("done", "done")


@pytest.mark.parametrize(
    ("status", "reason"), [("APPROVED", None), ("REJECTED", "INVALID_FORMAT"), ("PENDING", None)]
)
def test_what_meta_decides_in_its_answer_is_told_once(
    circle: Circle, ask: Ask, status: str, reason: str | None
) -> None:
    user = ask("welcome")
    circle.meta.sandbox.set_scenario("template_decided", status=status)

    run_due()

    row = rows_of(user)["welcome"]
    assert (row["status"], row["reason"]) == (status, reason)
    expected = {
        "wabaId": circle.read(user.link_id)["wabaId"],
        "templateName": "welcome_message",
        "languageCode": "en",
        "status": status,
        "reason": reason,
    }
    assert told() == ([] if status == "PENDING" else [expected])


def test_an_account_disconnected_meanwhile_gets_no_templates(circle: Circle, ask: Ask) -> None:
    user = ask()
    until_completed(user)
    disconnect_waba(waba=Waba.objects.get(), reason="REQUESTED", initiated_by="customer", at=timezone.now())

    run_due()

    assert user.step(STEP).status == "failed"
    assert circle.meta.sandbox.calls("list_templates") == []
    assert list(rows_of(user)) == list(NAMES)
