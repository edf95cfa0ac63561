"""`/v1/outgoing-webhooks` and the deliveries of each."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFoundError
from api.serializers import Input
from organizations.viewsets import OrganizationViewSet
from webhooks import examples, redelivery, services, testing
from webhooks.models import Attempt, Delivery, OutgoingWebhook
from webhooks.serializers import (
    HELD,
    CreatedOutgoingWebhookOutput,
    DeliveryOutput,
    DeliveryQuery,
    OutgoingWebhookInput,
    OutgoingWebhookOutput,
    OutgoingWebhookPatch,
    ReplayInput,
    ReplayOutput,
    RotationInput,
    TestOutput,
)

SHOWN = OpenApiExample("An endpoint", value=examples.WEBHOOK, response_only=True)
# Neither an event's body nor an endpoint's secrets.
SHOWN_OF_DELIVERY = (
    "state",
    "next_attempt_at",
    "last_error",
    "replay_of_id",
    "created_at",
    "finished_at",
    "event__name",
    "webhook__is_active",
)


class OutgoingWebhookViewSet(OrganizationViewSet):
    """Endpoints of yours that events are posted to."""

    queryset = OutgoingWebhook.objects.none()
    serializer_class = OutgoingWebhookOutput
    commits_itself = ("test", "replay")

    def get_queryset(self) -> QuerySet[OutgoingWebhook]:
        return OutgoingWebhook.objects.for_organization(self.organization).without_secrets()

    @extend_schema(
        request=OutgoingWebhookInput,
        responses={201: CreatedOutgoingWebhookOutput},
        examples=[
            OpenApiExample("An endpoint of one WABA", value=examples.BODY, request_only=True),
            OpenApiExample("The endpoint and its secret", value=examples.CREATED, response_only=True),
        ],
    )
    def create(self, request: Request) -> Response:
        """Make an endpoint. Its secret is shown once; without one in the body it is generated."""
        given = self.validated(OutgoingWebhookInput)
        webhook = services.create_webhook(organization=self.organization, **given)
        return Response(CreatedOutgoingWebhookOutput(webhook).data, status=201)

    @extend_schema(examples=[SHOWN])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your endpoints, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(examples=[SHOWN])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One endpoint."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        request=OutgoingWebhookPatch,
        responses=OutgoingWebhookOutput,
        examples=[OpenApiExample("Hold deliveries", value={"isActive": False}, request_only=True), SHOWN],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change an endpoint. Activating a disabled one sends what was held in the meantime."""
        webhook = self.get_object()
        changes = self.validated(OutgoingWebhookPatch, partial=True)
        return Response(OutgoingWebhookOutput(services.update_webhook(webhook=webhook, changes=changes)).data)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete an endpoint. What waits for it is discarded."""
        services.delete_webhook(webhook=self.get_object())
        return Response(status=204)

    @extend_schema(request=None, responses=TestOutput, examples=[examples.TESTED, examples.NOT_DELIVERED])
    @action(detail=True, methods=["post"])
    def test(self, request: Request, **kwargs: Any) -> Response:
        """Send `webhook.test` to an endpoint, now and once, and show what came of it.

        Signed like every event; inactive endpoints get it too. It is no delivery and is not tried again. At
        most 10 a minute of one endpoint.
        """
        webhook = self.get_object()
        self.validated(Input)
        return Response(TestOutput(testing.send_test(webhook=webhook)).data)

    @extend_schema(
        operation_id="rotateOutgoingWebhookSecret",
        request=RotationInput,
        responses=CreatedOutgoingWebhookOutput,
        examples=[examples.ROTATION, examples.ROTATED],
    )
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, **kwargs: Any) -> Response:
        """Give an endpoint a new secret, shown once. The one before signs too, for 24 hours or what you say.

        Both stand in `webhook-signature` in the meantime; `x-webhook-signature` is the new one's at once. Of
        two rotations within that time only the last two secrets sign.
        """
        webhook = self.get_object()
        rotated = services.rotate_secret(webhook=webhook, **self.validated(RotationInput))
        return Response(CreatedOutgoingWebhookOutput(rotated).data)

    @extend_schema(
        request=ReplayInput, responses={202: ReplayOutput}, examples=[examples.REPLAY, examples.REPLAYED]
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, **kwargs: Any) -> Response:
        """Send again what went to an endpoint since a time: each event once, same id and bytes.

        They are sent one after another as fast as the endpoint answered of late, and new events come in
        between. An event that waits to be sent again, or was within the last 10 minutes, is left out: calling
        twice sends nothing twice. 409 while the endpoint is inactive.
        """
        webhook = self.get_object()
        count = redelivery.replay(webhook=webhook, **self.validated(ReplayInput))
        return Response(ReplayOutput({"count": count}).data, status=202)


class DeliveryViewSet(OrganizationViewSet):
    """Each event on its way to one endpoint, with every attempt."""

    queryset = Delivery.objects.none()
    serializer_class = DeliveryOutput
    filters = DeliveryQuery
    lookup_url_kwarg = "deliveryId"

    @cached_property
    def webhook(self) -> OutgoingWebhook:
        """The endpoint of the path, or a 404."""
        rows = OutgoingWebhook.objects.for_organization(self.organization).without_secrets()
        webhook = rows.filter(**self.found_by(self.kwargs["id"])).first()
        if webhook is None:
            raise NotFoundError
        return webhook

    def get_queryset(self) -> QuerySet[Delivery]:
        rows = Delivery.objects.filter(webhook=self.webhook).select_related("event", "webhook")
        attempts = Prefetch("attempts", Attempt.objects.order_by("number", "pk"))
        return rows.only(*SHOWN_OF_DELIVERY).prefetch_related(attempts)

    def get_object(self) -> Delivery:
        delivery = self.get_queryset().filter(**self.found_by(self.kwargs["deliveryId"])).first()
        if delivery is None:
            raise NotFoundError
        return delivery

    def narrowed(self, rows: QuerySet[Delivery], asked: dict[str, Any]) -> QuerySet[Delivery]:
        columns = {
            "event": "event__name",
            "createdAfter": "created_at__gt",
            "createdBefore": "created_at__lt",
            "status": "state",
        }
        waits = HELD if not self.webhook.is_active else Delivery.State.PENDING.value
        if asked.get("status") in {HELD, Delivery.State.PENDING}:
            rows = rows if asked["status"] == waits else rows.none()
            asked = asked | {"status": Delivery.State.PENDING}
        return rows.filter(**{columns[name]: value for name, value in asked.items()})

    @extend_schema(
        operation_id="listDeliveries", parameters=[DeliveryQuery], examples=[examples.DELIVERY_SHOWN]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Deliveries to an endpoint, newest first, with what it answered to each attempt."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="getDelivery", examples=[examples.DELIVERY_SHOWN])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One delivery, with what the endpoint answered to each attempt."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        operation_id="redeliver",
        request=None,
        responses={202: DeliveryOutput},
        examples=[examples.REDELIVERED],
    )
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, **kwargs: Any) -> Response:
        """Send a delivery's event again, now: a new delivery with the same event id and the same bytes.

        409 while this event is already being sent there again, and while the endpoint is inactive. The
        retries of the delivery that is repeated go on as they are.
        """
        delivery = self.get_object()
        self.validated(Input)
        again = redelivery.redeliver(delivery=delivery)
        return Response(DeliveryOutput(self.get_queryset().get(pk=again.pk)).data, status=202)
