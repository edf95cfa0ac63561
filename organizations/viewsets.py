"""The tenant gate: every secured viewset inherits it and sees its organization's rows only."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.errors import ApiError, ForbiddenError, NotFoundError, RateLimitedError
from api.serializers import Query
from api.throttling import Spent, parsed_rate, spend
from organizations import idempotency
from organizations.authentication import ApiKeyAuthentication
from organizations.models import ApiKey, Organization, Scope

PAGING = frozenset({"page", "limit"})


class MissingScopeError(ForbiddenError):
    def __init__(self, scope: str) -> None:
        super().__init__(f"This API key lacks the scope '{scope}'.")


class NoLengthError(ApiError):
    """A body in chunks, behind a server that does not say where it ends; see `config/wsgi.py`."""

    message = "The body came in chunks, which this server does not read. Send a Content-Length."


class OrganizationViewSet(GenericViewSet[Any]):
    """Authentication, scope, limit and tenant. Subclasses say how rows are found for an organization.

    `filters` is the serializer of the list's query; unknown parameters are refused, so that a typo
    in a filter never answers with everything.
    """

    authentication_classes = [ApiKeyAuthentication]
    metadata_class = None
    http_method_names = ["get", "post", "patch", "delete", "head"]
    lookup_value_regex = "[^/]+"
    read_scope: str = Scope.READ
    write_scope: str = Scope.WRITE
    filters: type[Query] = Query
    # The parameters of a list that are its paginator's.
    paging: frozenset[str] = PAGING
    # The column that holds Meta's id of the row, where a path may carry that one too.
    meta_id_field: str | None = None
    # Actions that are answered when Meta has answered.
    asks_meta: tuple[str, ...] = ()
    # Others that must not run within a transaction: they wait for the network, or work in batches.
    commits_itself: tuple[str, ...] = ()
    # Actions that answer 503 for a moment, where a process has no room for more of them.
    may_be_busy: tuple[str, ...] = ()
    # Called when a body is found right, before anything is changed; see organizations/idempotency.
    begin_change: Callable[[], None] | None = None
    post: Callable[..., Any]
    spent: Spent | None = None

    @property
    def organization(self) -> Organization:
        organization: Organization = self.request.user  # type: ignore[assignment]
        return organization

    @property
    def api_key(self) -> ApiKey:
        api_key: ApiKey = self.request.auth  # type: ignore[assignment]
        return api_key

    def check_permissions(self, request: Request) -> None:
        """A call outside the key's scopes counts too, and says what is left of the limit."""
        self.spent = spend(f"key:{self.api_key.pk}", parsed_rate(settings.API_RATE_LIMIT))
        if self.spent.is_over:
            raise RateLimitedError(headers={"Retry-After": str(self.spent.reset)})
        scope = self.read_scope if request.method in {"GET", "HEAD"} else self.write_scope
        if scope not in self.api_key.scopes:
            raise MissingScopeError(scope)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise NoLengthError
        if self.action in self.action_map.values():
            self.check_query(request)
        if request.method == "POST" and self.action and idempotency.has_key(request):
            self.post = partial(idempotency.answered, self, self.post)

    @property
    def commits_as_it_goes(self) -> bool:
        return self.action in {*self.asks_meta, *self.commits_itself}

    def answer_again(self, request: Request, bound: str) -> Response:
        """The answer to an action whose change is bound to the request's Idempotency-Key."""
        raise NotImplementedError

    def check_query(self, request: Request) -> None:
        known = set(self.filters().fields) | self.paging if self.action == "list" else set()
        unknown = [name for name in request.query_params if name not in known]
        if unknown:
            raise ValidationError({name: [ErrorDetail("Unknown parameter.", "unknown")] for name in unknown})

    def finalize_response(
        self, request: Request | HttpRequest, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        if self.spent:
            for name, value in self.spent.headers.items():
                response.headers[name] = value
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]

    def get_object(self) -> Any:
        """The row of the path, by our id or Meta's, or a 404 whoever else owns it."""
        try:
            return self.get_queryset().get(**self.found_by(self.kwargs["pk"]))
        except ObjectDoesNotExist:
            raise NotFoundError from None

    def found_by(self, given: str) -> dict[str, Any]:
        if self.meta_id_field and given.isascii() and given.isdigit():
            return {self.meta_id_field: given}
        try:
            return {"pk": UUID(given)}
        except ValueError:
            raise NotFoundError from None

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """`rows` by the list's query. Raises a 400 that names the parameter."""
        query = self.filters(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return self.narrowed(rows, query.validated_data)

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """`rows` where each column of `asked` has the value asked for."""
        return rows.filter(**asked)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.paginate_queryset(self.filtered(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    def validated(self, kind: Any, **kwargs: Any) -> dict[str, Any]:
        """The request's body, by the input serializer `kind`."""
        body = kind(data=self.request.data, context=self.get_serializer_context(), **kwargs)
        body.is_valid(raise_exception=True)
        if self.begin_change:
            self.begin_change()
        given: dict[str, Any] = body.validated_data
        return given
