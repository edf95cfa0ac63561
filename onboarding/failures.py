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
# So many failures are looked at, and as many steps with an error, however many there are. Their ids are read
# by themselves: as a part of another query the newest are looked for last.
NEWEST = 1000
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
    """Of the newest signups that failed: the last of a link that waits for another one and says so."""
    later = Signup.objects.filter(link=OuterRef("link"), finished_at__gt=OuterRef("finished_at"))
    rows = Signup.objects.filter(state=Signup.State.FAILED, finished_at__gte=now - WINDOW)
    newest = dict(rows.order_by("-finished_at").values_list("pk", "link")[:NEWEST])
    waiting = OnboardingLink.objects.filter(status=OnboardingLink.Status.PENDING, last_error__isnull=False)
    links = set(waiting.filter(pk__in=set(newest.values())).values_list("pk", flat=True))
    ended = Signup.objects.filter(pk__in=[pk for pk, link in newest.items() if link in links])
    return ended.filter(~Exists(later), error__isnull=False).order_by()


def stuck_steps(now: datetime) -> QuerySet[StepRun]:
    """Of the newest steps with an error: what failed or waits, of signups that go on or are completed."""
    rows = StepRun.objects.filter(error__isnull=False, started_at__gte=now - WINDOW)
    newest = list(rows.order_by("-started_at").values_list("pk", flat=True)[:NEWEST])
    alive = {"signup__state__in": [Signup.State.RUNNING, Signup.State.COMPLETED]}
    return StepRun.objects.filter(pk__in=newest, status__in=STUCK, **alive).order_by()


def links_with(cause: Cause, now: datetime) -> Q:
    """A condition for links: those that a group counts, who are few enough to be read by themselves."""
    said = (
        has("error__code", cause.code)
        & has("error__meta__code", cause.meta_code)
        & has("error__meta__subcode", cause.subcode)
    )
    failed = unfinished(now).filter(said & has("error__step", cause.step))
    stuck = stuck_steps(now).filter(said, step=cause.step)
    found = {*failed.values_list("link_id", flat=True), *stuck.values_list("signup__link_id", flat=True)}
    return Q(pk__in=found)


def has(path: str, value: str | None) -> Q:
    """Meta's codes are numbers, mostly."""
    if value is None:
        return Q(**{path: None}) | Q(**{f"{path}__isnull": True}) | Q(**{path: ""})
    return Q(**{f"{path}__in": [value, int(value)] if value.isdecimal() else [value]})
