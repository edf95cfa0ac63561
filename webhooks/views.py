"""`/v1/outgoing-webhooks`."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.viewsets import OrganizationViewSet
from webhooks import examples, services
from webhooks.models import OutgoingWebhook
from webhooks.serializers import (
    CreatedOutgoingWebhookOutput,
    OutgoingWebhookInput,
    OutgoingWebhookOutput,
    OutgoingWebhookPatch,
    RotationInput,
)

SHOWN = OpenApiExample("An endpoint", value=examples.WEBHOOK, response_only=True)


class OutgoingWebhookViewSet(OrganizationViewSet):
    """Endpoints of yours that events are posted to."""

    queryset = OutgoingWebhook.objects.none()
    serializer_class = OutgoingWebhookOutput

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
