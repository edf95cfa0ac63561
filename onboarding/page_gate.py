"""What every call of the hosted page passes: the link and the limits."""

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from api.errors import ApiError, NotFoundError, RateLimitedError
from api.page_calls import caller_address
from api.throttling import Rate, spend
from onboarding.models import OnboardingLink

MINUTE = 60


def check_limits(request: HttpRequest, link_id: UUID) -> None:
    for who, limit in (
        (f"link:{link_id}", settings.PAGE_RATE_LIMIT_PER_LINK),
        (f"address:{caller_address(request)}", settings.PAGE_RATE_LIMIT_PER_ADDRESS),
    ):
        spent = spend(who, Rate(limit, MINUTE))
        if spent.is_over:
            raise RateLimitedError(headers={"Retry-After": str(spent.reset)})


def found(link_id: UUID) -> OnboardingLink:
    link = (
        OnboardingLink.objects.select_related("organization", "registered_number").filter(pk=link_id).first()
    )
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
