"""Lists that stay quick however long they are: so many rows are counted and reached, and the page says so."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest

if TYPE_CHECKING:
    # Generic for the type checker alone.
    DjangosPaginator = Paginator[Any]
else:
    DjangosPaginator = Paginator

# Nobody turns so many pages: whoever seeks more narrows the list.
MOST = 10_000


class FoundPaginator(DjangosPaginator):
    """The ids of what is found come by one query, which stops at MOST; the rows of a page by their ids.

    `plain`: the rows without what narrows them, so that a costly filter or search is run once.
    """

    def __init__(self, found: "QuerySet[Any]", per_page: int, *given: Any, plain: "QuerySet[Any]") -> None:
        super().__init__(found, per_page, *given)
        self.found, self.plain = found, plain.order_by()

    @cached_property
    def ids(self) -> list[Any]:
        """In the list's order; one more than MOST where there are others."""
        return list(self.found.values_list("pk", flat=True)[: MOST + 1])

    @cached_property
    def count(self) -> int:
        return min(len(self.ids), MOST)

    @property
    def is_cut(self) -> bool:
        return len(self.ids) > MOST

    def page(self, number: Any) -> "Page[Any]":
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        return Page(self.rows(first, first + self.per_page), number, self)

    def rows(self, first: int, end: int) -> list[Any]:
        ids = self.ids[: self.count][first:end]
        rows = self.plain.in_bulk(ids)
        return [rows[one] for one in ids if one in rows]


class FoundList(ChangeList):
    """The list over such a paginator. It is sorted by what its head offers, and by nothing else."""

    paginator: FoundPaginator

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.multi_page or (self.show_all and self.can_show_all):
            self.result_list = self.paginator.rows(0, self.list_max_show_all)

    def get_ordering_field(self, field_name: Any) -> Any:
        is_offered = self.sortable_by is None or field_name in self.sortable_by
        return super().get_ordering_field(field_name) if is_offered else None

    @property
    def counted(self) -> str:
        """`10,000+`, or the number."""
        return f"{self.result_count:,}{'+' if self.paginator.is_cut else ''}"


def every_id(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    return rows.order_by().values("pk")


def first_ids(rows: "QuerySet[Any]", count: int) -> "QuerySet[Any]":
    """The ids of the first `count` rows in their order, where the database can stop there in a union."""
    is_able = connection.features.supports_slicing_ordering_in_compound
    return rows.values("pk")[:count] if is_able else every_id(rows)


def in_union(branches: "list[QuerySet[Any]]") -> "QuerySet[Any]":
    """What any of them has. Each keeps an index of its own, which an OR of them would not."""
    return branches[0].union(*branches[1:], all=True) if branches[1:] else branches[0]


def read_first(ids: "QuerySet[Any]") -> "QuerySet[Any] | list[Any]":
    """A few ids, read by themselves: beside the rows' own joins they would be sought in another order."""
    is_short = connection.features.supports_slicing_ordering_in_compound
    return [one["pk"] for one in ids[:MOST]] if is_short else ids
