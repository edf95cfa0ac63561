"""The preview of the hosted page: every state to look at, without what a signup would need."""

from typing import Any

from csp.constants import NONE
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from onboarding import texts
from onboarding.models import OnboardingLink
from onboarding.next_action import hosted_url
from onboarding.page_context import page_context

# The views that `show` names, in the order in which the banner lists them.
SHOWN = ("start", "progress", "success", "failed", "already", "expired")
STEPS = {
    "identify_assets": "done",
    "save_waba": "done",
    "save_phone": "running",
    "subscribe_app": "waiting",
    "complete_link": "waiting",
}
# An error that the end-user can do something about.
EXAMPLE = "META_REPORTED_ERROR"


@csp_replace({"connect-src": [NONE], "form-action": [NONE]})  # type: ignore[arg-type]
def rendered_preview(request: HttpRequest, link: OnboardingLink) -> HttpResponse:
    """Asks nothing of anybody: no token, no cookie, no SDK, and a policy that lets no call out."""
    context = preview_context(link, request.GET["preview"], request.GET.get("show", ""))
    return render(request, "onboarding/signup.html", context)


def preview_context(link: OnboardingLink, signature: str, asked: str) -> dict[str, Any]:
    view = asked if asked in SHOWN else SHOWN[0]
    names = texts.preview_names()
    shown = {"signature": signature, "views": [(name, names[name]) for name in SHOWN]}
    return page_context(link, preview_config(link), view) | {"preview": shown}


def preview_config(link: OnboardingLink) -> dict[str, Any]:
    """What the preview's script fills in; compare `page_config`."""
    error = texts.error_text(EXAMPLE)
    return {
        "hostedUrl": hosted_url(link),
        "hasRedirect": link.redirect_url is not None,
        "steps": [{"step": step, "status": status} for step, status in STEPS.items()],
        "stepTitles": texts.step_titles(),
        "error": {"code": EXAMPLE, "title": error.title, "body": error.body, "canRetry": error.can_retry},
    }
