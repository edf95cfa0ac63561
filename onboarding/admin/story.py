"""Reads what a link's time line is told from, in the same few queries however long it is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

import orjson
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from ulid import ULID

from journal.models import GraphCall
from onboarding.admin.timeline import Story
from onboarding.models import OnboardingLink, SharedWaba, Signup
from webhooks.models import Delivery, Event

CONNECTED, OF_LINKS = "phone_number.connected", "onboarding_link."
# An event is stored in the transaction of what it tells of, whose first moment a row of ours has.
BEFORE, AFTER = timedelta(seconds=1), timedelta(seconds=15)
# As much as anybody reads, the newest of each: tries, calls of Graph, later ones of its account, deliveries,
# acts of staff.
MOST_SIGNUPS, MOST_CALLS, MOST_LATER, MOST_DELIVERIES, MOST_ACTS = 20, 150, 50, 50, 100
# Of the same seconds, whichever link they tell of.
MOST_EVENTS = 2000

Row = TypeVar("Row", bound=Model)


def story_of(link: OnboardingLink) -> Story:
    signups = link.signups.defer("access_token").prefetch_related("steps", "told")
    tries, older_tries = newest(signups.order_by("-created_at", "-id"), MOST_SIGNUPS)
    events = events_of(link, tries)
    deliveries, older_deliveries = newest(deliveries_of(events), MOST_DELIVERIES)
    calls, older_calls = newest(calls_of_link(link), MOST_CALLS)
    cuts = {
        f"Only the newest {MOST_SIGNUPS} signups are told.": older_tries,
        f"Only the newest {MOST_CALLS} calls are told; “Calls of Meta” above has all of them.": older_calls,
        f"Only the newest {MOST_DELIVERIES} deliveries are told; an event's page has all of its own.": (
            older_deliveries
        ),
    }
    return Story(
        link,
        tries,
        events,
        deliveries[::-1],
        shared_with(tries),
        [*reversed(calls), *later_calls(link)],
        acts_on(link),
        [words for words, is_cut in cuts.items() if is_cut],
    )


def newest(rows: QuerySet[Row], most: int) -> tuple[list[Row], bool]:
    """The first `most` of rows that come newest first, and whether there are more."""
    found = list(rows[: most + 1])
    return found[:most], len(found) > most


def shared_with(signups: list[Signup]) -> list[SharedWaba]:
    """What Meta told of the WABAs that the signups brought, or say that they brought."""
    named = {signup.meta_waba_id for signup in signups} | {
        signup.session.get("waba_id") for signup in signups
    }
    rows = SharedWaba.objects.filter(Q(signup__in=signups) | Q(meta_waba_id__in=named - {None}))
    return list(rows.select_related("settled_by").distinct())


def calls_of_link(link: OnboardingLink) -> QuerySet[GraphCall]:
    """What its signups asked of Meta, newest first."""
    return GraphCall.objects.defer("request", "answer").filter(link_id=link.pk).order_by("-id")


def later_calls(link: OnboardingLink) -> list[GraphCall]:
    """What was asked for its account afterwards, the newest of it. Oldest first."""
    if not link.waba or not link.completed_at:
        return []
    rows = GraphCall.objects.defer("request", "answer").filter(
        meta_waba_id=link.waba.meta_waba_id,
        link_id=None,
        organization=link.organization_id,
        made_at__gte=link.completed_at,
    )
    return list(rows.order_by("-id")[:MOST_LATER])[::-1]


def acts_on(link: OnboardingLink) -> list[LogEntry]:
    """What staff did to the link, and to what it connected. Oldest first."""
    rows: list[Model] = [link]
    rows += [row for row in (link.phone, link.waba, link.outgoing_webhook) if row is not None]
    of_them = Q()
    for row in rows:
        of_them |= Q(content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk))
    lines = LogEntry.objects.filter(of_them).select_related("user", "content_type", "staff_action")
    return list(reversed(lines.order_by("-id")[:MOST_ACTS]))


def events_of(link: OnboardingLink, signups: list[Signup]) -> list[Event]:
    """Events that tell of the link, found by the times in their ids: no column names their link."""
    stored_then = Q()
    for began, ended in windows(link, signups):
        stored_then |= Q(id__gte=first_id(began), id__lt=first_id(ended))
    named = Q(name__startswith=OF_LINKS)
    if link.waba_id:
        named |= Q(name=CONNECTED, waba=link.waba_id)
    rows = Event.objects.filter(stored_then, named, organization=link.organization_id).order_by("id")
    return [event for event in rows[:MOST_EVENTS] if tells_of(event, link)]


def windows(link: OnboardingLink, signups: list[Signup]) -> Iterator[tuple[datetime, datetime]]:
    """When something happened that an event tells of: each a moment, and how long it may take to store."""
    moments = {link.opened_at, link.completed_at, link.expiry_told_at}
    for signup in signups:
        moments |= {signup.abandoned_at, signup.finished_at}
        moments |= {run.finished_at for run in signup.steps.all()}
    ended: datetime | None = None
    began: datetime | None = None
    for moment in sorted(filter(None, moments)):
        if began is not None and ended is not None and moment - BEFORE > ended:
            yield began, ended
            began = None
        began, ended = began or moment - BEFORE, moment + AFTER
    if began is not None and ended is not None:
        yield began, ended


def first_id(at: datetime) -> str:
    """The smallest id that an event stored at `at` can have."""
    return f"evt_{ULID.from_datetime(at)!s:.10}"


def tells_of(event: Event, link: OnboardingLink) -> bool:
    data: dict[str, Any] = orjson.loads(bytes(event.body))["data"]
    return data.get("onboardingLinkId") == str(link.pk)


def deliveries_of(events: list[Event]) -> QuerySet[Delivery]:
    """Newest first."""
    rows = Delivery.objects.filter(event__in=events).select_related("event", "webhook")
    rows = rows.defer("event__body", "webhook__secret", "webhook__previous_secret")
    return rows.prefetch_related("attempts").order_by("-created_at", "-id")
