"""The public URL, which becomes a cookie; and the page of the inbox itself."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST, require_safe

from api.errors import RateLimitedError
from api.page_calls import caller_address
from shared_inbox.gate import OverError, address_of, check_limits, current_session, private
from shared_inbox.models import SharedInboxSession
from shared_inbox.sessions import COOKIE, LIFETIME, EndedError, close_session, open_session

PATH = "/shared"


@require_GET
def open_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Swaps the token for a cookie and leaves it behind. An address that opens nothing leads to the page
    that says so: a refusal right here would be logged by Django, with the token in its path."""
    try:
        check_limits(f"opening:{caller_address(request)}", settings.SHARED_INBOX_OPENINGS)
        opened = open_session(token=token, address=address_of(request), now=timezone.now())
    except (EndedError, RateLimitedError):
        return untraceable(HttpResponseRedirect(reverse("shared-inbox-ended")))
    response = untraceable(HttpResponseRedirect(reverse("shared-inbox")))
    response.set_cookie(
        COOKIE,
        opened.key,
        max_age=LIFETIME,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def untraceable(response: HttpResponse) -> HttpResponse:
    """The address that led here holds the token: nobody is told it."""
    private(response)
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@ensure_csrf_cookie
# blob: what was just chosen, before it is sent.
@csp_update({"img-src": ["blob:"], "media-src": [SELF, "blob:"]})
def inbox(request: HttpRequest) -> HttpResponseBase:
    """The page. What it shows comes by its script's calls."""
    try:
        session = current_session(request)
    except OverError:
        return ended(request)
    get_token(request)
    context = {"link": session.link, "phone": session.link.phone, "config": page_config(session)}
    return private(render(request, "shared_inbox/inbox.html", context))


@require_safe
def ended(request: HttpRequest) -> HttpResponseBase:
    """For an address that opens nothing: never was one, expired, rotated, revoked. Nobody is told which."""
    return private(render(request, "shared_inbox/ended.html", status=410))


@require_POST
def leave(request: HttpRequest) -> HttpResponseBase:
    """Ends this browser's session."""
    try:
        close_session(session_id=current_session(request).pk)
    except OverError:
        return ended(request)
    response = HttpResponseRedirect(reverse("shared-inbox-ended"))
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")
    return private(response)


def page_config(session: SharedInboxSession) -> dict[str, Any]:
    """What the script has to know besides what it asks for."""
    link = session.link
    return {
        "permissions": link.permissions,
        "phoneNumber": link.phone.phone_number,
        "root": reverse("shared-inbox"),
        "expiresAt": session.expires_at.timestamp(),
    }
