"""What staff decide about a signup that does not go on: repeat a step, leave one out, open the link again."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError
from onboarding import readiness
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.outcomes import Actor, Problem
from onboarding.pipeline import ALL_STEPS, BY_NAME, COMPLETION
from onboarding.resuming import is_metas_wait
from onboarding.tasks import ring_steps

Status, State = StepRun.Status, Signup.State
SETTLED = (Status.DONE, Status.SKIPPED)
# Meta allows it once, or it would tell clients twice.
ONCE = frozenset({"sync_coexistence", COMPLETION.name})
# How long a link that had expired is open again, where the platform sets no life of its own.
OPEN_AGAIN = timedelta(days=7)


class NoSignupError(ConflictError):
    message = "No sign-in came yet: the end-user has to open the link."


class NoTokenError(ConflictError):
    message = "The sign-in is not kept any more: open the link again, and let the end-user sign in."


class OtherSignupError(ConflictError):
    message = "The link is no longer waiting for this signup."


class StepNotReadyError(ConflictError):
    message = "What comes before this step is not done yet: run that first."


class StepUnderWayError(ConflictError):
    message = "The step runs right now. Where its worker died, another one takes it within a minute or two."


class StepOnceError(ConflictError):
    message = "The step is done, and can be done only once."


class MetaWaitsError(ConflictError):
    message = "Meta wants no call before the time that the step waits for."


class StepRequiredError(ConflictError):
    message = "Nothing works without this step: it cannot be left out."


class StepSettledError(ConflictError):
    message = "The step is done, or left out, already."


class CompletedError(ConflictError):
    message = "The link is completed. Make a new one to connect the number anew."


class StillOpenError(ConflictError):
    message = "The link is open: the end-user can use it as it is."


@transaction.atomic
def retry_from(*, link: OnboardingLink, step: str) -> None:
    """Runs `step` again, done or not, and what failed after it; of a failed signup all that failed.

    A required step that failed beside `step` would else hold the link for ever. Raises a ConflictError.
    """
    signup = latest_signup(link)
    now = timezone.now()
    runs = {run.step: run for run in StepRun.objects.filter(signup=signup)}
    refuse_retry(signup, runs, step, now)
    affected = following(step)
    if signup.state == State.FAILED:
        revive(signup)
        affected = list(runs)
    again = [step, *(name for name in affected if runs[name].status == Status.FAILED)]
    StepRun.objects.filter(signup=signup, step__in=again).update(
        status=Status.WAITING,
        next_attempt_at=None,
        finished_at=None,
        first_started_at=None,
        error=None,
        is_put_off=False,
    )
    StepRun.objects.filter(signup=signup, step=step).update(next_attempt_at=now)
    ring_steps(signup.pk, tuple(dict.fromkeys([step, *readiness.advance(signup, now)])))


def refuse_retry(signup: Signup, runs: dict[str, StepRun], step: str, now: datetime) -> None:
    run = runs.get(step)
    if run is None or any(runs[before].status not in SETTLED for before in BY_NAME[step].after):
        raise StepNotReadyError
    if run.status == Status.RUNNING and run.lease_expires_at and run.lease_expires_at > now:
        raise StepUnderWayError
    if step in ONCE and run.status == Status.DONE:
        raise StepOnceError
    if step == COMPLETION.name and run.next_attempt_at is None and run.status == Status.WAITING:
        raise StepNotReadyError
    is_early = run.next_attempt_at is not None and run.next_attempt_at > now
    if is_early and run.error and is_metas_wait(run.error):
        raise MetaWaitsError
    if not signup.token_value:
        raise NoTokenError


def following(step: str) -> list[str]:
    """Every step that needs `step`, at once or by others, in their order."""
    found = {step}
    for one in ALL_STEPS:
        if found & set(one.after):
            found.add(one.name)
    return [one.name for one in ALL_STEPS if one.name in found - {step}]


def revive(signup: Signup) -> None:
    """A failed signup runs again, where its link still waits for one. Under the signup's lock."""
    link = signup.link
    if link.status != OnboardingLink.Status.PENDING:
        raise OtherSignupError
    signup.state, signup.error, signup.finished_at = State.RUNNING, None, None
    signup.save(update_fields=["state", "error", "finished_at"])
    link.status, link.last_error, link.next_action = OnboardingLink.Status.PROCESSING, None, None
    link.save(update_fields=["status", "last_error", "next_action"])


@transaction.atomic
def skip_step(*, link: OnboardingLink, step: str) -> None:
    """Leaves out a step that `completed` does not need. Raises a ConflictError."""
    signup = latest_signup(link)
    run = StepRun.objects.filter(signup=signup, step=step).first()
    if run is None:
        raise StepNotReadyError
    if BY_NAME[step].required:
        raise StepRequiredError
    if run.status in SETTLED:
        raise StepSettledError
    now = timezone.now()
    if run.status == Status.RUNNING and run.lease_expires_at and run.lease_expires_at > now:
        raise StepUnderWayError
    StepRun.objects.filter(pk=run.pk).update(
        status=Status.SKIPPED,
        next_attempt_at=None,
        finished_at=now,
        lease_token=None,
        lease_expires_at=None,
    )
    ring_steps(signup.pk, readiness.advance(signup, now))


@transaction.atomic
def reopen_link(*, link: OnboardingLink) -> None:
    """The end-user can sign in anew: what runs or is kept of an earlier try ends. An expired link gets time.

    A code that is just being exchanged comes too late then; no such try is recovered, or goes on by itself.

    Raises CompletedError; and StillOpenError where nothing is in the way.
    """
    current = OnboardingLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if current.status == OnboardingLink.Status.COMPLETED:
        raise CompletedError
    now = timezone.now()
    kept = current.signups.exclude(access_token=None) | current.signups.filter(
        state__in=[State.RUNNING, State.EXCHANGING]
    )
    is_expired = current.is_expired(now)
    if not (is_expired or current.last_error or kept.exists()):
        raise StillOpenError
    reopened = Problem("CANCELLED", "Support opened the link again.", Actor.PLATFORM)
    ended = reopened.as_json(now) | {"step": None}
    unfinished = current.signups.filter(state__in=[State.RUNNING, State.EXCHANGING])
    unfinished.update(state=State.FAILED, error=ended, finished_at=now)
    current.signups.update(access_token=None)
    current.status = OnboardingLink.Status.PENDING
    current.last_error = current.next_action = None
    if is_expired:
        current.expires_at = now + (settings.ONBOARDING_LINK_TTL or OPEN_AGAIN)
        current.expiry_told_at = None
    current.save(update_fields=["status", "last_error", "next_action", "expires_at", "expiry_told_at"])


def latest_signup(link: OnboardingLink) -> Signup:
    """The signup whose code came last, locked. Raises NoSignupError."""
    latest = link.signups.exclude(exchanged_at=None).order_by("-exchanged_at").first()
    if latest is None:
        raise NoSignupError
    return readiness.locked(latest.pk)
