"""`/v1/organization`: the one that the key belongs to."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.branding import examples
from organizations.branding.changing import change_organization, with_logo
from organizations.branding.serializers import OrganizationInput, OrganizationOutput
from organizations.models import Organization
from organizations.viewsets import OrganizationViewSet


class OwnOrganizationViewSet(OrganizationViewSet):
    """Your organization, and the branding of its hosted pages."""

    queryset = Organization.objects.none()
    serializer_class = OrganizationOutput
    may_be_busy = ("partial_update",)

    def shown(self) -> Response:
        return Response(OrganizationOutput(with_logo(self.organization.pk)).data)

    @extend_schema(examples=[examples.SHOWN])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your organization with the branding that its links have by themselves."""
        return self.shown()

    @extend_schema(
        request=OrganizationInput, responses=OrganizationOutput, examples=[examples.CHANGE, examples.SHOWN]
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change the name or the branding. What is left out stays; null clears, but for the name.

        A `logoUrl` is fetched at once, also when it is the one before, within 5 seconds: the answer is a 400
        that says what to do where it cannot be shown. Your pages then get the picture from us. 60 fetches an
        hour, links' logos included, and a 429 after that.
        """
        changes = self.validated(OrganizationInput, partial=True)
        change_organization(organization=self.organization, changes=changes)
        return self.shown()
