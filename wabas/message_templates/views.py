"""`/v1/wabas/{id}/templates`."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFoundError
from api.pagination import ListPagination
from organizations.viewsets import OrganizationViewSet
from wabas.message_templates import services
from wabas.message_templates.examples import HANDED_IN, LISTED, NEW_TEMPLATE
from wabas.message_templates.serializers import NAME as NAME_FORM
from wabas.message_templates.serializers import TemplateFilters, TemplateInput, TemplateOutput
from wabas.models import Waba

NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, description="The template's name.")


class TemplateViewSet(OrganizationViewSet):
    """The message templates of a WABA, as Meta has them at this moment."""

    queryset = Waba.objects.none()
    serializer_class = TemplateOutput
    pagination_class = ListPagination
    filters = TemplateFilters
    meta_id_field = "meta_waba_id"
    asks_meta = ("list", "create", "destroy")
    lookup_url_kwarg = "name"

    def waba(self) -> Waba:
        """The WABA of the path, or a 404."""
        rows = Waba.objects.for_organization(self.organization).without_token()
        waba = rows.filter(**self.found_by(self.kwargs["id"])).first()
        if waba is None:
            raise NotFoundError
        return waba

    @extend_schema(operation_id="listTemplates", parameters=[TemplateFilters], examples=[LISTED])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List a WABA's templates by name, each language by itself.

        Asked of Meta at each call, which allows a WABA 5,000 such calls an hour: `template.status_updated`
        tells of changes without any.
        """
        waba = self.waba()
        query = self.filters(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = services.list_templates(waba=waba, filters=query.validated_data)
        rows: Any = found
        return self.get_paginated_response(TemplateOutput(self.paginate_queryset(rows), many=True).data)

    @extend_schema(
        operation_id="createTemplate",
        request=TemplateInput,
        responses={201: TemplateOutput},
        examples=[NEW_TEMPLATE, HANDED_IN],
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Hand a template in for Meta's review.

        It is PENDING until Meta decides, which `template.status_updated` tells. Meta may put it into another
        category. 422 with Meta's reason where it refuses at once.
        """
        waba = self.waba()
        template = services.create_template(waba=waba, given=self.validated(TemplateInput))
        return Response(TemplateOutput(template).data, status=201)

    @extend_schema(operation_id="deleteTemplate", parameters=[NAME])
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete a template in all its languages. Meta keeps its name taken for 30 days."""
        waba = self.waba()
        if not NAME_FORM.fullmatch(self.kwargs["name"]):
            raise NotFoundError
        services.delete_template(waba=waba, name=self.kwargs["name"])
        return Response(status=204)
