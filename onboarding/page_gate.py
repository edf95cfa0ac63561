"""What every call of the hosted page passes: the link, the limits, the size and shape of its body."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.exceptions import ParseError

from api.errors import ApiError, NotFoundError, PayloadTooLargeError, RateLimitedError
from api.parsers import parsed_json
from api.throttling import Rate, spend
from onboarding.models import OnboardingLink

MAX_BODY = 64 * 1024
MINUTE = 60


def caller_address(request: HttpRequest) -> str:
    """The end-user's address, as far as the configured number of proxies can be believed."""
    forwarded = [
        part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
    ]
    trusted = settings.TRUSTED_PROXY_COUNT
    if trusted and len(forwarded) >= trusted:
        return str(forwarded[-trusted])
    return str(request.META.get("REMOTE_ADDR", ""))


def check_limits(request: HttpRequest, link_id: UUID) -> None:
    for who, limit in (
        (f"link:{link_id}", settings.PAGE_RATE_LIMIT_PER_LINK),
        (f"address:{caller_address(request)}", settings.PAGE_RATE_LIMIT_PER_ADDRESS),
    ):
        spent = spend(who, Rate(limit, MINUTE))
        if spent.is_over:
            raise RateLimitedError(headers={"Retry-After": str(spent.reset)})


def found(link_id: UUID) -> OnboardingLink:
    link = OnboardingLink.objects.select_related("organization").filter(pk=link_id).first()
    if link is None or link.organization.is_suspended:
        raise NotFoundError
    return link


def page_call(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Finds the link, keeps the limits, and words every refusal as the API does."""

    def answered(request: HttpRequest, link_id: UUID) -> HttpResponse:
        try:
            check_limits(request, link_id)
            response = view(request, found(link_id))
        except ApiError as error:
            response = JsonResponse(error.body, status=error.status, headers=error.headers)
        response["Cache-Control"] = "no-store"
        return response

    return answered


def body_of(request: HttpRequest, kind: Any) -> dict[str, Any]:
    """The call's JSON body, checked. Raises ApiError with the fields that are wrong."""
    raw = request.read(MAX_BODY + 1)
    if len(raw) > MAX_BODY:
        raise PayloadTooLargeError
    return checked(kind, parsed_json_or_refuse(raw))


def parsed_json_or_refuse(raw: bytes) -> Any:
    try:
        return parsed_json(raw)
    except ParseError as wrong:
        raise ApiError(str(wrong)) from None


def checked(kind: Any, given: Any) -> dict[str, Any]:
    body = kind(data=given)
    if not body.is_valid():
        raise ApiError.of_fields(body.errors)
    validated: dict[str, Any] = body.validated_data
    return validated
