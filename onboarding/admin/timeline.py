"""What happened to a link, as chapters of entries: the link, each signup (newest first), what followed.

Pure: from rows that were read before, without a query.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.contrib.admin.models import LogEntry

from journal.models import GraphCall
from onboarding.admin.call_entries import Calls, counted
from onboarding.admin.entries import Chapter, Entry, clock, error_facts, filled, took, words_of
from onboarding.admin.page_entries import page_entries
from onboarding.admin.staff_entries import staff_entries
from onboarding.admin.template_entries import template_entries
from onboarding.admin.told_entries import told_entries
from onboarding.models import OnboardingLink, SharedWaba, Signup, StepRun
from organizations.admin.cells import Tone, admin_url, worded
from webhooks.models import Delivery, Event

LAST = datetime.max.replace(tzinfo=UTC)
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
    """The rows that a time line is told from. `signups` come with their steps and page events, newest first.

    `calls` and `staff`, oldest first: of the link, and of the number, account and endpoint that it brought.
    `left_out`: in words, what there is more of than anybody reads.
    """

    link: OnboardingLink
    signups: Sequence[Signup]
    events: Sequence[Event] = ()
    deliveries: Sequence[Delivery] = ()
    shared: Sequence[SharedWaba] = ()
    calls: Sequence[GraphCall] = ()
    staff: Sequence[LogEntry] = ()
    left_out: Sequence[str] = ()

    def calls_of(self, signup: Signup) -> Calls:
        return Calls(call for call in self.calls if call.signup_id == signup.pk)

    def later_calls(self) -> Calls:
        return Calls(call for call in self.calls if call.signup_id is None)

    def told_of(self, signup: Signup) -> list[SharedWaba]:
        """What Meta told of the WABA that the signup brought, or says it brought."""
        named = {signup.meta_waba_id, signup.session.get("waba_id")}
        return [one for one in self.shared if one.signup_id == signup.pk or one.meta_waba_id in named]


def timeline(story: Story, now: datetime) -> list[Chapter]:
    chapters = [Chapter("The link", tuple(link_entries(story.link, now)))]
    total = len(story.signups)
    for place, signup in enumerate(story.signups):
        told = Told(story.told_of(signup), story.calls_of(signup))
        chapters.append(signup_chapter(signup, total - place, now, told))
    after = {
        "Events and webhooks": tuple(told_entries(story.link, story.events, story.deliveries)),
        "What followed": tuple(after_entries(story)),
        "What staff did": staff_entries(story.staff),
    }
    return [*chapters, *(Chapter(title, entries) for title, entries in after.items() if entries)]


def link_entries(link: OnboardingLink, now: datetime) -> Iterator[Entry]:
    yield Entry("Link created", Tone.GOOD, link.created_at)
    if link.opened_at:
        yield Entry("Page opened by a person", Tone.GOOD, link.opened_at)
    else:
        yield Entry("The page was not opened yet", Tone.IDLE)
    if link.is_expired(now):
        yield Entry("Link expired", Tone.BAD, link.expires_at)


@dataclass
class Told:
    """What is known of one signup beside its own rows."""

    shared: Sequence[SharedWaba] = ()
    calls: Calls = field(default_factory=lambda: Calls(()))


def signup_chapter(signup: Signup, number: int, now: datetime, told: Told) -> Chapter:
    tone, word = SIGNUP_STATES[Signup.State(signup.state)]
    if signup.state == Signup.State.OPENED and signup.error:
        tone, word = Tone.ASKS, "left before the end"
    ids = (("signup id", str(signup.pk)), ("request id", signup.request_id))
    entries = tuple(signup_entries(signup, now, told))
    return Chapter(f"Signup {number}", entries, tone, word, filled(ids))


def signup_entries(signup: Signup, now: datetime, told: Told) -> Iterator[Entry]:
    """What was told, what was begun and how it ended, in their order; then what is not begun."""
    runs = list(signup.steps.all())
    begun = [step_entry(run, now, told.calls.take(run.step)) for run in runs if is_begun(run)]
    came = [
        *page_entries(signup, told.calls),
        *map(shared_entry, told.shared),
        *exchange_entries(signup, told.calls),
    ]
    came += told.calls.rest()
    yield from sorted([*came, *begun, *end_entries(signup)], key=lambda entry: entry.at or LAST)
    yield from unbegun_entries([step_entry(run, now) for run in runs if not is_begun(run)])


def is_begun(run: StepRun) -> bool:
    return run.status != StepRun.Status.WAITING or run.attempts > 0


def unbegun_entries(steps: list[Entry]) -> Iterator[Entry]:
    """Several are folded into one: a signup that ended early has ten."""
    if len(steps) < 2:
        yield from steps
        return
    title = f"{len(steps)} steps that were not begun"
    yield Entry(title, Tone.IDLE, inside=tuple(steps), inside_title="which")


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


def exchange_entries(signup: Signup, calls: Calls) -> Iterator[Entry]:
    if signup.abandoned_at:
        yield Entry("Told as abandoned", Tone.ASKS, signup.abandoned_at)
    if signup.exchanged_at:
        is_fetched = signup.token_source == Signup.TokenSource.FETCHED
        inside = calls.take("recovery" if is_fetched else "callback")
        yield replace(exchange_entry(signup), inside=inside, inside_title=counted(inside))


def exchange_entry(signup: Signup) -> Entry:
    if signup.token_source == Signup.TokenSource.FETCHED:
        return Entry("Token fetched from Meta, without a code", Tone.GOOD, signup.exchanged_at)
    if signup.state == Signup.State.EXCHANGING and signup.error:
        said = "Whether it was exchanged is not known; the token is fetched when Meta tells of the account."
        return Entry("Code sent to Meta, no answer came", Tone.ASKS, signup.exchanged_at, said=said)
    if signup.steps.all() or signup.state == Signup.State.COMPLETED:
        return Entry("Code exchanged for a token", Tone.GOOD, signup.exchanged_at)
    if signup.state == Signup.State.EXCHANGING:
        return Entry("Code sent to Meta", Tone.BUSY, signup.exchanged_at)
    return Entry("Code sent to Meta, and not exchanged", Tone.BAD, signup.exchanged_at)


def step_entry(run: StepRun, now: datetime, calls: tuple[Entry, ...] = ()) -> Entry:
    facts = [
        ("attempts", str(run.attempts) if run.attempts else ""),
        ("took", took(run.started_at, run.finished_at)),
        ("last tried", clock(run.started_at) if run.attempts > 1 else ""),
        ("next try", clock(run.next_attempt_at) if run.status == StepRun.Status.WAITING else ""),
        *lease(run, now),
        ("put off", "by the end-user, for later" if run.is_put_off else ""),
        *error_facts(run.error),
    ]
    return Entry(
        STEPS.get(run.step, run.step),
        STEP_TONES[StepRun.Status(run.status)],
        run.first_started_at or run.started_at,
        word=worded(run.status),
        said=words_of(run.error),
        facts=(("step", run.step), *filled(facts)),
        inside=calls,
        inside_title=counted(calls),
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
    yield from story.later_calls().rest()
    yield from template_entries(story.link)
