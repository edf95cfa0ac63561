"""The steps of a link's newest signup, to choose from: which may run again, which may be left out."""

from collections.abc import Iterator

from onboarding.admin.timeline import STEPS
from onboarding.models import OnboardingLink, StepRun
from onboarding.pipeline import BY_NAME
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
    """What failed or waits for a person stands first."""
    urgent = {StepRun.Status.FAILED, StepRun.Status.NEEDS_CUSTOMER}
    runs = sorted(runs_of(links), key=lambda run: (run.status not in urgent, run.position))
    return [(run.step, in_words(run)) for run in runs]


def optional(links: list[OnboardingLink]) -> Choices:
    """Steps that `completed` does not need and that are not done."""
    settled = {StepRun.Status.DONE, StepRun.Status.SKIPPED}
    return [
        (run.step, in_words(run))
        for run in runs_of(links)
        if not BY_NAME[run.step].required and run.status not in settled
    ]


def in_words(run: StepRun) -> str:
    code = f", {run.error['code']}" if run.error else ""
    return f"{STEPS.get(run.step, run.step)} ({worded(run.status)}{code})"
