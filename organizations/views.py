"""`/v1/api-keys`."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from organizations import examples, services
from organizations.models import ApiKey, Scope
from organizations.serializers import ApiKeyInput, ApiKeyOutput, IssuedApiKeyOutput
from organizations.viewsets import OrganizationViewSet


class ApiKeyViewSet(OrganizationViewSet):
    """Keys of your organization. Needs the scope `keys`."""

    queryset = ApiKey.objects.none()
    serializer_class = ApiKeyOutput
    read_scope = write_scope = Scope.KEYS

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.for_organization(self.organization)

    @extend_schema(examples=[examples.SHOWN])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your keys, newest first. The keys themselves are not stored."""
        return super().list(request, *args, **kwargs)

    @extend_schema(examples=[examples.SHOWN])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One key."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        request=ApiKeyInput,
        responses={201: IssuedApiKeyOutput},
        examples=[examples.CREATE_BODY, examples.CREATED],
    )
    def create(self, request: Request) -> Response:
        """Make a key. It is shown once; it gets at most its maker's scopes and expiry."""
        given = {"expires_at": None} | self.validated(ApiKeyInput)
        issued = services.issue_key_for(maker=self.api_key, **given)
        return Response(IssuedApiKeyOutput(issued).data, status=201)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Revoke a key. A key cannot delete itself."""
        services.delete_key(api_key=self.get_object(), by=self.api_key)
        return Response(status=204)
