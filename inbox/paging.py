"""Pages of a conversation of any length: its total is kept with it, and the far half is read from its end."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request

from api.pagination import PagePagination
from inbox.models import Message


class MessagePagination(PagePagination):
    """Newest first. The index gives the ids, so that a page costs what lies between it and the nearer end."""

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        self.kept_total: int = view.conversation.message_count
        return super().paginate_queryset(queryset, request, view)

    def ids(self, queryset: QuerySet[Any], start: int) -> list[UUID]:
        after = self.kept_total - start - self.limit
        if start <= after or start == 0:
            return super().ids(queryset, start)
        oldest, newest = max(after, 0), self.kept_total - start
        if newest <= oldest:
            return []
        return list(queryset.reverse().values_list("pk", flat=True)[oldest:newest])[::-1]

    def rows(self, queryset: QuerySet[Any], ids: list[Any]) -> QuerySet[Message]:
        """By their ids alone. With the conversation beside them PostgreSQL may read all of it as well."""
        return Message.objects.filter(pk__in=ids).order_by()

    def count(self, queryset: QuerySet[Any], start: int, found: int) -> int:
        return self.kept_total
