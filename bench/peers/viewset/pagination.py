"""DRF's own pages, with their COUNT, in the contract's envelope."""

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response


class EnvelopePagination(PageNumberPagination):
    page_size, max_page_size, page_size_query_param = 50, 100, "limit"

    def get_paginated_response(self, data: Any) -> Response:
        assert self.page is not None
        paginator = self.page.paginator
        return Response(
            {
                "data": data,
                "meta": {
                    "pagination": {
                        "page": self.page.number,
                        "limit": paginator.per_page,
                        "total": paginator.count,
                        "hasMore": self.page.has_next(),
                    }
                },
            }
        )
