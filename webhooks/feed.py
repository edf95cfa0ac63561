"""`/v1/events`: everything that happened to an organization, oldest first, by a cursor that skips nothing."""

import re
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import InvalidFieldError
from api.fields import Timestamp, WholeNumber
from api.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page
from api.schema import example
from api.serializers import Output
from organizations.viewsets import OrganizationViewSet
from webhooks.events import EVENTS
from webhooks.models import Event

# An id is made before its transaction commits. After so long no transaction that made one is still writing,
# so nothing can appear behind a cursor that has passed.
APPEARS_AFTER = timedelta(seconds=10)
EVENT_ID = re.compile("evt_[0-9A-HJKMNP-TV-Z]{26}")
SHOWN = example(
    "An event",
    {
        "id": "evt_01J9ZK3T4Q8R7W6V5N2M1C0BXA",
        "event": "phone_number.connected",
        "timestamp": "2026-01-15T10:35:00.000Z",
        "organizationId": "110e8400-e29b-41d4-a716-446655440000",
        "data": {
            "onboardingLinkId": "550e8400-e29b-41d4-a716-446655440000",
            "externalId": "customer-123",
            "phoneNumberId": "660e8400-e29b-41d4-a716-446655440001",
            "phoneNumber": "+5491155551234",
            "wabaId": "770e8400-e29b-41d4-a716-446655440002",
            "metaWabaId": "123456789012345",
            "isPhoneRegistered": True,
        },
    },
)


class EventOutput(Output):
    """An event: its id, and the body that receivers get, as it was stored."""

    id = serializers.CharField(help_text="What receivers see as `webhook-id`.")
    event = serializers.ChoiceField(choices=list(EVENTS))
    timestamp = Timestamp()
    organizationId = serializers.UUIDField()
    data = serializers.DictField()  # type: ignore[assignment]

    def to_representation(self, instance: Event) -> orjson.Fragment:  # type: ignore[override]
        return orjson.Fragment(b'{"id":"%s",%s' % (instance.pk.encode(), bytes(instance.body)[1:]))


class LimitQuery(serializers.Serializer[Any]):
    limit = WholeNumber(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


class CursorPagination(BasePagination):
    """`after` is the id of the last event that was read; without it the feed begins with the oldest."""

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Event], request: Request, view: Any = None
    ) -> list[Event]:
        asked = {name: value for name, value in request.query_params.items() if name == "limit"}
        query = LimitQuery(data=asked)
        query.is_valid(raise_exception=True)
        self.limit, self.after = query.validated_data["limit"], request.query_params.get("after")
        if self.after is not None:
            queryset = queryset.filter(pk__gt=known(queryset, self.after))
        found = list(settled(queryset, timezone.now()).order_by("pk")[: self.limit + 1])
        self.has_more = len(found) > self.limit
        page = found[: self.limit]
        self.next_after = page[-1].pk if page else self.after
        return page

    def get_paginated_response(self, data: Any) -> Response:
        pagination = {"limit": self.limit, "hasMore": self.has_more, "nextAfter": self.next_after}
        return Response(Page(rows=data, pagination=pagination))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "after",
                "in": "query",
                "required": False,
                "description": "The id of the last event you have; `nextAfter` of the page before.",
                "schema": {"type": "string", "pattern": f"^{EVENT_ID.pattern}$"},
            },
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "Events on a page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        cursor = {
            "type": "object",
            "required": ["limit", "hasMore", "nextAfter"],
            "properties": {
                "limit": {"type": "integer", "example": DEFAULT_LIMIT},
                "hasMore": {"type": "boolean", "example": False},
                "nextAfter": {
                    "type": ["string", "null"],
                    "description": "Give it as `after` next time.",
                    "example": "evt_01J9ZK3T4Q8R7W6V5N2M1C0BXA",
                },
            },
        }
        meta = {"type": "object", "required": ["pagination"], "properties": {"pagination": cursor}}
        return {"type": "object", "required": ["data", "meta"], "properties": {"data": schema, "meta": meta}}


def known(events: QuerySet[Event], event_id: str) -> str:
    """The id of one of the organization's events. Raises InvalidFieldError."""
    if not EVENT_ID.fullmatch(event_id) or not events.filter(pk=event_id).exists():
        raise InvalidFieldError("after", "There is no such event, or it is older than 30 days.", "unknown")
    return event_id


def settled(events: QuerySet[Event], now: datetime) -> QuerySet[Event]:
    return events.filter(created_at__lte=now - APPEARS_AFTER)


class EventViewSet(OrganizationViewSet):
    """What happened, whether an endpoint asked for it or not."""

    queryset = Event.objects.none()
    serializer_class = EventOutput
    pagination_class = CursorPagination
    paging = frozenset({"after", "limit"})

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.filter(organization=self.organization).only("body")

    @extend_schema(examples=[SHOWN])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your events of the last 30 days, oldest first.

        An event appears 10 s after it was stored, so that a cursor skips nothing. Keep `nextAfter` and give
        it as `after` next time; an empty page repeats it.
        """
        events = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(events, many=True).data)
