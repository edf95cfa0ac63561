"""How signups went of late: by day and outcome, and how far links come. Few queries, a bounded window."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.pipeline import ALL_STEPS

DAYS = 14
# What the funnel looks at: enough to see where people stop, and as quick with a million links.
NEWEST = 2000
DONE = (StepRun.Status.DONE, StepRun.Status.SKIPPED)


@dataclass(frozen=True)
class Day:
    """UTC."""

    day: date
    completed: int = 0
    failed: int = 0
    abandoned: int = 0


@dataclass(frozen=True)
class Stage:
    name: str
    links: int


def by_day(now: datetime) -> list[Day]:
    """The last 14 days, oldest first. Two queries."""
    first = now.astimezone(UTC).date() - timedelta(days=DAYS - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    ended = Signup.objects.filter(finished_at__gte=since).annotate(day=TruncDate("finished_at", tzinfo=UTC))
    outcomes = ended.order_by().values_list("day").annotate(
        completed=Count("pk", filter=Q(state=Signup.State.COMPLETED)),
        failed=Count("pk", filter=Q(state=Signup.State.FAILED)),
    )  # fmt: skip
    left = Signup.objects.filter(abandoned_at__gte=since).annotate(day=TruncDate("abandoned_at", tzinfo=UTC))
    abandoned = dict(left.order_by().values_list("day").annotate(count=Count("pk")))
    known = {day: (completed, failed) for day, completed, failed in outcomes}
    days = [first + timedelta(days=place) for place in range(DAYS)]
    return [Day(day, *known.get(day, (0, 0)), abandoned.get(day, 0)) for day in days]


def funnel(now: datetime) -> list[Stage]:
    """How far the newest links of the last 14 days came, each stage counting links. Three queries."""
    links = OnboardingLink.objects.filter(created_at__gte=now - timedelta(days=DAYS))
    newest = links.order_by("-created_at", "-id")[:NEWEST].values("pk")
    made = OnboardingLink.objects.filter(pk__in=newest).aggregate(
        made=Count("pk"),
        opened=Count("pk", filter=Q(opened_at__isnull=False)),
        completed=Count("pk", filter=Q(completed_at__isnull=False)),
    )
    tried = Signup.objects.filter(link__in=newest).aggregate(
        clicked=Count("link", distinct=True, filter=Q(started_at__isnull=False)),
        code=Count("link", distinct=True, filter=Q(exchanged_at__isnull=False)),
    )
    steps = StepRun.objects.filter(signup__link__in=newest, status__in=DONE).order_by().values_list("step")
    done = dict(steps.annotate(links=Count("signup__link", distinct=True)))
    return list(stages(made, tried, done))


def stages(made: dict[str, int], tried: dict[str, int], done: dict[str, int]) -> Iterable[Stage]:
    yield Stage("made", made["made"])
    yield Stage("opened", made["opened"])
    yield Stage("clicked", tried["clicked"])
    yield Stage("code", tried["code"])
    for step in ALL_STEPS:
        if step.name != "complete_link":
            yield Stage(step.name, done.get(step.name, 0))
    yield Stage("completed", made["completed"])
