"""Which steps may run now, whether a link may complete, what fails a signup: under the signup's lock."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings

from onboarding import link_events, metrics
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.next_action import left_open, open_action, published_action
from onboarding.outcomes import Problem
from onboarding.pipeline import AFTERWARDS, COMPLETION, STEPS, Step

Status = StepRun.Status
# Questions that the page asks; the completion waits for their answers while somebody is there.
ASKED_ON_PAGE = frozenset({"ENTER_PIN", "VERIFY_NUMBER"})
# A step that is not required and must wait longer than this does not hold up the completion.
LONG_WAIT = timedelta(minutes=1)
RUNNABLE = (Signup.State.RUNNING, Signup.State.COMPLETED)


def locked(signup_id: uuid.UUID) -> Signup:
    """The signup, its link locked before it: everybody takes the two in this order, or they deadlock.

    Not against foreign keys: other signups of the link are being made meanwhile.
    """
    OnboardingLink.objects.select_for_update(of=("self",), no_key=True).only("pk").get(signups=signup_id)
    signups = Signup.objects.select_for_update(of=("self",), no_key=True)
    return signups.select_related("link").get(pk=signup_id)


def advance(signup: Signup, now: datetime) -> tuple[str, ...]:
    """Opens the steps whose conditions are met, and words what is open on the link. Under the lock."""
    runs = {run.step: run for run in StepRun.objects.filter(signup=signup)}
    opening = [step for step in (*STEPS, *AFTERWARDS) if is_blocked(runs.get(step.name))]
    ready = [step.name for step in opening if follows(step, runs)]
    if is_blocked(runs.get(COMPLETION.name)) and may_complete(signup, runs, now):
        ready.append(COMPLETION.name)
    if ready:
        StepRun.objects.filter(signup=signup, step__in=ready).update(next_attempt_at=now)
    if signup.state in RUNNABLE:
        link = signup.link
        before = published_action(link, now)
        link.next_action = open_action(link, runs.values(), now)
        link.save(update_fields=["next_action"])
        link_events.tell_whose_turn(link, before, now)
    return tuple(ready)


def is_blocked(run: StepRun | None) -> bool:
    return run is not None and run.status == Status.WAITING and run.next_attempt_at is None


def follows(step: Step, runs: dict[str, StepRun]) -> bool:
    return all(runs[before].status in {Status.DONE, Status.SKIPPED} for before in step.after)


def may_complete(signup: Signup, runs: dict[str, StepRun], now: datetime) -> bool:
    return all(
        runs[step.name].status in {Status.DONE, Status.SKIPPED}
        if step.required
        else is_settled(runs[step.name], signup, now) or is_cut_off(step, signup, runs, now)
        for step in STEPS
    )


def is_cut_off(step: Step, signup: Signup, runs: dict[str, StepRun], now: datetime) -> bool:
    """It waits for a step that does not hold the completion up either, and is not done."""
    before = [runs[name] for name in step.after]
    return is_blocked(runs[step.name]) and any(
        run.status not in {Status.DONE, Status.SKIPPED} and is_settled(run, signup, now) for run in before
    )


def is_settled(run: StepRun, signup: Signup, now: datetime) -> bool:
    """A step that is not required holds the completion up only while it may still end soon."""
    match run.status:
        case Status.DONE | Status.SKIPPED | Status.FAILED:
            return True
        case Status.WAITING:
            return run.next_attempt_at is not None and run.next_attempt_at > now + LONG_WAIT
        case Status.NEEDS_CUSTOMER:
            asked = bool(run.error and run.error["code"] in ASKED_ON_PAGE)
            silence = timedelta(seconds=settings.PAGE_SILENT_SECONDS)
            is_gone = signup.page_seen_at is None or now - signup.page_seen_at > silence
            return not asked or run.is_put_off or is_gone
        case _:
            return False


def fail(signup: Signup, problem: Problem, *, step: str | None, now: datetime) -> None:
    """The signup is over; the link is pending again and says why. Under the signup's lock.

    A link that another signup has completed, or runs for, is left alone.
    """
    error = problem.as_json(now) | {"step": step}
    Signup.objects.filter(pk=signup.pk).update(state=Signup.State.FAILED, error=error, finished_at=now)
    metrics.count_on_commit(metrics.FAILED)
    link, is_its_own = signup.link, signup.state == Signup.State.RUNNING
    if link.status != OnboardingLink.Status.PENDING and not (
        is_its_own and link.status == OnboardingLink.Status.PROCESSING
    ):
        return
    before = published_action(link, now)
    link.status, link.last_error = OnboardingLink.Status.PENDING, error
    link.next_action = left_open(link, problem)
    link.save(update_fields=["status", "last_error", "next_action"])
    link_events.tell_failed(link, now)
    link_events.tell_whose_turn(link, before, now)
