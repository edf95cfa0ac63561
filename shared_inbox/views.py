"""`/v1/shared-inbox-links`."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers import Input
from organizations.viewsets import OrganizationViewSet
from shared_inbox import examples, services
from shared_inbox.models import SharedInboxLink
from shared_inbox.serializers import (
    IssuedLinkOutput,
    SharedInboxLinkInput,
    SharedInboxLinkOutput,
    SharedInboxLinkPatch,
    SharedInboxLinkQuery,
)

SHOWN = OpenApiExample("A link", examples.LINK, response_only=True)
ISSUED = OpenApiExample("The link and its URL", examples.ISSUED, response_only=True)
Status = SharedInboxLink.Status


class SharedInboxLinkViewSet(OrganizationViewSet):
    """Links that open one phone's inbox to somebody without your API key."""

    queryset = SharedInboxLink.objects.none()
    serializer_class = SharedInboxLinkOutput
    filters = SharedInboxLinkQuery

    def get_queryset(self) -> QuerySet[SharedInboxLink]:
        return SharedInboxLink.objects.for_organization(self.organization)

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        now = timezone.now()
        phone = {f"phone__{column}": value for column, value in asked.get("phone", {}).items()}
        is_over = Q(expires_at__isnull=False, expires_at__lte=now)
        conditions = {
            None: Q(),
            Status.REVOKED: Q(revoked_at__isnull=False),
            Status.EXPIRED: Q(revoked_at=None) & is_over,
            Status.ACTIVE: Q(revoked_at=None) & ~is_over,
        }
        return rows.filter(conditions[asked.get("status")], **phone)

    @extend_schema(
        request=SharedInboxLinkInput,
        responses={201: IssuedLinkOutput},
        examples=[OpenApiExample("Everything but the advanced", examples.BODY, request_only=True), ISSUED],
    )
    def create(self, request: Request) -> Response:
        """Make a link to the inbox of one phone. Its `publicUrl` is shown once."""
        issued = services.create_link(**self.validated(SharedInboxLinkInput))
        return Response(IssuedLinkOutput(issued).data, status=201)

    @extend_schema(parameters=[SharedInboxLinkQuery], examples=[SHOWN])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your links, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(examples=[SHOWN])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One link, without its URL."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        request=SharedInboxLinkPatch,
        responses=SharedInboxLinkOutput,
        examples=[OpenApiExample("Until the new year", examples.PATCH, request_only=True), SHOWN],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change the name, the expiry or the permissions. Open pages feel it at their next call."""
        link = self.get_object()
        changes = self.validated(SharedInboxLinkPatch, partial=True)
        return Response(SharedInboxLinkOutput(services.update_link(link=link, changes=changes)).data)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete a link. Its URL and every page that it opened are dead at once."""
        services.delete_link(link=self.get_object())
        return Response(status=204)

    @extend_schema(
        operation_id="rotateSharedInboxLink",
        request=None,
        responses=IssuedLinkOutput,
        examples=[ISSUED],
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, **kwargs: Any) -> Response:
        """Give a link a new URL, shown once. The old one and every page that it opened are dead at once."""
        link = self.get_object()
        self.validated(Input)
        return Response(IssuedLinkOutput(services.rotate_link(link=link)).data)

    @extend_schema(
        operation_id="revokeSharedInboxLink",
        request=None,
        responses=SharedInboxLinkOutput,
        examples=[OpenApiExample("Revoked", examples.REVOKED, response_only=True)],
    )
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, **kwargs: Any) -> Response:
        """End a link for good, and every page that it opened."""
        link = self.get_object()
        self.validated(Input)
        return Response(SharedInboxLinkOutput(services.revoke_link(link=link)).data)
