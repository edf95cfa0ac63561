"""What the hosted page is told: its configuration, the last failure in plain words, what is asked for."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse

from api.times import timestamp
from onboarding import texts
from onboarding.languages import sdk_url
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.next_action import hosted_url
from onboarding.outcomes import Actor
from onboarding.pipeline import AFTERWARDS
from onboarding.prefill import merged, setup_of
from onboarding.readiness import ASKED_ON_PAGE
from onboarding.redirects import error_url
from phones.models import RegistrationAttempt
from phones.registration import attempts_left
from phones.verification import code_sent_at

# The page's own calls, where its script knows them by another name than the address does.
SAME_NAME = ("opened", "start", "session", "callback", "pin", "skip", "status", "number", "check")
CALLS = {name: name for name in SAME_NAME} | {"requestCode": "request-code", "verifyCode": "verify-code"}


def page_config(request: HttpRequest, link: OnboardingLink, now: datetime, language: str) -> dict[str, Any]:
    """What the script needs; see `templates/onboarding/signup.html`."""
    signup = current_signup(link)
    return {
        "linkId": str(link.pk),
        "name": link.name,
        "hostedUrl": hosted_url(link),
        "status": link.published_status(now),
        "signupId": str(signup.pk) if signup else None,
        "urls": {key: reverse(f"signup-{name}", args=[link.pk]) for key, name in CALLS.items()},
        "sdkUrl": sdk_url(language),
        "sdk": {
            "appId": settings.META_APP_ID,
            "version": settings.META_GRAPH_VERSION,
            "configId": settings.META_CONFIG_ID,
            "extras": extras(link, now),
        },
        "messageOrigins": settings.META_MESSAGE_ORIGINS,
        "error": shown_error(link, signup, now),
        "isBeingSetUp": is_being_set_up(link, signup),
        "nextAction": shown_action(link, signup, now),
        "redirectUrl": None,
        "stepTitles": texts.step_titles(),
        "csrfToken": get_token(request),
    }


def extras(link: OnboardingLink, now: datetime) -> dict[str, Any]:
    """`FB.login`'s extras: the deployment's, the coexistence flow where it is asked for, and the prefill.

    Who opens a link that is over has no use for what the client knew of its customer.
    """
    given = dict(settings.META_SIGNUP_EXTRAS)
    if link.mode == OnboardingLink.Mode.COEXISTENCE:
        given["featureType"] = "whatsapp_business_app_onboarding"
    is_over = link.published_status(now) in {"completed", "expired"}
    setup = {} if is_over else setup_of(link, now)
    return merged(given, {"setup": setup}) if setup else given


def current_signup(link: OnboardingLink) -> Signup | None:
    """The signup whose progress everybody on this link sees: the one whose code was exchanged last."""
    return link.signups.exclude(exchanged_at=None).select_related("phone").order_by("-exchanged_at").first()


def is_being_set_up(link: OnboardingLink, signup: Signup | None) -> bool:
    """A failure that goes on without the end-user: the token is here, so no button asks for another one."""
    error = link.last_error
    return bool(error and signup and signup.access_token and error["actor"] != Actor.END_USER)


def shown_error(link: OnboardingLink, signup: Signup | None, now: datetime) -> dict[str, Any] | None:
    """The link's last failure for the end-user: words, what to do, and a block for support to read."""
    error = link.last_error
    if not error:
        return None
    text = texts.error_text(error["code"])
    meta = error.get("meta") or {}
    return {
        "code": error["code"],
        "title": text.title,
        "body": text.body,
        "canRetry": text.can_retry,
        "backUrl": error_url(link, error["code"], text.title, now),
        "details": {
            "linkId": str(link.pk),
            "step": error.get("step"),
            "metaCode": meta.get("code"),
            "metaSubcode": meta.get("subcode"),
            "traceId": meta.get("traceId"),
            "sessionId": meta.get("sessionId") or (signup.session.get("session_id") if signup else None),
            "at": error.get("at"),
        },
    }


def shown_steps(signup: Signup) -> list[dict[str, str]]:
    """The steps that the page waits for, with their status: not what comes after the completion."""
    return [
        {"step": run.step, "status": run.status} for run in signup.steps.all() if not is_afterwards(run.step)
    ]


def is_open_for_end_user(signup: Signup) -> bool:
    """Something is, beside what comes after the completion: of that the page says nothing."""
    settled = (StepRun.Status.DONE, StepRun.Status.SKIPPED)
    return any(not is_afterwards(run.step) for run in signup.steps.exclude(status__in=settled))


def is_afterwards(step: str) -> bool:
    return any(step == one.name for one in AFTERWARDS)


def shown_action(link: OnboardingLink, signup: Signup | None, now: datetime) -> dict[str, Any] | None:
    """What the page has to ask or say: a PIN, a number, the proof of one, or to wait for Meta."""
    action = link.next_action
    if not action or link.is_expired(now) or is_answered(action["code"], signup):
        return None
    if link.completed_at and signup and not is_open_for_end_user(signup):
        return None
    shown = {name: action[name] for name in ("actor", "code", "deadline") if name in action}
    if action["code"] == "ENTER_PIN" and signup and signup.phone:
        shown["attemptsLeft"] = attempts_left(signup.phone, now, made_by=RegistrationAttempt.Maker.PERSON)
    if action["code"] == "VERIFY_NUMBER" and signup:
        shown["codeSentAt"] = sent_at(signup)
    reason = waiting_reason(signup) if action["code"] == "WAIT" and signup else None
    return shown | {"message": texts.next_action_text(reason or action["code"], action["actor"])}


def waiting_reason(signup: Signup) -> str | None:
    """The code of what a step waits for, where it waits for something."""
    waiting = signup.steps.filter(status=StepRun.Status.WAITING, next_attempt_at__isnull=False)
    error = waiting.exclude(error=None).order_by("position").values_list("error", flat=True).first()
    return error["code"] if error else None


def is_answered(code: str, signup: Signup | None) -> bool:
    """The PIN, or the proof of the number, came by the API meanwhile: the number is registered."""
    return code in ASKED_ON_PAGE and bool(signup and signup.phone and signup.phone.is_registered)


def is_asked_here(link: OnboardingLink) -> bool:
    """A completed link still has a question that its page asks: who opens it wants to answer."""
    code = link.next_action["code"] if link.next_action else ""
    return code in ASKED_ON_PAGE and not is_answered(code, current_signup(link))


def sent_at(signup: Signup) -> str | None:
    """When the last code went to the number that has to be proven."""
    number_id = signup.phone.meta_phone_number_id if signup.phone else signup.added_phone_number_id
    at = code_sent_at(number_id) if number_id else None
    return timestamp(at) if at else None
