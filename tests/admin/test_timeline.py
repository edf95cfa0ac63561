"""A link's story: pure entries from rows, and the page of a signup that really ran."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.test import Client

from journal.models import GraphCall
from onboarding.admin.entries import took
from onboarding.admin.story import story_of
from onboarding.admin.timeline import Story, timeline
from onboarding.models import OnboardingLink, PageEvent, Signup, StepRun
from organizations.admin.cells import Tone
from tests.admin.test_pages import address
from tests.admin.world import story
from tests.onboarding.conftest import EndUser, make_link, run_due

__all__ = ["make_link"]
NOW = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
serial = count(1)
PIN = {
    "code": "ENTER_PIN", "message": "This number has a PIN.", "actor": "end_user",
    "meta": {"code": 133005, "subcode": None, "traceId": "AbCdEf123"},
}  # fmt: skip


def link_of(**columns):
    return OnboardingLink(name="Acme", created_at=NOW - timedelta(hours=1), **columns)


def signup_of(*runs, events=(), **columns):
    signup = Signup(pk=uuid.uuid4(), created_at=NOW - timedelta(minutes=2), **columns)
    vars(signup)["_prefetched_objects_cache"] = {"steps": runs, "told": events}
    return signup


def call_of(signup, deed, name, **columns):
    columns = {"outcome": "ok", "http_status": 200, "trace_id": "AbOk"} | columns
    return GraphCall(
        pk=next(serial), signup_id=signup.pk if signup else None, deed=deed, call=name, method="POST",
        path="11/register", ms=312, made_at=NOW, **columns,
    )  # fmt: skip


def told(link, *signups, **others):
    return timeline(Story(link, signups, **others), NOW)


def entry(chapters, title):
    return next(one for chapter in chapters for one in chapter.entries if one.title == title)


def titles(chapter):
    return [one.title for one in chapter.entries]


def test_a_new_link_has_one_chapter():
    (chapter,) = told(link_of())

    assert titles(chapter) == ["Link created", "The page was not opened yet"]


def test_an_expired_link_says_so_and_when():
    chapters = told(link_of(expires_at=NOW - timedelta(minutes=1), opened_at=NOW - timedelta(minutes=50)))

    assert entry(chapters, "Link expired").at == NOW - timedelta(minutes=1)
    assert entry(chapters, "Page opened by a person").at == NOW - timedelta(minutes=50)


def test_signups_are_told_newest_first_and_counted_from_the_first():
    chapters = told(
        link_of(), signup_of(state="running"), signup_of(state="failed"), signup_of(state="opened")
    )

    assert [chapter.title for chapter in chapters] == ["The link", "Signup 3", "Signup 2", "Signup 1"]
    assert [chapter.word for chapter in chapters[1:]] == ["running", "failed", "no code came"]


def test_what_the_page_told_stands_in_the_order_in_which_it_came():
    early, late = NOW - timedelta(seconds=40), NOW - timedelta(seconds=30)

    code_first = told(link_of(), signup_of(
        StepRun(step="save_waba"), state="running", session_event="FINISH",
        session_at=late, exchanged_at=early,
    ))  # fmt: skip
    message_first = told(link_of(), signup_of(
        StepRun(step="save_waba"), state="running", session_event="FINISH",
        session_at=early, exchanged_at=late,
    ))  # fmt: skip

    assert titles(code_first[1])[1:3] == ["Code exchanged for a token", "Meta's window sent its message"]
    assert titles(message_first[1])[1:3] == ["Meta's window sent its message", "Code exchanged for a token"]


def test_a_cancel_says_where_and_with_which_session():
    chapters = told(link_of(), signup_of(
        state="opened", session_event="CANCEL", session_at=NOW,
        session={"current_step": "PHONE_NUMBER_SETUP", "session_id": "sess-1", "error_code": "524126"},
        error={"code": "CANCELLED", "message": "Left before the end.", "actor": "end_user"},
    ))  # fmt: skip

    found = entry(chapters, "Meta's window sent its message")
    assert (found.word, found.tone, found.said) == ("CANCEL", Tone.ASKS, "Left before the end.")
    assert dict(found.facts) == {
        "left at": "PHONE_NUMBER_SETUP", "Meta's error code": "524126", "Meta's session id": "sess-1",
    }  # fmt: skip
    assert chapters[1].word == "left before the end"


def test_the_browser_cannot_put_facts_of_its_own_on_the_page():
    session = {"waba_id": "102290129340398", "access_token": "EAAstolen", "page_ids": ["1", "2"]}
    chapters = told(
        link_of(), signup_of(state="opened", session_event="FINISH", session_at=NOW, session=session)
    )

    facts = dict(entry(chapters, "Meta's window sent its message").facts)
    assert facts == {"Meta's WABA id": "102290129340398", "Pages": "1, 2"}


def test_a_code_that_was_not_exchanged_is_told_as_such():
    chapters = told(link_of(), signup_of(
        state="failed", exchanged_at=NOW, finished_at=NOW,
        error={"code": "CODE_EXPIRED", "message": "Too late.", "actor": "end_user",
               "meta": {"code": 100, "subcode": 36007, "traceId": "AbC"}},
    ))  # fmt: skip

    assert entry(chapters, "Code sent to Meta, and not exchanged").tone == Tone.BAD
    failure = entry(chapters, "Signup failed")
    assert (failure.word, failure.said) == ("CODE_EXPIRED", "Too late.")
    assert dict(failure.facts) == {
        "code": "CODE_EXPIRED", "who has to move": "end user", "Meta's code": "100", "subcode": "36007",
        "trace id": "AbC",
    }  # fmt: skip


def test_a_signup_that_lost_to_another_says_so():
    chapters = told(link_of(), signup_of(state="failed", exchanged_at=NOW, finished_at=NOW))

    assert entry(chapters, "Signup failed").said == "Another signup of this link came first."


def test_a_step_tells_its_state_attempts_time_and_what_meta_said():
    run = StepRun(
        step="register_phone", status="needs_customer", attempts=2, error=PIN, is_put_off=True,
        first_started_at=NOW - timedelta(minutes=5), started_at=NOW,
        finished_at=NOW + timedelta(milliseconds=820),
    )  # fmt: skip
    found = entry(
        told(link_of(), signup_of(run, state="running", exchanged_at=NOW)),
        "Register the number on the Cloud API",
    )

    assert (found.word, found.tone, found.at, found.said) == (
        "needs customer", Tone.ASKS, NOW - timedelta(minutes=5), "This number has a PIN.",
    )  # fmt: skip
    assert dict(found.facts) == {
        "step": "register_phone", "attempts": "2", "took": "820 ms", "last tried": "2026-01-15 10:30:00",
        "put off": "by the end-user, for later", "code": "ENTER_PIN", "who has to move": "end user",
        "Meta's code": "133005", "trace id": "AbCdEf123",
    }  # fmt: skip


def test_steps_stand_where_they_were_first_tried_and_what_was_not_begun_is_folded():
    seconds = [NOW + timedelta(seconds=n) for n in range(5)]
    signup = signup_of(
        StepRun(
            step="save_waba", status="done", attempts=1, first_started_at=seconds[0], started_at=seconds[0]
        ),
        StepRun(
            step="register_phone", status="failed", attempts=2, first_started_at=seconds[1],
            started_at=seconds[3], error=PIN,
        ),
        StepRun(step="complete_link", status="waiting"), StepRun(step="create_templates", status="waiting"),
        events=[PageEvent(pk=1, name="pin", at=seconds[2])],
        state="failed", exchanged_at=seconds[0], finished_at=seconds[4], error=PIN,
    )  # fmt: skip

    chapters = told(link_of(), signup)

    assert titles(chapters[1])[-5:] == [
        "Save the WABA with its token", "Register the number on the Cloud API", "A PIN was entered",
        "Signup failed", "2 steps that were not begun",
    ]  # fmt: skip
    folded = chapters[1].entries[-1]
    assert [dict(one.facts)["step"] for one in folded.inside] == ["complete_link", "create_templates"]
    assert not folded.is_open


def test_a_call_that_failed_is_not_hidden_unless_there_are_many():
    signup = signup_of(StepRun(step="register_phone", status="done"), state="running")
    name = "Register the number on the Cloud API"

    def of(*outcomes):
        calls = [call_of(signup, "register_phone", "register", outcome=outcome) for outcome in outcomes]
        return entry(told(link_of(), signup, calls=calls), name)

    assert not of("ok", "ok").is_open
    assert of("ok", "timeout").is_open
    assert not of(*["timeout"] * 7).is_open


def test_a_waiting_step_says_when_it_is_tried_again_and_a_running_one_who_has_it():
    waiting = StepRun(
        step="save_waba", status="waiting", attempts=1, next_attempt_at=NOW + timedelta(seconds=30)
    )
    running = StepRun(
        step="save_phone", status="running", attempts=1, started_at=NOW,
        lease_token=uuid.UUID("6e7f3c1a-0b59-4f7e-9d7b-0d8c5d1c2b3a"),
        lease_expires_at=NOW + timedelta(seconds=60),
    )  # fmt: skip
    chapters = told(link_of(), signup_of(waiting, running, state="running"))

    assert dict(entry(chapters, "Save the WABA with its token").facts)["next try"] == "2026-01-15 10:30:30"
    assert dict(entry(chapters, "Save the number").facts) == {
        "step": "save_phone", "attempts": "1", "taken by": "6e7f3c1a…", "lease": "2026-01-15 10:31:00",
    }  # fmt: skip


def test_calls_of_meta_are_folded_into_the_step_that_made_them():
    signup = signup_of(StepRun(step="register_phone", status="done"), state="running")
    refused = {
        "outcome": "pin_mismatch",
        "http_status": 400,
        "code": 133005,
        "subcode": 7,
        "trace_id": "AbNo",
    }

    chapters = told(
        link_of(), signup, signup_of(state="opened"),
        calls=[call_of(signup, "register_phone", "register", **refused),
               call_of(signup, "register_phone", "register", request_id="req-1")],
    )  # fmt: skip

    found = entry(chapters, "Register the number on the Cloud API")
    assert found.inside_title == "2 calls of Meta, 1 failed"
    first, second = found.inside
    assert (first.title, first.word, first.tone) == ("register", "pin mismatch", Tone.BAD)
    assert dict(first.facts) == {
        "asked": "POST 11/register", "took": "312 ms", "HTTP": "400", "Meta's code": "133005/7",
        "trace id": "AbNo",
    }  # fmt: skip
    assert (second.word, second.tone, dict(second.facts)["request id"]) == ("", Tone.GOOD, "req-1")
    assert first.url == f"/admin/journal/graphcall/{first_id(first)}/change/"
    assert all(not one.inside for one in chapters[2].entries)


def first_id(one):
    return one.url.split("/")[-3]


def test_the_exchange_has_its_call_and_a_refused_code_its_own():
    events = [
        PageEvent(pk=1, name="callback", refusal="CODE_EXPIRED", request_id="req-1", at=NOW),
        PageEvent(pk=2, name="callback", request_id="req-2", at=NOW + timedelta(seconds=9)),
    ]
    signup = signup_of(
        StepRun(step="save_waba"), events=events, state="running", exchanged_at=NOW + timedelta(seconds=9)
    )

    chapters = told(link_of(), signup, calls=[
        call_of(signup, "callback", "exchange_code", request_id="req-1", outcome="code_expired"),
        call_of(signup, "callback", "exchange_code", request_id="req-2"),
    ])  # fmt: skip

    refused, exchanged = (
        entry(chapters, "The page brought a code"),
        entry(chapters, "Code exchanged for a token"),
    )
    assert (refused.word, refused.tone, refused.inside_title) == (
        "CODE_EXPIRED", Tone.BAD, "1 call of Meta, 1 failed",
    )  # fmt: skip
    assert exchanged.inside_title == "1 call of Meta"


def test_what_the_page_told_is_told_once_and_in_order_with_the_rest():
    events = [
        PageEvent(
            pk=1, name="session", detail="CANCEL at PHONE_NUMBER_SETUP", at=NOW - timedelta(seconds=50)
        ),
        PageEvent(pk=2, name="session", detail="FINISH", at=NOW - timedelta(seconds=40)),
        PageEvent(pk=3, name="callback", at=NOW - timedelta(seconds=39)),
        PageEvent(pk=4, name="pin", at=NOW - timedelta(seconds=20)),
        PageEvent(pk=5, name="skip", refusal="CONFLICT", at=NOW - timedelta(seconds=10)),
    ]
    chapters = told(link_of(), signup_of(
        StepRun(step="save_waba"), events=events, state="running", session_event="FINISH",
        session_at=NOW - timedelta(seconds=40), exchanged_at=NOW - timedelta(seconds=39),
    ))  # fmt: skip

    assert titles(chapters[1]) == [
        "Page ready for a signup", "Meta's window sent its message", "Meta's window sent its message",
        "Code exchanged for a token", "A PIN was entered", "The page's question was put off",
        "Save the WABA with its token",
    ]  # fmt: skip
    assert [dict(one.facts).get("told") for one in chapters[1].entries[1:3]] == [
        "CANCEL at PHONE_NUMBER_SETUP", None,
    ]  # fmt: skip


def test_calls_that_nothing_else_tells_of_have_an_entry_by_what_they_were_for():
    signup = signup_of(state="running")

    chapters = told(link_of(), signup, calls=[
        call_of(signup, "recovery", "fetch_customer_token", outcome="temporary"),
        call_of(None, "check", "read_waba"), call_of(None, "check", "list_subscribed_apps"),
        call_of(None, "register", "register"),
    ])  # fmt: skip

    assert entry(chapters, "Looked for a token that never came").tone == Tone.BAD
    assert chapters[-1].title == "What followed"
    assert [(one.title, one.inside_title) for one in chapters[-1].entries] == [
        ("Checked the number and its account", "2 calls of Meta"),
        ("Registered the number, when asked to", "1 call of Meta"),
    ]  # fmt: skip


def test_a_step_that_we_do_not_know_yet_is_told_by_its_name():
    chapters = told(link_of(), signup_of(StepRun(step="share_moon", status="done"), state="running"))

    assert entry(chapters, "share_moon").tone == Tone.GOOD


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(8, "8 ms"), (3200, "3.2 s"), (240_000, "4 min"), (-5, "")]
)
def test_a_duration_is_worded(milliseconds, words):
    assert took(NOW, NOW + timedelta(milliseconds=milliseconds)) == words


def test_every_state_that_a_row_can_have_is_told(db, organization):
    link = link_of()

    for state in Signup.State.values:
        for status in StepRun.Status.values:
            assert told(
                link, signup_of(StepRun(step="save_waba", status=status), state=state, exchanged_at=NOW)
            )


def test_the_page_tells_a_signup_that_really_ran(api, make_link, meta, staff):
    link = make_link(
        externalId="customer-1",
        webhookUrl="http://localhost:9999/hook",
        webhookEvents=["*"],
        webhookSecret="x" * 16,
    )
    cancelled = EndUser(link["id"])
    cancelled.call("opened")
    cancelled.bring(meta.sandbox.sign_up("cancel"))
    user = EndUser(link["id"])
    user.call("start")
    user.bring(meta.sandbox.sign_up())
    run_due()

    page = staff.get(address(OnboardingLink, "change", link["id"]))

    chapters = page.context["chapters"]
    assert [chapter.title for chapter in chapters] == [
        "The link", "Signup 2", "Signup 1", "Events and webhooks",
    ]  # fmt: skip
    assert [chapter.word for chapter in chapters[1:3]] == ["completed", "left before the end"]
    assert titles(chapters[3]) == [
        "Event onboarding_link.opened stored",
        "Event onboarding_link.abandoned stored",
        "Webhook connected",
        "Event phone_number.connected stored",
        "Delivery",
        "Event onboarding_link.completed stored",
        "Delivery",
    ]
    row = OnboardingLink.objects.get()
    assert row.phone
    assert row.outgoing_webhook
    body = page.content.decode()
    for shown in (
        row.phone.phone_number,
        str(row.waba),
        str(row.outgoing_webhook.pk),
        user.signup_id,
        '"progress"',
    ):
        assert shown in body.replace("&quot;", '"')


def test_the_page_folds_each_call_of_a_signup_that_really_ran_and_no_secret_is_in_it(
    api, make_link, meta, staff
):
    link = make_link()
    user = EndUser(link["id"])
    made = meta.sandbox.sign_up()
    user.call("callback", code="AQNever")
    user = EndUser(link["id"])
    user.bring(made)
    run_due()

    page = staff.get(address(OnboardingLink, "change", link["id"]))

    inside = [one for chapter in page.context["chapters"] for told in chapter.entries for one in told.inside]
    assert len(inside) == GraphCall.objects.count() > 5
    assert {one.title for one in inside} >= {"exchange_code", "debug_token", "read_waba", "register"}
    body = page.content.decode()
    for call in GraphCall.objects.all():
        assert f"<code data-copy>{call.trace_id}</code>" in body
    secrets = [*meta.sandbox.state.tokens, *meta.sandbox.state.codes, made["code"], "AQNever"]
    for call in GraphCall.objects.all():
        body += staff.get(address(GraphCall, "change", call.pk)).content.decode()
    assert [secret for secret in secrets if secret in body] == []


def test_acts_of_staff_on_a_link_and_on_what_it_connected_stand_in_its_time_line(act, staff, told_of):
    mine, other = told_of(), told_of()
    act("retry_from", mine.link, choice="save_phone", reason="Ticket 12.")
    act("retry", other.link, reason="Ticket 13.")
    act("deactivate", mine.webhook, reason="Their server is flooded.")
    act("skip_step", mine.link, choice="save_waba", reason="Not offered.")

    page = staff.get(address(OnboardingLink, "change", mine.link.pk))

    acts = page.context["chapters"][-1]
    assert acts.title == "What staff did"
    assert [(one.title, dict(one.facts)["reason"]) for one in acts.entries] == [
        ("Retry from a step: save_phone", "Ticket 12."), ("Deactivate", "Their server is flooded."),
    ]  # fmt: skip
    assert {dict(one.facts)["by"] for one in acts.entries} == {"sandra"}


def test_an_act_that_was_refused_says_why(act, staff, told_of):
    mine = told_of()
    act("retry", mine.link, reason="Ticket 14.")

    page = staff.get(address(OnboardingLink, "change", mine.link.pk))

    (refused,) = page.context["chapters"][-1].entries
    assert (refused.title, refused.word, refused.tone) == ("Retry: not done", "refused", Tone.BAD)
    assert dict(refused.facts)["why not"]


def test_an_event_of_another_link_at_the_same_moment_is_not_mixed_in(told_twice):
    first, second = told_twice

    assert story_of(first.link).events == [first.event]
    assert story_of(second.link).events == [second.event]


@pytest.fixture
def told_twice(told_of):
    first, second = told_of(), told_of()
    type(second.event).objects.filter(pk=second.event.pk).update(waba=first.waba)
    type(second.link).objects.filter(pk=second.link.pk).update(waba=first.waba)
    second.link.refresh_from_db()
    return first, second


@pytest.fixture
def told_of(organization):
    return lambda: story(organization)


def test_a_link_that_is_gone_leads_back_with_a_word(staff: Client):
    page = staff.get(address(OnboardingLink, "change", uuid.uuid4()), follow=True)

    assert page.status_code == 200
    assert "exist. Perhaps it was deleted" in page.content.decode()
