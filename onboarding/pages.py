"""The hosted signup page and its script's own calls.

Nothing here answers with metadata, nor with a number but the one that the link was made for.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST, require_safe

from api.errors import NotFoundError
from api.page_calls import body_of, checked
from onboarding import numbers, signups
from onboarding.languages import page_language
from onboarding.models import OnboardingLink, Signup
from onboarding.page_bodies import (
    CodeInput,
    MethodInput,
    NumberInput,
    OpenedInput,
    PinInput,
    SessionInput,
    SignupInput,
    VerifyInput,
)
from onboarding.page_context import FIRST_VIEW, page_context
from onboarding.page_events import told
from onboarding.page_gate import found, page_call
from onboarding.page_state import (
    current_signup,
    is_asked_here,
    page_config,
    shown_action,
    shown_error,
    shown_steps,
)
from onboarding.preview import is_preview_of
from onboarding.preview_page import rendered_preview
from onboarding.redirects import success_url

# A completed link that is opened again redirects for so long, then says "already connected".
REDIRECTS_FOR = timedelta(hours=24)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


META_ORIGINS = [
    *settings.META_MESSAGE_ORIGINS,
    origin(settings.META_GRAPH_URL),
    origin(settings.META_SDK_URL),
]


@require_safe
def signup_page(request: HttpRequest, link_id: UUID) -> HttpResponseBase:
    """The page, or its preview. It changes nothing: link previews and bots open URLs too."""
    link = found_or_none(link_id)
    signature = request.GET.get("preview")
    if link is None or (signature is not None and not is_preview_of(link, signature)):
        return secured(render(request, "404.html", status=404))
    if signature is None and (url := onward_url(link, timezone.now())):
        return secured(HttpResponseRedirect(url))
    rendered, language = rendered_page if signature is None else rendered_preview, page_language(link)
    with translation.override(language):
        # django-csp's types know views without arguments only.
        response = rendered(request, link)  # type: ignore[call-arg]
    # Set here: the middleware knows the browser's language only.
    response["Content-Language"] = language
    return secured(response)


@ensure_csrf_cookie
@csp_update({"script-src": META_ORIGINS, "frame-src": META_ORIGINS, "connect-src": META_ORIGINS})  # type: ignore[arg-type]
def rendered_page(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    config = page_config(request, link, timezone.now(), translation.get_language())
    context = page_context(link, config, FIRST_VIEW[config["status"]])
    return render(request, "onboarding/signup.html", context)


def onward_url(link: OnboardingLink, now: datetime) -> str | None:
    """Where a link that was completed lately leads at once."""
    is_recent = link.completed_at is not None and now - link.completed_at < REDIRECTS_FOR
    return success_url(link, now) if is_recent and not is_asked_here(link) else None


def found_or_none(link_id: UUID) -> OnboardingLink | None:
    try:
        return found(link_id)
    except NotFoundError:
        return None


def secured(response: HttpResponseBase) -> HttpResponseBase:
    """With Django's own default the popup is cut off from the page and neither message arrives."""
    response["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    # With no-referrer Chromium sends `Origin: null`, which the CSRF check refuses.
    response["Referrer-Policy"] = "strict-origin"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@require_POST
@page_call
def opened(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    signups.note_opened(link=link, **body_of(request, OpenedInput))
    return HttpResponse(status=204)


@require_POST
@page_call
def start(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    signups.note_start(link=link, **body_of(request, SignupInput))
    return HttpResponse(status=204)


@require_POST
@page_call
def session(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    with told(link, "session", body_of(request, SessionInput)) as given:
        signups.note_session(link=link, **given)
    return accepted(link)


@require_POST
@page_call
def callback(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    with told(link, "callback", body_of(request, CodeInput)) as given:
        signups.receive_code(link=link, **given)
    return accepted(link)


@require_POST
@page_call
def pin(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    with told(link, "pin", body_of(request, PinInput)) as given:
        signups.give_pin(link=link, **given)
    return accepted(link)


@require_POST
@page_call
def skip(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    with told(link, "skip", body_of(request, SignupInput)) as given:
        signups.put_off(link=link, **given)
    return accepted(link)


@require_POST
@page_call
def number(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    with told(link, "number", body_of(request, NumberInput)) as given:
        numbers.add_number(link=link, language=page_language(link), **given)
    return accepted(link)


@require_POST
@page_call
def request_code(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    with told(link, "request-code", body_of(request, MethodInput)) as given:
        numbers.request_code(link=link, language=page_language(link), **given)
    return accepted(link)


@require_POST
@page_call
def verify_code(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    with told(link, "verify-code", body_of(request, VerifyInput)) as given:
        numbers.verify_code(link=link, **given)
    return accepted(link)


@require_POST
@page_call
def check(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    with told(link, "check", body_of(request, SignupInput)) as given:
        numbers.check_again(link=link, **given)
    return accepted(link)


def accepted(link: OnboardingLink) -> HttpResponse:
    link.refresh_from_db(fields=["status"])
    return JsonResponse({"status": link.published_status(timezone.now())}, status=202)


@require_GET
@page_call
def status(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    """Where the link's signup stands; the asking page's own signup is noted as seen."""
    now = timezone.now()
    given = checked(SignupInput, {"signupId": request.GET.get("signupId")})
    signup = current_signup(link) or Signup.objects.filter(pk=given["signup_id"], link=link).first()
    if signup and signup.state in {Signup.State.RUNNING, Signup.State.COMPLETED}:
        signups.note_seen(signup_id=signup.pk)
    with translation.override(page_language(link)):
        return JsonResponse(
            {
                "status": link.published_status(now),
                "steps": shown_steps(signup) if signup else [],
                "nextAction": shown_action(link, signup, now),
                "error": shown_error(link, signup, now),
                "redirectUrl": success_url(link, now) if link.completed_at else None,
            }
        )
