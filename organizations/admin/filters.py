"""Filters that ask the database for nothing that grows: Django's own would read each value of a column."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from organizations.models import Organization

# The newest ones; the others are reached from their own page.
SHOWN = 15


class OrganizationFilter(admin.SimpleListFilter):
    title = "organization"
    parameter_name = "organization"
    # How the list's rows lead to their organization.
    path = "organization"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = list(Organization.objects.order_by("-created_at", "-id")[:SHOWN])
        chosen = given(self.value())
        if chosen and chosen not in {one.pk for one in newest}:
            newest = [*Organization.objects.filter(pk=chosen), *newest]
        return [(str(one.pk), one.name) for one in newest]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        chosen = given(self.value())
        return queryset.filter(**{self.path: chosen}) if chosen else queryset.none()


def given(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


def by_organization(path: str) -> type[OrganizationFilter]:
    """The same filter for rows that have their organization through others."""
    return type("OrganizationFilter", (OrganizationFilter,), {"path": path})


class ValueFilter(admin.SimpleListFilter):
    """Rows whose column has one of the values that we know of."""

    path = ""
    values: Mapping[str, str] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.values.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.path: self.value()}) if self.value() else queryset


def by_value(path: str, title: str, values: Mapping[str, str] | Iterable[str]) -> type[ValueFilter]:
    """`values`: the words of each value, or the values alone."""
    known = dict(values) if isinstance(values, Mapping) else {value: value for value in values}
    return type(
        "ValueFilter",
        (ValueFilter,),
        {"path": path, "title": title, "parameter_name": path.replace("__", "_"), "values": known},
    )
