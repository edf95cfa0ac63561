"""Who has to move now: the one answer that a client gets while something is open."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from api.times import timestamp
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.outcomes import NO_PHONE_NUMBER, Actor, Problem

Status = StepRun.Status
# Not what a client or an end-user could cure, and nothing that they would notice.
QUIET = frozenset({"override_callback"})
# What comes after the completion: nobody waits for it, but who has to mend a failure is told.
TOLD_WHEN_FAILED = frozenset({"create_templates"})
VERIFY_NUMBER = (
    "VERIFY_NUMBER",
    "The number has to be verified: the end-user opens the link and has a code sent to it.",
)
AFTER_FAILURE = {
    Actor.END_USER: ("SIGN_UP_AGAIN", "The end-user has to open the link and sign up again."),
    Actor.CUSTOMER: ("CHECK_ACCOUNT", "Find out who connected this account, or use another one."),
    Actor.PLATFORM: ("WAIT", "Our team has to correct something; the sign-up then goes on by itself."),
    Actor.META: ("WAIT", "Meta has to answer again. Retry the link, or wait."),
}

# Before the steps nothing of a sign-in is kept.
MENDED_FIRST = "Our team has to correct something; then the end-user opens the link and signs up again."


def hosted_url(link: OnboardingLink) -> str:
    return f"{settings.PUBLIC_BASE_URL}/signup/{link.pk}"


def action(actor: str, code: str, message: str, **more: str | None) -> dict[str, Any]:
    """`{actor, code, message, url?, deadline?}` as the contract has it."""
    return {"actor": str(actor), "code": code, "message": message} | {k: v for k, v in more.items() if v}


def open_action(link: OnboardingLink, runs: Iterable[StepRun], now: datetime) -> dict[str, Any] | None:
    """What a signup that runs, or a completed link, is waiting for; None when for nothing."""
    rows = [run for run in runs if is_told(run)]
    asking = next((run for run in rows if run.status == Status.NEEDS_CUSTOMER and run.error), None)
    if asking:
        error = asking.error or {}
        return action(error["actor"], error["code"], error["message"], url=hosted_url(link))
    waiting = next((run for run in rows if run.error and waits_until(run, now)), None)
    if waiting:
        error, again = waiting.error or {}, waits_until(waiting, now)
        return action(error["actor"], "WAIT", error["message"], deadline=timestamp(again) if again else None)
    failed = next((run for run in rows if run.status == Status.FAILED and run.error), None)
    if failed:
        error = failed.error or {}
        return action(error["actor"], error["code"], error["message"])
    is_running = any(run.status in {Status.RUNNING, Status.WAITING} for run in rows)
    return action(Actor.PLATFORM, "WAIT", "The steps are running.") if is_running else None


def is_told(run: StepRun) -> bool:
    return run.step not in QUIET and (run.step not in TOLD_WHEN_FAILED or run.status == Status.FAILED)


def waits_until(run: StepRun, now: datetime) -> datetime | None:
    """The later time for which a step waits; None when it runs or could run."""
    is_later = run.next_attempt_at is not None and run.next_attempt_at > now
    return run.next_attempt_at if run.status == Status.WAITING and is_later else None


def lacks_number(signup: Signup) -> bool:
    """It ended without a number, and goes on with its token as soon as there is one."""
    error: dict[str, Any] = signup.error or {}
    return (
        signup.state == Signup.State.FAILED
        and error.get("code") == NO_PHONE_NUMBER
        and bool(signup.access_token)
        and signup.link.status == OnboardingLink.Status.PENDING
    )


def left_open(link: OnboardingLink, problem: Problem) -> dict[str, Any] | None:
    """What a signup that failed leaves for the page to ask, without another sign-in."""
    if problem.code != NO_PHONE_NUMBER:
        return None
    message = "The account has no phone number yet. The end-user opens the link and adds one."
    return action(Actor.END_USER, "ADD_NUMBER", message, url=hosted_url(link))


def verify_number(link: OnboardingLink) -> dict[str, Any]:
    return action(Actor.END_USER, *VERIFY_NUMBER, url=hosted_url(link))


def published_action(link: OnboardingLink, now: datetime) -> dict[str, Any] | None:
    """The link's `nextAction`."""
    if link.is_expired(now):
        return action(Actor.CUSTOMER, "LINK_EXPIRED", "The link has expired. Make a new one.")
    stored: dict[str, Any] | None = link.next_action
    if stored or link.status != OnboardingLink.Status.PENDING:
        return stored
    if link.last_error:
        actor = Actor(link.last_error["actor"])
        code, message = AFTER_FAILURE[actor]
        if actor is Actor.PLATFORM and link.last_error.get("step") is None:
            message = MENDED_FIRST
        return action(actor, code, message, url=hosted_url(link) if actor is Actor.END_USER else None)
    return action(Actor.END_USER, "OPEN_LINK", "The end-user has to open the link.", url=hosted_url(link))
