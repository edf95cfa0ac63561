"""Pages of links: of all by the counts of each day, of those that a filter leaves as elsewhere."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api.pagination import PagePagination
from onboarding import link_counts
from organizations.models import Organization


class LinkPagination(PagePagination):
    """A page of all costs what the first one does, wherever it is and however many there are."""

    all_of: Organization | None = None

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        is_filtered = set(request.query_params) - view.paging
        if link_counts.are_kept() and not is_filtered:
            self.all_of = view.organization
        return super().paginate_queryset(queryset, request, view)

    def ids_and_total(self, queryset: QuerySet[Any], start: int) -> tuple[list[Any], int]:
        if self.all_of is None:
            return super().ids_and_total(queryset, start)
        return link_counts.page_of_all(self.all_of, start, self.limit)
