"""`/v1/wabas`."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.models import Organization
from organizations.viewsets import OrganizationViewSet
from wabas import examples
from wabas.lookups import look_up
from wabas.models import Waba
from wabas.serializers import ConnectionOutput, WabaOutput

# What a number inside a WABA shows: its PIN is not opened for it.
SHOWN_OF_PHONES = (
    "waba",
    "meta_phone_number_id",
    "phone_number",
    "display_name",
    "is_registered",
    "external_id",
    "metadata",
)
phones: Any = Waba._meta.get_field("phones").related_model


def shown_wabas(organization: Organization) -> QuerySet[Waba]:
    """An organization's WABAs with what is shown of their numbers; no secret is opened."""
    shown = Prefetch("phones", phones.objects.only(*SHOWN_OF_PHONES))
    return Waba.objects.for_organization(organization).without_token().prefetch_related(shown)


class WabaViewSet(OrganizationViewSet):
    """The WhatsApp Business Accounts that were connected, with their numbers."""

    queryset = Waba.objects.none()
    serializer_class = WabaOutput
    meta_id_field = "meta_waba_id"

    def get_queryset(self) -> QuerySet[Waba]:
        return shown_wabas(self.organization)

    @extend_schema(responses=WabaOutput, examples=[OpenApiExample("A WABA", examples.WABA)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List WABAs, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=WabaOutput, examples=[OpenApiExample("A WABA", examples.WABA)])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One WABA, by our id or Meta's."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(responses=ConnectionOutput, examples=[OpenApiExample("A connection", examples.CONNECTION)])
    @action(detail=True)
    def connection(self, request: Request, **kwargs: Any) -> Response:
        """The Meta account around a WABA: portfolio, Pages, datasets, catalogs.

        Looked up at Meta within 3 seconds and kept for 60. A look-up that fails is listed in
        `graphLookupErrors`, and the ids captured at signup are there all the same.
        """
        return Response(ConnectionOutput(look_up(waba=self.get_object())).data)
