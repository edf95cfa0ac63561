"""What whoever opens a link sees at this moment, in words for who is on the telephone with them."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import override

from onboarding import texts
from onboarding.models import OnboardingLink, Signup
from onboarding.outcomes import Actor
from onboarding.page_state import shown_action, shown_error, shown_steps
from organizations.admin.cells import worded


def page_in_words(link: OnboardingLink, now: datetime) -> str:
    """One or two sentences; the page itself shows them in the end-user's language."""
    signup = newest_signup(link)
    with override("en"):
        if link.is_expired(now):
            return "The page says that the link has expired. There is no button."
        asked = asked_in_words(link, signup, now)
        if link.status == OnboardingLink.Status.COMPLETED:
            return f"The page says that the number is connected{asked or '.'}"
        if link.status == OnboardingLink.Status.PROCESSING and signup:
            return f"Progress, step by step: {steps_in_words(signup)}{asked or '.'}"
        if signup and signup.state == Signup.State.EXCHANGING and not link.last_error:
            return "Progress: Meta is asked whether the sign-in is good."
        return failed_in_words(link, signup, now) or "The page with the button, to begin."


def newest_signup(link: OnboardingLink) -> Signup | None:
    """As the page chooses it, with `has_token` in place of the token: what is only told does not open it."""
    rows = link.signups.exclude(exchanged_at=None).order_by("-exchanged_at").select_related("phone")
    sealed = ("access_token", "phone__pin", "phone__new_pin")
    own, kept = Q(access_token__isnull=False), Q(waba__access_token__isnull=False)
    return rows.defer(*sealed).annotate(has_token=own, has_any_token=own | kept).first()


def newest_try(link: OnboardingLink) -> Signup | None:
    """The one that was begun last, whatever became of it."""
    return link.signups.defer("access_token").order_by("-created_at", "-id").first()


def asked_in_words(link: OnboardingLink, signup: Signup | None, now: datetime) -> str:
    action = shown_action(link, signup, now)
    if action is None:
        return ""
    left = action.get("attemptsLeft")
    tries = f" Tries left: {left}." if left is not None else ""
    return f". It says or asks ({action['code']}): {action['message']}{tries}"


def steps_in_words(signup: Signup) -> str:
    counted: dict[str, int] = {}
    for step in shown_steps(signup):
        counted[step["status"]] = counted.get(step["status"], 0) + 1
    return ", ".join(f"{count} {worded(status)}" for status, count in counted.items())


def failed_in_words(link: OnboardingLink, signup: Signup | None, now: datetime) -> str:
    error = shown_error(link, signup, now)
    if error is None or link.last_error is None:
        return ""
    if signup and vars(signup)["has_token"] and link.last_error["actor"] != Actor.END_USER:
        text = texts.error_text(error["code"])
        return f"“{text.title}” There is no button: the sign-in is kept, and goes on once the cause is gone."
    button = (
        "The button is there, to try again."
        if error["canRetry"]
        else "The button is there when it is opened anew."
    )
    asked = asked_in_words(link, signup, now)
    return f"“{error['title']}” {error['body']} {button}{asked}"
