"""What goes wrong with signups, by cause: the same step, code, and Meta's code and subcode are one group."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from onboarding.models import OnboardingLink, Signup, StepRun

BETWEEN, NONE = "~", "-"
WINDOW = timedelta(days=30)
MOST_GROUPS = 50
STUCK = (StepRun.Status.FAILED, StepRun.Status.NEEDS_CUSTOMER, StepRun.Status.WAITING)


@dataclass(frozen=True)
class Cause:
    """A group's name. `step`: None for what went wrong before the steps."""

    step: str | None
    code: str | None
    meta_code: str | None = None
    subcode: str | None = None

    def __str__(self) -> str:
        return BETWEEN.join(value or NONE for value in self.parts)

    @property
    def parts(self) -> tuple[str | None, ...]:
        return (self.step, self.code, self.meta_code, self.subcode)


@dataclass(frozen=True)
class FailureGroup:
    """`links`: how many have it now. `last_seen`: when it happened last."""

    cause: Cause
    links: int
    last_seen: datetime


def cause_of(text: str) -> Cause | None:
    """The cause that was written by `str`, or None where it is none."""
    parts = [None if part == NONE else part[:128] for part in text.split(BETWEEN)]
    return Cause(*parts) if len(parts) == len(Cause("", "").parts) else None


def failure_groups(now: datetime) -> list[FailureGroup]:
    """What failed or is stuck and was not cured, of the last 30 days, the most frequent first."""
    failed = unfinished(now).values_list(
        "error__step", "error__code", "error__meta__code", "error__meta__subcode"
    )
    stuck = stuck_steps(now).values_list("step", "error__code", "error__meta__code", "error__meta__subcode")
    rows = [
        *failed.annotate(links=Count("link", distinct=True), last=Max("finished_at")),
        *stuck.annotate(links=Count("signup__link", distinct=True), last=Max("started_at")),
    ]
    groups = merged(rows)
    return sorted(groups, key=lambda group: (-group.links, str(group.cause)))[:MOST_GROUPS]


def merged(rows: Iterable[tuple[Any, ...]]) -> list[FailureGroup]:
    """JSON's null and what is not there at all are the same to people."""
    counted: dict[Cause, FailureGroup] = {}
    for *parts, links, last in rows:
        cause = Cause(*(None if part in {None, ""} else str(part) for part in parts))
        known = counted.get(cause)
        before = (known.links, known.last_seen) if known else (0, last)
        counted[cause] = FailureGroup(cause, links + before[0], max(last, before[1]))
    return list(counted.values())


def unfinished(now: datetime) -> QuerySet[Signup]:
    """Signups that failed, the last of a link that waits for another one and says so."""
    later = Signup.objects.filter(link=OuterRef("link"), finished_at__gt=OuterRef("finished_at"))
    rows = Signup.objects.filter(state=Signup.State.FAILED, finished_at__gte=now - WINDOW)
    waiting = {"link__status": OnboardingLink.Status.PENDING, "link__last_error__isnull": False}
    return rows.filter(~Exists(later), error__isnull=False, **waiting).order_by()


def stuck_steps(now: datetime) -> QuerySet[StepRun]:
    """Steps that ended badly, or wait after an error, of signups that go on or are completed."""
    rows = StepRun.objects.filter(status__in=STUCK, error__isnull=False, started_at__gte=now - WINDOW)
    return rows.filter(signup__state__in=[Signup.State.RUNNING, Signup.State.COMPLETED]).order_by()


def links_with(cause: Cause, now: datetime) -> Q:
    """A condition for links: those that a group counts."""
    said = (
        has("error__code", cause.code)
        & has("error__meta__code", cause.meta_code)
        & has("error__meta__subcode", cause.subcode)
    )
    failed = unfinished(now).filter(said & has("error__step", cause.step))
    found = Q(pk__in=failed.values("link_id"))
    if cause.step is None:
        return found
    return found | Q(pk__in=stuck_steps(now).filter(said, step=cause.step).values("signup__link_id"))


def has(path: str, value: str | None) -> Q:
    """Meta's codes are numbers, mostly."""
    if value is None:
        return Q(**{path: None}) | Q(**{f"{path}__isnull": True}) | Q(**{path: ""})
    return Q(**{f"{path}__in": [value, int(value)] if value.isdecimal() else [value]})
