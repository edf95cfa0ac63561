"""What a failure at Meta means for a step: try again and when, ask, or fail with which code."""

import random
from datetime import datetime, timedelta

from django.conf import settings

from meta_graph.errors import Action, Cause, GraphError
from onboarding.models import StepRun
from onboarding.outcomes import Actor, NotYet, Problem, StepError, StepFailed, meta_of

# An unknown code is tried so often before operators are asked to look.
UNKNOWN_TRIES = 3
JITTER = 0.2
# What operators, or Meta, have to cure is tried again for so long, and at least so often.
PATIENCE, LONGEST_PAUSE = timedelta(days=7), timedelta(days=1)
SIGN_IN_AGAIN = {
    Cause.CODE_EXPIRED: (
        "CODE_EXPIRED",
        "The sign-in took too long at the last moment. It has to be done again.",
    ),
    Cause.CODE_USED: ("CODE_USED", "This sign-in was already used. It has to be done again."),
    Cause.UNKNOWN_OUTCOME: ("META_UNAVAILABLE", "Meta did not confirm the sign-in. It has to be done again."),
}
TO_META = {
    Cause.ACCOUNT_LOCKED: "Meta has locked this account. Its owner has to ask Meta's Business Support.",
    Cause.PAYMENT: "Meta wants a payment method for this account. Its owner adds one in WhatsApp Manager.",
}
PERMISSION_CAUSES = {Cause.PERMISSION_MISSING, Cause.TOKEN_INVALID, Cause.OBJECT_GONE}


def problem_of(error: GraphError) -> Problem:
    """The published error for something that Meta refused or could not do."""
    if error.cause in SIGN_IN_AGAIN:
        code, message = SIGN_IN_AGAIN[error.cause]
        return Problem(code, message, Actor.END_USER, meta_of(error))
    if error.action is Action.OPS:
        return Problem(
            "CONFIGURATION", "Our own settings at Meta need a correction.", Actor.PLATFORM, meta_of(error)
        )
    if error.cause in PERMISSION_CAUSES:
        return Problem(
            "PERMISSION_MISSING",
            "Meta does not let us use this account: a permission is missing or was taken back.",
            Actor.END_USER,
            meta_of(error),
        )
    if error.action is Action.RETRY:
        return Problem("META_UNAVAILABLE", "Meta does not answer as it should.", Actor.META, meta_of(error))
    message = TO_META.get(error.cause) or error.message or "Meta refused."
    return Problem("META_REPORTED_ERROR", message, Actor.END_USER, meta_of(error))


def retry_at(run: StepRun, now: datetime, wait: float | None = None) -> datetime:
    """The schedule's next time, or Meta's own wait (in seconds) where that is longer."""
    schedule = settings.STEP_BACKOFF_SECONDS
    planned = schedule[min(run.attempts, len(schedule)) - 1] if run.attempts else schedule[0]
    seconds = max(planned, wait or 0.0) * (1 + random.random() * JITTER)  # noqa: S311
    return now + timedelta(seconds=seconds)


def may_retry(run: StepRun, error: GraphError, now: datetime) -> bool:
    if error.action is not Action.RETRY:
        return False
    if error.cause is Cause.UNKNOWN and run.attempts >= UNKNOWN_TRIES:
        return False
    return run.first_started_at is None or now - run.first_started_at < settings.STEP_GIVE_UP_AFTER


def verdict(run: StepRun, error: GraphError, now: datetime, *, wait: float = 0.0) -> StepError:
    """The exception that says how the step goes on; `wait`: seconds that it has to wait at least."""
    problem = problem_of(error)
    if may_retry(run, error, now):
        wait = max(wait, error.retry_after or 0.0)
        outcome = NotYet(problem.code, problem.message, problem.actor, at=retry_at(run, now, wait))
        outcome.problem = problem
        return outcome
    if error.cause is Cause.UNKNOWN:
        problem = Problem(
            "CONFIGURATION", "Meta answered something we do not know.", Actor.PLATFORM, problem.meta
        )
    # What the page can ask for the step raises itself; anything else has to be cured elsewhere first.
    return StepFailed(problem.code, problem.message, problem.actor, cause=error)


def crashed(run: StepRun, now: datetime) -> StepError:
    """A mistake of our own: tried a few times, since a deployment may cure it, then put to operators."""
    if run.attempts < UNKNOWN_TRIES:
        return NotYet("INTERNAL", "Something failed on our side.", Actor.PLATFORM, at=retry_at(run, now))
    return StepFailed("CONFIGURATION", "Something failed on our side. Our team has to look.", Actor.PLATFORM)


def tried_again_at(problem: Problem, since: datetime | None, now: datetime) -> datetime | None:
    """When a failed step is tried again by itself; None where the end-user has to mend it, and after a week.

    Each time after as long as it has gone on already: from RESUME_AFTER_SECONDS to a day.
    """
    age = now - since if since else timedelta()
    if problem.actor not in {Actor.PLATFORM, Actor.META} or age > PATIENCE:
        return None
    return now + min(max(age, timedelta(seconds=settings.RESUME_AFTER_SECONDS)), LONGEST_PAUSE)
