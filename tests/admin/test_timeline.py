"""A link's story: pure entries from rows, and the page of a signup that really ran."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from onboarding.admin.entries import took
from onboarding.admin.story import story_of
from onboarding.admin.timeline import Story, timeline
from onboarding.models import OnboardingLink, Signup, StepRun
from organizations.admin.cells import Tone
from tests.admin.test_pages import address
from tests.admin.world import story
from tests.onboarding.conftest import EndUser, make_link, run_due

__all__ = ["make_link"]
NOW = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
PIN = {
    "code": "ENTER_PIN", "message": "This number has a PIN.", "actor": "end_user",
    "meta": {"code": 133005, "subcode": None, "traceId": "AbCdEf123"},
}  # fmt: skip


def link_of(**columns):
    return OnboardingLink(name="Acme", created_at=NOW - timedelta(hours=1), **columns)


def signup_of(*runs, **columns):
    signup = Signup(pk=uuid.uuid4(), created_at=NOW - timedelta(minutes=2), **columns)
    vars(signup)["_prefetched_objects_cache"] = {"steps": runs, "told": ()}
    return signup


def told(link, *signups):
    return timeline(Story(link, signups), NOW)


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
        "needs customer", Tone.ASKS, NOW, "This number has a PIN.",
    )  # fmt: skip
    assert dict(found.facts) == {
        "step": "register_phone", "attempts": "2", "took": "820 ms", "first tried": "2026-01-15 10:25:00",
        "put off": "by the end-user, for later", "code": "ENTER_PIN", "who has to move": "end user",
        "Meta's code": "133005", "trace id": "AbCdEf123",
    }  # fmt: skip


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
