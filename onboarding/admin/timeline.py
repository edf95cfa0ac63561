"""What happened to a link, as chapters of entries: the link, each signup (newest first), what followed.

Pure: from rows that were read before, without a query.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from onboarding.admin.entries import (
    SESSION,
    Chapter,
    Entry,
    clock,
    error_facts,
    filled,
    named,
    took,
    words_of,
)
from onboarding.admin.template_entries import template_entries
from onboarding.models import OnboardingLink, SharedWaba, Signup, StepRun
from organizations.admin.cells import Tone, admin_url, worded
from webhooks.admin.states import DELIVERY_TONES
from webhooks.models import Delivery, Event

STEPS = {
    "identify_assets": "Find out which WABA and number the token is for",
    "save_waba": "Save the WABA with its token",
    "save_phone": "Save the number",
    "subscribe_app": "Subscribe our app to the WABA's webhooks",
    "override_callback": "Send the number's messages to an address of its own",
    "assign_system_user": "Put our system user on the WABA",
    "share_credit_line": "Share the credit line",
    "register_phone": "Register the number on the Cloud API",
    "sync_coexistence": "Bring over contacts and chats",
    "create_templates": "Create starter templates",
    "complete_link": "Complete the link, make its webhook, store the event",
}
STEP_TONES = {
    StepRun.Status.WAITING: Tone.IDLE,
    StepRun.Status.RUNNING: Tone.BUSY,
    StepRun.Status.DONE: Tone.GOOD,
    StepRun.Status.SKIPPED: Tone.IDLE,
    StepRun.Status.FAILED: Tone.BAD,
    StepRun.Status.NEEDS_CUSTOMER: Tone.ASKS,
}
SIGNUP_STATES = {
    Signup.State.OPENED: (Tone.IDLE, "no code came"),
    Signup.State.EXCHANGING: (Tone.BUSY, "the code is at Meta"),
    Signup.State.RUNNING: (Tone.BUSY, "running"),
    Signup.State.COMPLETED: (Tone.GOOD, "completed"),
    Signup.State.FAILED: (Tone.BAD, "failed"),
}


@dataclass(frozen=True)
class Story:
    """The rows that a time line is told from. `signups` come with their steps read, newest first."""

    link: OnboardingLink
    signups: Sequence[Signup]
    event: Event | None = None
    deliveries: Sequence[Delivery] = ()
    shared: Sequence[SharedWaba] = ()

    def told_of(self, signup: Signup) -> list[SharedWaba]:
        """What Meta told of the WABA that the signup brought, or says it brought."""
        named = {signup.meta_waba_id, signup.session.get("waba_id")}
        return [one for one in self.shared if one.signup_id == signup.pk or one.meta_waba_id in named]


def timeline(story: Story, now: datetime) -> list[Chapter]:
    chapters = [Chapter("The link", tuple(link_entries(story.link, now)))]
    total = len(story.signups)
    for place, signup in enumerate(story.signups):
        chapters.append(signup_chapter(signup, total - place, now, story.told_of(signup)))
    after = tuple(after_entries(story))
    return [*chapters, Chapter("What followed", after)] if after else chapters


def link_entries(link: OnboardingLink, now: datetime) -> Iterator[Entry]:
    yield Entry("Link created", Tone.GOOD, link.created_at)
    if link.opened_at:
        yield Entry("Page opened by a person", Tone.GOOD, link.opened_at)
    else:
        yield Entry("The page was not opened yet", Tone.IDLE)
    if link.is_expired(now):
        yield Entry("Link expired", Tone.BAD, link.expires_at)


def signup_chapter(signup: Signup, number: int, now: datetime, shared: Sequence[SharedWaba] = ()) -> Chapter:
    tone, word = SIGNUP_STATES[Signup.State(signup.state)]
    if signup.state == Signup.State.OPENED and signup.error:
        tone, word = Tone.ASKS, "left before the end"
    ids = (("signup id", str(signup.pk)), ("request id", signup.request_id))
    entries = tuple(signup_entries(signup, now, shared))
    return Chapter(f"Signup {number}", entries, tone, word, filled(ids))


def signup_entries(signup: Signup, now: datetime, shared: Sequence[SharedWaba]) -> Iterator[Entry]:
    """What was told, in the order in which it came; then the steps, in theirs; then the end."""
    told = [*page_entries(signup), *map(shared_entry, shared), *exchange_entries(signup)]
    yield from sorted(told, key=lambda entry: entry.at or signup.created_at)
    for run in signup.steps.all():
        yield step_entry(run, now)
    yield from end_entries(signup)


def page_entries(signup: Signup) -> Iterator[Entry]:
    yield Entry("Page ready for a signup", Tone.GOOD, signup.created_at)
    if signup.started_at:
        yield Entry("Facebook window opened", Tone.GOOD, signup.started_at)
    if signup.session_event:
        is_finish = signup.session_event.startswith("FINISH")
        yield Entry(
            "Meta's window sent its message",
            Tone.GOOD if is_finish else Tone.ASKS,
            signup.session_at,
            word=signup.session_event,
            said="" if is_finish else words_of(signup.error if not signup.exchanged_at else None),
            facts=named(signup.session, SESSION),
        )
    elif signup.exchanged_at:
        yield Entry("No message came from Meta's window", Tone.IDLE, signup.exchanged_at)


def shared_entry(shared: SharedWaba) -> Entry:
    """Meta's own word about the account, and what became of it."""
    facts = [
        ("Meta's WABA id", shared.meta_waba_id),
        ("its business", shared.owner_business_id or ""),
        ("decided by", str(shared.settled_by) if shared.settled_by else ""),
        *error_facts(shared.error),
    ]
    is_open = shared.outcome in {SharedWaba.Outcome.SEVERAL, SharedWaba.Outcome.NOBODY}
    return Entry(
        "Meta told that the account was shared with us",
        Tone.ASKS if is_open else Tone.GOOD,
        shared.last_told_at,
        word=worded(shared.outcome),
        said=words_of(shared.error),
        facts=filled(facts),
        url=admin_url(shared),
    )


