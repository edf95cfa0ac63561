"""The steps of a link's newest signup, to choose from: which may run again, which may be left out."""

from collections.abc import Iterator
from datetime import datetime

from onboarding.admin.end_user import newest_signup
from onboarding.admin.timeline import STEPS
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.pipeline import BY_NAME
from onboarding.readiness import RUNNABLE
from onboarding.resuming import is_repeatable
from onboarding.services import is_curable
from organizations.admin.cells import worded

Choices = list[tuple[str, str]]


def runs_of(links: list[OnboardingLink]) -> Iterator[StepRun]:
    """Of one link its own steps; of several each step once, as it stands in the first that has it."""
    seen: set[str] = set()
    for link in links:
        signup = link.signups.exclude(exchanged_at=None).order_by("-exchanged_at").only("pk").first()
        for run in signup.steps.all() if signup else ():
            if run.step not in seen:
                seen.add(run.step)
                yield run


def retryable(links: list[OnboardingLink]) -> Choices:
    """In the order in which somebody would want it: the first is chosen already."""
    runs = sorted(runs_of(links), key=lambda run: (urgency(run), run.position))
    return [(run.step, in_words(run)) for run in runs]


def urgency(run: StepRun) -> int:
    """Failed or asking; then what somebody has, or had; then what waits for its time; what is done last."""
    match run.status:
        case StepRun.Status.FAILED | StepRun.Status.NEEDS_CUSTOMER:
            return 0
        case StepRun.Status.RUNNING:
            return 1
        case StepRun.Status.WAITING if run.next_attempt_at:
            return 2
    return 3


def optional(links: list[OnboardingLink]) -> Choices:
    """Steps that `completed` does not need and that are not done."""
    settled = {StepRun.Status.DONE, StepRun.Status.SKIPPED}
    return [
        (run.step, in_words(run))
        for run in runs_of(links)
        if not BY_NAME[run.step].required and run.status not in settled
    ]


def is_signed_in(link: OnboardingLink) -> bool:
    """Without a token no step can run: neither the signup's own, nor that of the account it connected."""
    signup = newest_signup(link)
    return signup is not None and bool(vars(signup)["has_any_token"])


def can_go_on(link: OnboardingLink, now: datetime) -> bool:
    """Whether a retry would find something to run; as `retry_link` decides, without opening the token."""
    signup = newest_signup(link)
    if signup is None or signup.state not in {*RUNNABLE, Signup.State.FAILED}:
        return False
    if signup.state == Signup.State.FAILED and not (vars(signup)["has_token"] and is_curable(signup)):
        return False
    return any(is_repeatable(run, now) for run in signup.steps.all())


def in_words(run: StepRun) -> str:
    code = f", {run.error['code']}" if run.error else ""
    return f"{STEPS.get(run.step, run.step)} ({worded(run.status)}{code})"
