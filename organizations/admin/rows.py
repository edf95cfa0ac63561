"""What every staff page of a customer's rows shares: read-only, found by any id, without a secret."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst

from organizations.admin.audit import note, organization_of
from organizations.admin.cells import list_url
from organizations.admin.found import MOST, FoundList, FoundPaginator, first_ids, in_union
from organizations.admin.search import Columns, conditions_in_words
from organizations.admin.tables import Table
from vault.fields import EncryptedTextField

if TYPE_CHECKING:
    # Generic for the type checker alone.
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class RowAdmin(ModelAdmin):
    """Rows to look at. What changes them are the `actions`, each a call of a service.

    Who has Django's `view` permission sees them, who has `change` may use the actions. Who may look and has
    `support_customers` may use those that harm nothing, with `settle_accounts` those that say whose an
    account is.
    """

    about = ""
    found_by = Columns()
    # How a row leads to its organization, where no filter of the list says it.
    organization_path = ""
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_select_related: ClassVar[list[str]] = []
    view_on_site = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_operate_permission(request)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def has_support_permission(self, request: HttpRequest) -> bool:
        """For what harms nothing."""
        return self.may_with("support_customers", request)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """For what says whose an account is, where its owner has just signed in with it."""
        return self.may_with("settle_accounts", request)

    def may_with(self, codename: str, request: HttpRequest) -> bool:
        may_help = request.user.has_perm(f"organizations.{codename}")
        return self.has_operate_permission(request) or (may_help and self.has_view_permission(request))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        entry = super().log_addition(request, obj, message)
        note(entry, organization_of(self, obj))
        return entry

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        entry = super().log_change(request, obj, message)
        note(entry, organization_of(self, obj))
        return entry

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """The rows and what stands beside them in one query; no secret of any of them is opened."""
        rows = super().get_queryset(request)
        if self.list_select_related:
            rows = rows.select_related(*self.list_select_related)
        return rows.defer(*sealed(self.model, self.list_select_related))

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """By the words, and by whatever the term is when it is an id or a number.

        Each way is a branch of one union, so that each has its own index; none gives more than is shown.
        """
        if not search_term.strip():
            return queryset, False
        in_words = conditions_in_words(self.get_search_fields(request), search_term)
        found = [*in_words, *self.found_by.conditions(search_term)]
        wanted = in_union([first_ids(queryset.filter(condition), MOST + 1) for condition in found])
        rows, order = self.get_queryset(request).filter(pk__in=wanted), queryset.query.order_by
        return rows.order_by(*order) if order else rows, False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[FoundList]:
        return FoundList

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Any],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> "Paginator[Any]":
        if queryset.model is not self.model:
            # A row's history: the log's rows, by Django's own.
            return super().get_paginator(request, queryset, per_page, orphans, allow_empty_first_page)
        plain = self.get_queryset(request)
        return FoundPaginator(queryset, per_page, orphans, allow_empty_first_page, plain=plain)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", ""):
            # PostgreSQL refuses every text with a null character.
            return HttpResponseRedirect(f"{request.path}?{request.META['QUERY_STRING'].replace('%00', '')}")
        context = {"title": capfirst(self.opts.verbose_name_plural), "about": self.about}
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None:
            context |= self.page(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What a row's page has beside its fields."""
        document = self.shown_by_api(row)
        return {
            "title": capfirst(self.opts.verbose_name),
            "subtitle": self.title_of(row),
            "buttons": list(self.buttons(request, row)),
            "action_url": list_url(self.model),
            "elsewhere": [*self.forms(request, row), *self.elsewhere(row)],
            "tables": self.tables(row),
            "shown_by_api": None if document is None else indented(document),
        }

    def buttons(self, request: HttpRequest, row: Any) -> Iterator[dict[str, str]]:
        """The actions of the list that make sense for this row."""
        for name, found in self.get_actions(request).items():
            if found and self.offers(name, row):
                yield {"action": name, "label": found[2]}

    def title_of(self, row: Any) -> str:
        return str(row)

    def offers(self, action: str, row: Any) -> bool:
        return True

    def forms(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """Words and address of forms about the row, where the user may send them."""
        return []

    def elsewhere(self, row: Any) -> list[tuple[str, str]]:
        """Words and address of pages about the same row."""
        return []

    def tables(self, row: Any) -> list[Table]:
        return []

    def shown_by_api(self, row: Any) -> object:
        """The row as its owner reads it, or None where the API has no such thing."""
        return None


def indented(document: object) -> str:
    """An answer of the API. A customer's own JSON in it stays as it was written."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def section(title: str | None, *fields: str, about: str = "") -> tuple[str | None, Any]:
    """One group of fields of a row's page."""
    return title, {"fields": fields, "description": about}


def sealed(model: type[models.Model], related: Sequence[str]) -> Iterator[str]:
    """Paths of the encrypted fields of a model and of the rows that are read with it."""
    for path in ("", *related):
        kind: Any = model
        for name in filter(None, path.split("__")):
            kind = kind._meta.get_field(name).related_model
        prefix = f"{path}__" if path else ""
        for field in kind._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield prefix + field.name
