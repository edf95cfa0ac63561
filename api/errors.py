"""Errors as the contract words them: one class to raise, one handler that answers.

Anything unforeseen becomes a 500 that says nothing but its request id.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.response import Response

from api.request_id import current_request_id
from api.times import timestamp
from meta_graph.errors import Action, Cause, GraphError

log = structlog.get_logger("api.errors")
# A body of 1 MiB has room for a hundred thousand wrong fields; nobody reads that many.
MAX_DETAILS = 100


class ApiError(Exception):
    """An answer other than 2xx. Subclasses stand beside the function that raises them."""

    status = 400
    code = "VALIDATION_ERROR"
    message = "The request is not valid."

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Sequence[Mapping[str, str]] = (),
        retry_at: datetime | None = None,
        meta: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message or self.message)
        details = details[:MAX_DETAILS]
        self.details, self.retry_at, self.meta, self.headers = details, retry_at, meta, dict(headers or {})

    @classmethod
    def of_fields(cls, errors: Any) -> "ApiError":
        """A serializer's errors, as `details`."""
        return cls(details=list(flattened(errors)))

    @property
    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"message": str(self), "code": self.code, "requestId": current_request_id()}
        if self.details:
            error["details"] = list(self.details)
        if self.meta:
            error["meta"] = dict(self.meta)
        if self.retry_at:
            error["retryAt"] = timestamp(self.retry_at)
        return {"error": error}


class InvalidFieldError(ApiError):
    """One field that is wrong, found after the serializer was content."""

    def __init__(self, field: str, message: str, code: str = "invalid") -> None:
        super().__init__(details=[{"field": field, "message": message, "code": code}])


class UnauthorizedError(ApiError):
    status, code, message = 401, "UNAUTHORIZED", "A valid API key is needed."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, headers={"WWW-Authenticate": 'Bearer realm="api"'})


class ForbiddenError(ApiError):
    status, code, message = 403, "FORBIDDEN", "This API key may not do that."


class NotFoundError(ApiError):
    status, code, message = 404, "NOT_FOUND", "Resource not found"


class ConflictError(ApiError):
    status, code, message = 409, "CONFLICT", "The resource is not in a state that allows this."


class HalfDoneError(ConflictError):
    """Other rows were changed, and the one that it was done for did not go on. The message says both."""


class PayloadTooLargeError(ApiError):
    status, code, message = 413, "PAYLOAD_TOO_LARGE", "The request body is larger than 1 MiB."


class RateLimitedError(ApiError):
    status, code, message = 429, "RATE_LIMITED", "Too many requests."


class MetaRefusedError(ApiError):
    status, code, message = 422, "META_REFUSED", "Meta refused the request."


class MetaFailedError(ApiError):
    status, code, message = 502, "META_ERROR", "Meta could not be reached or failed."


class UnavailableError(ApiError):
    status, code, message = 503, "SERVICE_UNAVAILABLE", "The service is not available right now."


class InternalError(ApiError):
    status, code, message = 500, "INTERNAL_ERROR", "Unexpected server error"


class MethodNotAllowedError(ApiError):
    status, code, message = 405, "METHOD_NOT_ALLOWED", "This method is not allowed here."


class UnsupportedMediaTypeError(ApiError):
    status, code, message = 415, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json."


def flattened(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """A DRF error tree as `{field, message, code}`, nested names joined by dots."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            here = "" if name == "non_field_errors" else str(name)
            yield from flattened(inner, ".".join(filter(None, (path, here))))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list))
            yield from flattened(inner, f"{path}.{index}" if nested and path else path)
    else:
        yield {"field": path, "message": str(detail), "code": getattr(detail, "code", "invalid")}


def of_graph(error: GraphError) -> ApiError:
    """What Meta said, as an answer: refused (do not retry as it is), rate limited, or failed."""
    meta = {"code": error.code, "subcode": error.subcode, "traceId": error.fbtrace_id}
    retry_at = timezone.now() + timedelta(seconds=error.retry_after) if error.retry_after else None
    if error.cause is Cause.RATE_LIMITED:
        wait = {"Retry-After": str(math.ceil(error.retry_after))} if error.retry_after else {}
        return RateLimitedError("Meta's rate limit is reached.", meta=meta, retry_at=retry_at, headers=wait)
    if error.action is Action.RETRY:
        return MetaFailedError(meta=meta, retry_at=retry_at)
    said = [text for text in dict.fromkeys((error.message, error.details)) if text]
    return MetaRefusedError(": ".join(said) or None, meta=meta, retry_at=retry_at)


def of_drf(error: Exception) -> ApiError | None:
    """DRF's and Django's own exceptions as ours; None for what nobody foresaw."""
    match error:
        case ApiError():
            return error
        case GraphError():
            return of_graph(error)
        case exceptions.ValidationError():
            return ApiError(details=list(flattened(error.detail)))
        case exceptions.ParseError():
            return ApiError(str(error.detail))
        case exceptions.NotFound() | Http404():
            return NotFoundError()
        case exceptions.MethodNotAllowed():
            return MethodNotAllowedError()
        case exceptions.UnsupportedMediaType():
            return UnsupportedMediaTypeError()
        case exceptions.PermissionDenied() | PermissionDenied():
            return ForbiddenError()
        case RequestDataTooBig():
            return PayloadTooLargeError()
        case _:
            return None


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's handler: every exception of a `/v1` view becomes the contract's error."""
    error = of_drf(exc)
    if error is None:
        log.error("unexpected", exc_info=exc)
        error = InternalError()
    return Response(error.body, status=error.status, headers=error.headers)


def answer(request: HttpRequest, error: ApiError) -> HttpResponse:
    """An error outside of DRF: JSON under /v1, a page elsewhere."""
    if request.path_info.startswith("/v1/"):
        return JsonResponse(error.body, status=error.status, headers=error.headers)
    template = "404.html" if error.status == 404 else "500.html"
    return render(request, template, {"request_id": current_request_id()}, status=error.status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, NotFoundError())


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, ApiError())


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, InternalError())
