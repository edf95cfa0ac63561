"""What the front page shows to whom: each part costs its permission and a constant number of queries."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from backoffice.front_page.chart import day_chart, funnel_rows
from backoffice.front_page.tiles import may_see, tiles
from onboarding.admin.filters import in_words
from onboarding.failures import failure_groups
from onboarding.figures import NEWEST, by_day, funnel
from onboarding.models import OnboardingLink
from organizations.admin.cells import list_url

SHOWN_AT_ONCE = 15


def front_page(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    parts: dict[str, Any] = {"tiles": list(tiles(request.user, now))}
    if may_see(request.user, OnboardingLink):
        parts |= {
            "failures": failures(now),
            "failures_url": f"{list_url(OnboardingLink)}?attention=failed",
            "chart": day_chart(by_day(now)),
            "funnel": funnel_rows(funnel(now)),
            "funnel_of": NEWEST,
        }
    return parts


def failures(now: datetime) -> list[dict[str, Any]]:
    """The most frequent causes; each leads to its links."""
    return [
        {
            "words": in_words(group.cause),
            "links": group.links,
            "last_seen": group.last_seen,
            "url": f"{list_url(OnboardingLink)}?failure={group.cause}",
        }
        for group in failure_groups(now)[:SHOWN_AT_ONCE]
    ]
