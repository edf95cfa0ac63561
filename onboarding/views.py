"""`/v1/onboarding-links`."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers import Input
from onboarding import examples, services
from onboarding.models import OnboardingLink
from onboarding.paging import LinkPagination
from onboarding.serializers import LinkDetailOutput, LinkInput, LinkOutput, LinkQuery, NewLinkOutput
from organizations.viewsets import OrganizationViewSet

# What answers show. The rest stays in the database: the secrets above all, each of which would be opened.
SHOWN = (
    "name",
    "status",
    "external_id",
    "metadata",
    "redirect_url",
    "webhook_url",
    "webhook_events",
    "mode",
    "expected_phone_number",
    "language",
    "business",
    "display_name",
    "branding",
    "registered_number_id",
    "landing_slug",
    "starter_templates",
    "expires_at",
    "created_at",
    "completed_at",
    "last_error",
    "next_action",
    "waba_id",
    "phone__phone_number",
    "phone__is_registered",
    "outgoing_webhook__url",
    "outgoing_webhook__events",
)


class OnboardingLinkViewSet(OrganizationViewSet):
    """Links that your end-users open to connect their WhatsApp number."""

    queryset = OnboardingLink.objects.none()
    serializer_class = LinkOutput
    filters = LinkQuery
    pagination_class = LinkPagination
    may_be_busy = ("create",)

    def get_queryset(self) -> QuerySet[OnboardingLink]:
        rows = OnboardingLink.objects.for_organization(self.organization)
        return rows.select_related("phone", "outgoing_webhook").only(*SHOWN)

    def narrowed(self, rows: QuerySet[OnboardingLink], asked: dict[str, Any]) -> QuerySet[OnboardingLink]:
        columns = {
            "externalId": "external_id",
            "phoneNumber": "phone__phone_number",
            "createdAfter": "created_at__gt",
            "createdBefore": "created_at__lt",
        }
        if "status" in asked:
            rows = rows.published_as(asked["status"], timezone.now())  # type: ignore[attr-defined]
        return rows.filter(**{columns[name]: value for name, value in asked.items() if name in columns})

    @extend_schema(parameters=[LinkQuery], examples=[examples.LISTED])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your links, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=LinkDetailOutput, examples=[examples.DETAIL, examples.DETAIL_WITH_TEMPLATES])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One link, enriched once completed."""
        return Response(LinkDetailOutput(self.get_object()).data)

    @extend_schema(
        request=LinkInput,
        responses={201: NewLinkOutput},
        examples=[
            examples.CREATE_BODY,
            examples.CREATE_PREFILLED_BODY,
            examples.CREATED,
            examples.CREATED_PREFILLED,
        ],
    )
    def create(self, request: Request) -> Response:
        """Make a link. Send its `hostedUrl` to your end-user. The secret is in this answer only."""
        link = services.create_link(organization=self.organization, **self.validated(LinkInput))
        return Response(NewLinkOutput(link).data, status=201)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete a link that is pending or expired. Others answer 409."""
        services.delete_link(link=self.get_object())
        return Response(status=204)

    @extend_schema(request=None, responses={202: LinkDetailOutput}, examples=[examples.RETRIED])
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, **kwargs: Any) -> Response:
        """Run unfinished steps again, without the end-user. 409 when there is nothing to run."""
        link = self.get_object()
        self.validated(Input)
        services.retry_link(link=link)
        return Response(LinkDetailOutput(self.get_queryset().get(pk=link.pk)).data, status=202)
