"""Filters of links and of their numbers: by the status that the API shows, and by who has to move."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from onboarding.serializers import STATUSES


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
    people = ["end_user", "customer"]
    states = {
        "failed": ("Failed", Q(status="pending", last_error__isnull=False)),
        "needs_action": (
            "Needs a person",
            Q(next_action__actor__in=people) & ~Q(next_action__code="WAIT")
            | Q(status="pending", last_error__actor__in=people),
        ),
        "ours": (
            "Needs us",
            Q(status="pending", last_error__actor="platform")
            | Q(next_action__actor="platform") & ~Q(next_action__code="WAIT"),
        ),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in self.states.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.states.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset
