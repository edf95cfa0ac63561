"""`/v1/phones`, and the disconnection of `/v1/wabas`, which tells of its numbers."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers import Input
from organizations.viewsets import OrganizationViewSet
from phones import disconnecting, examples, on_request, services
from phones.models import PhoneNumber
from phones.reasons import Actor
from phones.serializers import (
    HealthOutput,
    PhoneDetailOutput,
    PhoneFilters,
    PhoneInput,
    PhoneOutput,
    PinInput,
    RegisterInput,
)
from wabas.models import Waba
from wabas.serializers import WabaOutput
from wabas.views import shown_wabas


class PhoneViewSet(OrganizationViewSet):
    """The phone numbers that were connected, each inside its WABA."""

    queryset = PhoneNumber.objects.none()
    serializer_class = PhoneDetailOutput
    filters = PhoneFilters
    meta_id_field = "meta_phone_number_id"
    asks_meta = ("register", "pin")

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

    @extend_schema(
        request=RegisterInput,
        responses={202: PhoneDetailOutput},
        examples=[examples.OWN_PIN, examples.REGISTERED],
    )
    @action(detail=True, methods=["post"])
    def register(self, request: Request, **kwargs: Any) -> Response:
        """Register a number on the Cloud API, now, with its PIN or with the one you give.

        409 when it must not be called: for a number on the WhatsApp Business app, one that is registered
        already, is not verified or is disconnected, and while no attempt is left (`retryAt` says when one is:
        Meta allows ten in 72 hours). 422 when Meta refuses, for instance another PIN (`meta.code` 133005).
        A check follows, and `phone_number.ready` tells what works.
        """
        phone = on_request.register_phone(phone=self.get_object(), **self.validated(RegisterInput))
        return Response(self.get_serializer(self.get_queryset().get(pk=phone.pk)).data, status=202)

    @extend_schema(
        request=PinInput, responses=PhoneDetailOutput, examples=[examples.NEW_PIN, examples.PIN_SET]
    )
    @action(detail=True, methods=["post"])
    def pin(self, request: Request, **kwargs: Any) -> Response:
        """Give a number another two-step PIN at Meta. No answer ever shows one.

        409 for a number that is not registered, is disconnected or is on the WhatsApp Business app. After a
        502 it is not known whether Meta took it: it is kept, and sent again with the number's next check.
        """
        phone = on_request.set_phone_pin(phone=self.get_object(), **self.validated(PinInput))
        return Response(self.get_serializer(self.get_queryset().get(pk=phone.pk)).data)


class WabaAccessViewSet(OrganizationViewSet):
    """The end of a WABA's connection."""

    queryset = Waba.objects.none()
    serializer_class = WabaOutput
    meta_id_field = "meta_waba_id"
    commits_itself = ("disconnect",)

    def get_queryset(self) -> QuerySet[Waba]:
        return shown_wabas(self.organization)

    @extend_schema(request=None, responses=WabaOutput, examples=[examples.DISCONNECTED])
    @action(detail=True, methods=["post"])
    def disconnect(self, request: Request, **kwargs: Any) -> Response:
        """Disconnect a WABA: it is unsubscribed, its token forgotten, its phones are disconnected.

        Each phone gives a `phone_number.disconnected`. Meta's silence or refusal keeps nobody connected:
        `isSubscribed` is then as it was, else false. Twice is the same as once. The WABA can be connected
        again by a new onboarding link, of any organization.
        """
        waba = self.get_object()
        self.validated(Input)
        disconnecting.leave_waba(waba=waba, reason=disconnecting.REQUESTED, initiated_by=Actor.CUSTOMER)
        return Response(self.get_serializer(self.get_queryset().get(pk=waba.pk)).data)
