"""What every call of the shared inbox passes: the cookie's session, the limits, the permission."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone

from api.errors import ApiError, ForbiddenError, RateLimitedError, UnauthorizedError, of_drf
from api.page_calls import caller_address
from api.throttling import Rate, spend
from shared_inbox.models import Permission, SharedInboxAction, SharedInboxSession
from shared_inbox.sessions import COOKIE, EndedError, session_of

MINUTE = 60
View = Callable[..., HttpResponseBase]


class OverError(UnauthorizedError):
    """The page shows it in its user's language, by the code."""

    def __init__(self) -> None:
        super().__init__("This inbox is not shared any more, or this page was open for too long.")
        self.headers = {}


class NotPermittedError(ForbiddenError):
    def __init__(self, permission: Permission) -> None:
        super().__init__(f"The link does not have the permission '{permission}'.")


def inbox_call(view: View) -> View:
    """Finds the session, keeps the limits, and words every refusal as the API does.

    The view gets `(request, session, ...)` and asks for what it needs by `require`.
    """

    def answered(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase
        try:
            session = current_session(request)
            check_limits(f"inbox:{session.pk}", settings.SHARED_INBOX_RATE_LIMIT)
            response = view(request, session, **kwargs)
        except Exception as failure:
            error = of_drf(failure)
            if error is None:
                raise
            response = refusal(error)
        return private(response)

    return answered


def current_session(request: HttpRequest) -> SharedInboxSession:
    """Raises OverError."""
    try:
        return session_of(request.COOKIES.get(COOKIE, ""), timezone.now())
    except EndedError:
        raise OverError from None


def check_limits(who: str, limit: int) -> None:
    spent = spend(who, Rate(limit, MINUTE))
    if spent.is_over:
        raise RateLimitedError(headers={"Retry-After": str(spent.reset)})


def require(request: HttpRequest, session: SharedInboxSession, permission: Permission) -> None:
    """Raises NotPermittedError, and writes down who tried."""
    if session.link.allows(permission):
        return
    SharedInboxAction.objects.create(
        link=session.link,
        session_id=session.pk,
        kind=SharedInboxAction.Kind.REFUSED,
        details=permission.value,
        address=address_of(request),
    )
    raise NotPermittedError(permission)


def address_of(request: HttpRequest) -> str | None:
    """None for what is no address: a proxy may write anything."""
    given = caller_address(request)
    try:
        return str(ip_address(given))
    except ValueError:
        return None


def refusal(error: ApiError) -> JsonResponse:
    return JsonResponse(error.body, status=error.status, headers=error.headers)


def private(response: HttpResponseBase) -> HttpResponseBase:
    """Nobody keeps it, nobody frames it, and the address that led here is told to nobody."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