def exchange_entries(signup: Signup) -> Iterator[Entry]:
    if signup.abandoned_at:
        yield Entry("Told as abandoned", Tone.ASKS, signup.abandoned_at)
    if not signup.exchanged_at:
        return
    if signup.token_source == Signup.TokenSource.FETCHED:
        yield Entry("Token fetched from Meta, without a code", Tone.GOOD, signup.exchanged_at)
    elif signup.state == Signup.State.EXCHANGING and signup.error:
        said = "Whether it was exchanged is not known; the token is fetched when Meta tells of the account."
        yield Entry("Code sent to Meta, no answer came", Tone.ASKS, signup.exchanged_at, said=said)
    elif signup.steps.all() or signup.state == Signup.State.COMPLETED:
        yield Entry("Code exchanged for a token", Tone.GOOD, signup.exchanged_at)
    elif signup.state == Signup.State.EXCHANGING:
        yield Entry("Code sent to Meta", Tone.BUSY, signup.exchanged_at)
    else:
        yield Entry("Code sent to Meta, and not exchanged", Tone.BAD, signup.exchanged_at)


def step_entry(run: StepRun, now: datetime) -> Entry:
    facts = [
        ("attempts", str(run.attempts) if run.attempts else ""),
        ("took", took(run.started_at, run.finished_at)),
        ("first tried", clock(run.first_started_at) if run.attempts > 1 else ""),
        ("next try", clock(run.next_attempt_at) if run.status == StepRun.Status.WAITING else ""),
        *lease(run, now),
        ("put off", "by the end-user, for later" if run.is_put_off else ""),
        *error_facts(run.error),
    ]
    return Entry(
        STEPS.get(run.step, run.step),
        STEP_TONES[StepRun.Status(run.status)],
        run.started_at,
        word=worded(run.status),
        said=words_of(run.error),
        facts=(("step", run.step), *filled(facts)),
    )


def lease(run: StepRun, now: datetime) -> Iterator[tuple[str, str]]:
    """Who has the step now, by the beginning of the lease that it took."""
    if run.lease_expires_at:
        is_over = run.lease_expires_at <= now
        yield "taken by", f"{str(run.lease_token)[:8]}…"
        yield "lease" if not is_over else "lease ended", clock(run.lease_expires_at)


def end_entries(signup: Signup) -> Iterator[Entry]:
    if signup.state == Signup.State.COMPLETED:
        yield Entry("Signup completed", Tone.GOOD, signup.finished_at)
    elif signup.state == Signup.State.FAILED:
        error: Mapping[str, Any] = signup.error or {"message": "Another signup of this link came first."}
        yield Entry(
            "Signup failed",
            Tone.BAD,
            signup.finished_at,
            word=str(error.get("code") or ""),
            said=words_of(error),
            facts=(*filled([("at", str(error.get("step") or ""))]), *error_facts(error)),
        )


def after_entries(story: Story) -> Iterator[Entry]:
    link, webhook = story.link, story.link.outgoing_webhook
    if webhook:
        facts = (("address", webhook.url), ("events", ", ".join(webhook.events)))
        yield Entry("Webhook connected", Tone.GOOD, link.completed_at, facts=facts, url=admin_url(webhook))
    if story.event:
        yield Entry(
            f"Event {story.event.name} stored",
            Tone.GOOD,
            story.event.created_at,
            facts=(("event id", str(story.event.pk)),),
            url=admin_url(story.event),
        )
    for delivery in story.deliveries:
        yield delivery_entry(delivery)
    yield from template_entries(link)


def delivery_entry(delivery: Delivery) -> Entry:
    facts = [
        ("to", delivery.webhook.url),
        ("attempts", str(delivery.attempt_count)),
        ("last error", delivery.last_error or ""),
        ("next attempt", clock(delivery.next_attempt_at)),
    ]
    is_manual = delivery.trigger == Delivery.Trigger.MANUAL
    return Entry(
        "Delivery, repeated by hand" if is_manual else "Delivery",
        DELIVERY_TONES[Delivery.State(delivery.state)],
        delivery.finished_at or delivery.created_at,
        word=worded(delivery.state),
        facts=filled(facts),
        url=admin_url(delivery),
    )
