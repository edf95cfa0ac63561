"""How signups went of late: by day and outcome, and how far links come. Few queries, a bounded window."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.pipeline import ALL_STEPS

DAYS = 14
# What the funnel looks at: enough to see where people stop, and as quick with a million links.
NEWEST = 500
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
    """How far the newest links of the last 14 days came, each stage counting links. Three queries.

    Their ids are read by themselves: as a part of another query they would be sought in whole tables.
    """
    recent = OnboardingLink.objects.filter(created_at__gte=now - timedelta(days=DAYS)).order_by(
        "-created_at", "-id"
    )
    newest = list(recent.values_list("pk", "opened_at", "completed_at")[:NEWEST])
    made = {
        "made": len(newest),
        "opened": sum(1 for _, opened, _ in newest if opened),
        "completed": sum(1 for _, _, completed in newest if completed),
    }
    signups = Signup.objects.filter(link__in=[pk for pk, _, _ in newest]).order_by()
    rows = list(signups.values_list("pk", "link_id", "started_at", "exchanged_at"))
    links = {pk: link for pk, link, _, _ in rows}
    tried = {
        "clicked": len({link for _, link, started, _ in rows if started}),
        "code": len({link for _, link, _, exchanged in rows if exchanged}),
    }
    steps = StepRun.objects.filter(signup__in=list(links), status__in=DONE).order_by()
    done = Counter(
        step for step, _ in {(step, links[pk]) for step, pk in steps.values_list("step", "signup_id")}
    )
    return list(stages(made, tried, done))


def stages(made: dict[str, int], tried: dict[str, int], done: Mapping[str, int]) -> Iterable[Stage]:
    yield Stage("made", made["made"])
    yield Stage("opened", made["opened"])
    yield Stage("clicked", tried["clicked"])
    yield Stage("code", tried["code"])
    for step in ALL_STEPS:
        if step.name != "complete_link":
            yield Stage(step.name, done.get(step.name, 0))
    yield Stage("completed", made["completed"])
