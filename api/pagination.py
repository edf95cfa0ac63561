"""Pages by number with exact totals: the ids of a page by the index alone, then their rows."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import WholeNumber

DEFAULT_LIMIT, MAX_LIMIT = 50, 100
# PostgreSQL's OFFSET is a 64-bit number; a page beyond this is empty in any table.
MAX_PAGE = 10**12


@dataclass(frozen=True)
class Page:
    """The rows of a page, as the answer shows them, and where the page stands."""

    rows: list[Any]
    pagination: dict[str, Any]


class PageQuery(serializers.Serializer[Any]):
    page = WholeNumber(min_value=1, max_value=MAX_PAGE, default=1)
    limit = WholeNumber(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


class PagePagination(BasePagination):
    """`page` from 1 and `limit` from 1 to 100; a value outside is a 400."""

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        start = self.start_of(request)
        ids, self.total = self.ids_and_total(queryset, start)
        found = {row.pk: row for row in self.rows(queryset, ids)} if ids else {}
        return [found[pk] for pk in ids if pk in found]

    def start_of(self, request: Request) -> int:
        """Reads `page` and `limit`; how many rows come before the page."""
        asked = {
            name: request.query_params[name] for name in ("page", "limit") if name in request.query_params
        }
        query = PageQuery(data=asked)
        query.is_valid(raise_exception=True)
        self.page, self.limit = query.validated_data["page"], query.validated_data["limit"]
        return int((self.page - 1) * self.limit)

    def ids_and_total(self, queryset: QuerySet[Any], start: int) -> tuple[list[Any], int]:
        ids = self.ids(queryset, start)
        return ids, self.count(queryset, start, len(ids))

    def ids(self, queryset: QuerySet[Any], start: int) -> list[Any]:
        return list(queryset.values_list("pk", flat=True)[start : start + self.limit])

    def rows(self, queryset: QuerySet[Any], ids: list[Any]) -> QuerySet[Any]:
        return queryset.filter(pk__in=ids).order_by()

    def count(self, queryset: QuerySet[Any], start: int, found: int) -> int:
        """A page that is not full says the total by itself; only the others count."""
        if 0 < found < self.limit or (found == 0 and start == 0):
            return start + found
        return queryset.order_by().count()

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            Page(
                rows=data,
                pagination={
                    "page": self.page,
                    "limit": self.limit,
                    "total": self.total,
                    "hasMore": self.page * self.limit < self.total,
                },
            )
        )

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "page",
                "in": "query",
                "required": False,
                "description": "The page, from 1.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1},
            },
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "Rows on a page.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_LIMIT,
                    "default": DEFAULT_LIMIT,
                },
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["data", "meta"],
            "properties": {
                "data": schema,
                "meta": {
                    "$ref": "#/components/schemas/ListMeta",
                    "example": {"pagination": {"page": 1, "limit": 50, "total": 1, "hasMore": False}},
                },
            },
        }


class ListPagination(PagePagination):
    """The same of rows that are all here already."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        start = self.start_of(request)
        self.total = len(queryset)
        return list(queryset[start : start + self.limit])
