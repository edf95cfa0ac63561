"""Reads what a link's time line is told from, in the same few queries however long it is."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db.models import Q
from ulid import ULID

from onboarding.admin.timeline import Story
from onboarding.models import OnboardingLink, SharedWaba, Signup
from webhooks.models import Delivery, Event

CONNECTED = "phone_number.connected"
# The event is stored in the transaction of the completion, whose first moment the link has.
BEFORE, AFTER = timedelta(seconds=1), timedelta(minutes=1)
# More tries than anybody reads.
MOST_SIGNUPS = 50


def story_of(link: OnboardingLink) -> Story:
    signups = (
        link.signups.defer("access_token")
        .prefetch_related("steps")
        .order_by("-created_at", "-id")[:MOST_SIGNUPS]
    )
    event, tries = connected_event(link), list(signups)
    return Story(link, tries, event, deliveries_of(event) if event else (), shared_with(tries))


def shared_with(signups: list[Signup]) -> list[SharedWaba]:
    """What Meta told of the WABAs that the signups brought, or say that they brought."""
    named = {signup.meta_waba_id for signup in signups} | {
        signup.session.get("waba_id") for signup in signups
    }
    rows = SharedWaba.objects.filter(Q(signup__in=signups) | Q(meta_waba_id__in=named - {None}))
    return list(rows.select_related("settled_by").distinct())


def connected_event(link: OnboardingLink) -> Event | None:
    """The event of the link's completion, found by the time in its id: no column names its link."""
    if not link.completed_at or not link.waba_id:
        return None
    stored_then = Event.objects.filter(
        organization=link.organization_id,
        id__gte=first_id(link.completed_at - BEFORE),
        id__lt=first_id(link.completed_at + AFTER),
        name=CONNECTED,
        waba=link.waba_id,
    )
    return next((event for event in stored_then.order_by("id") if tells_of(event, link)), None)


def first_id(at: datetime) -> str:
    """The smallest id that an event stored at `at` can have."""
    return f"evt_{ULID.from_datetime(at)!s:.10}"


def tells_of(event: Event, link: OnboardingLink) -> bool:
    data: dict[str, Any] = orjson.loads(bytes(event.body))["data"]
    return data.get("onboardingLinkId") == str(link.pk)


def deliveries_of(event: Event) -> list[Delivery]:
    rows = Delivery.objects.filter(event=event).select_related("webhook")
    return list(rows.defer("webhook__secret", "webhook__previous_secret").order_by("created_at", "id")[:50])
