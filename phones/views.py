"""`/v1/phones`."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.viewsets import OrganizationViewSet
from phones import examples, services
from phones.models import PhoneNumber
from phones.serializers import HealthOutput, PhoneDetailOutput, PhoneFilters, PhoneInput, PhoneOutput
from wabas.models import Waba


class PhoneViewSet(OrganizationViewSet):
    """The phone numbers that were connected, each inside its WABA."""

    queryset = PhoneNumber.objects.none()
    serializer_class = PhoneDetailOutput
    filters = PhoneFilters
    meta_id_field = "meta_phone_number_id"

    def get_queryset(self) -> QuerySet[PhoneNumber]:
        # By prefetch: the numbers of one WABA share its row, and no secret of either is opened.
        waba = Prefetch("waba", Waba.objects.without_token())
        return (
            PhoneNumber.objects.for_organization(self.organization)
            .defer("pin", "new_pin")
            .prefetch_related(waba)
        )

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        columns = dict(asked)
        columns |= columns.pop("waba", {})
        if "is_registered" in columns:
            columns["is_registered"] = columns["is_registered"] == "true"
        return rows.filter(**columns)

    @extend_schema(
        parameters=[PhoneFilters],
        responses=PhoneOutput(many=True),
        examples=[OpenApiExample("A phone", examples.PHONE)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List phones, newest first. `connectedAccount` is in the detail only."""
        rows = self.paginate_queryset(self.filtered(self.get_queryset()))
        return self.get_paginated_response(PhoneOutput(rows, many=True).data)

    @extend_schema(responses=PhoneDetailOutput, examples=[OpenApiExample("A phone", examples.PHONE_DETAIL)])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One phone, by our id or Meta's, with the connected account as last stored."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        request=PhoneInput,
        responses=PhoneDetailOutput,
        examples=[
            OpenApiExample("New metadata", examples.PATCH, request_only=True),
            OpenApiExample("A phone", examples.PHONE_DETAIL, response_only=True),
        ],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change `metadata` or `externalId`. A field is replaced whole; null clears it."""
        changes = self.validated(PhoneInput, partial=True)
        phone = services.update_phone(phone=self.get_object(), changes=changes)
        return Response(self.get_serializer(phone).data)

    @extend_schema(responses=HealthOutput, examples=[OpenApiExample("A health", examples.HEALTH)])
    @action(detail=True)
    def health(self, request: Request, **kwargs: Any) -> Response:
        """What the phone can do, from stored state, and why not.

        Each read also queues a check at Meta, which the next read shows: at most one a phone in 30
        seconds, and one a WABA in 120 until one of its numbers is registered. `syncStatus` is `fresh`
        when Meta answered within the last 5 minutes, `syncing` when that is longer ago and a check is
        under way, else `stale`. What was never checked is `false` with the issue `NOT_CHECKED`.
        """
        return Response(HealthOutput(services.read_health(phone=self.get_object())).data)
