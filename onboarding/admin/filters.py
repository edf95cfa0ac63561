"""Filters of links and of their numbers: by the status that the API shows, and by who has to move."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from onboarding.admin.timeline import STEPS
from onboarding.failures import Cause, cause_of, links_with
from onboarding.models import Signup
from onboarding.serializers import STATUSES

PEOPLE = ["end_user", "customer"]
STUCK_AFTER = timedelta(hours=1)


class StatusFilter(admin.SimpleListFilter):
    title, parameter_name = "status", "status"
    statuses = STATUSES

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status, status.capitalize()) for status in self.statuses]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows: Any = queryset
        found: QuerySet[Any] = rows.published_as(self.value(), timezone.now()) if self.value() else rows
        return found


class AttentionFilter(admin.SimpleListFilter):
    """Links with which something has to happen, by who has to move."""

    title, parameter_name = "attention", "attention"
    states: Mapping[str, tuple[str, Callable[[datetime], Q]]] = {
        "failed": (
            "Failed",
            lambda now: Q(status="pending", last_error__isnull=False) & ~Q(expires_at__lte=now),
        ),
        "needs_action": (
            "Needs a person",
            lambda _: (
                Q(next_action__actor__in=PEOPLE) & ~Q(next_action__code="WAIT")
                | Q(status="pending", last_error__actor__in=PEOPLE)
            ),
        ),
        "ours": (
            "Needs us",
            lambda _: (
                Q(status="pending", last_error__isnull=False, last_error__actor="platform")
                | Q(next_action__isnull=False, next_action__actor="platform") & ~Q(next_action__code="WAIT")
            ),
        ),
        "stuck": ("Stuck", lambda now: Q(pk__in=alive_since(now - STUCK_AFTER).values("link_id"))),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in self.states.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.states.get(self.value() or "")
        return queryset.filter(chosen[1](timezone.now())) if chosen else queryset


def alive_since(before: datetime) -> QuerySet[Signup]:
    """Signups that go on, and whose sign-in came before then."""
    alive = [Signup.State.EXCHANGING, Signup.State.RUNNING]
    return Signup.objects.filter(state__in=alive, exchanged_at__lte=before)


class FailureFilter(admin.SimpleListFilter):
    """Links of one failure group; the front page leads here."""

    title, parameter_name = "failure", "failure"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = cause_of(self.value() or "")
        return [(str(chosen), in_words(chosen))] if chosen else []

    def has_output(self) -> bool:
        """It has to be asked for, and is told of then."""
        return bool(self.value())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        chosen = cause_of(self.value() or "")
        return queryset.filter(links_with(chosen, timezone.now())) if chosen else queryset.none()


def in_words(cause: Cause) -> str:
    """`Register the number: NOT_VERIFIED (133006 / 2388012)`."""
    step = STEPS.get(cause.step, cause.step) if cause.step else "Before the steps"
    meta = " / ".join(filter(None, (cause.meta_code, cause.subcode)))
    return f"{step}: {cause.code or 'no code'}" + (f" ({meta})" if meta else "")
