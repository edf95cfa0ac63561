"""What support can say or press about a link as it stands now, in one or two sentences.

Words in “ ” are those on a button or link of the page.
"""

from datetime import datetime, timedelta

from onboarding.models import OnboardingLink, Signup
from onboarding.next_action import published_action
from onboarding.page_state import waiting_reason

SAME_LINK = "The same link works again: they open it and press the button."
ELSEWHERE = (
    "They open the address in Chrome or Safari, not inside of WhatsApp, Instagram or Facebook, and with ad "
    "blockers off; the page has a QR code for another device. “See what the end-user sees” shows the page."
)
OPERATORS = (
    "Send the link's id and Meta's trace id to the operators. Once they have mended it: “Retry”; it goes on "
    "by itself too, later."
)
MAYBE_FOUND = "Wait a minute: it may be found by itself. If it is not, the same link works again."
ADD_NUMBER = (
    "They open the same link and add a number there. Where it was added in WhatsApp Manager instead: “Retry”."
)
# By the code of what is open, of what is waited for, or of the last error.
BY_CODE = {
    "CANCELLED": f"They left Facebook's window; at which screen stands below. {SAME_LINK}",
    "CODE_EXPIRED": MAYBE_FOUND,
    "CODE_USED": MAYBE_FOUND,
    "PERMISSION_MISSING": (
        "They sign in again at the same link, as somebody with full control of the business, and leave every "
        "box ticked."
    ),
    "WRONG_NUMBER": (
        "They sign in again at the same link with the number that it was made for; or the customer makes a "
        "link for the other one."
    ),
    "NO_PHONE_NUMBER": ADD_NUMBER,
    "ADD_NUMBER": ADD_NUMBER,
    "VERIFY_NUMBER": (
        "They open the same link and have a code sent, by a call where no SMS comes: three an hour. Where it "
        "was verified in WhatsApp Manager instead: “Retry from a step”."
    ),
    "ENTER_PIN": (
        "It is not the code of an SMS, but the PIN that somebody in their business chose: they enter it at "
        "the same link, or leave it for later there. Where nobody knows it: they switch two-step "
        "verification off in WhatsApp Manager, and any six digits become the PIN; or you press “Retry from a "
        "step” then."
    ),
    "PIN_LOCKED": "They wait until the time that stands here: nothing is called before. Then it asks again.",
    "TOO_MANY_ATTEMPTS": (
        "They wait until the time that stands here; nothing is called before, for each try would count. It "
        "goes on by itself."
    ),
    "JUST_RELEASED": "They wait some minutes; it goes on by itself.",
    "RECONNECT": "The number works. For its chats they disconnect it in the app and get a new link.",
    "WABA_MISMATCH": "They sign in again at the same link, and choose one account.",
    "ALREADY_CONNECTED": (
        "Another of our customers has this account. After both companies agreed in writing: “Release the "
        "account, and retry”. Else they choose another account at the same link, after “Open again”."
    ),
    "UNSUPPORTED_CURRENCY": "The account's owner adds a payment method in WhatsApp Manager.",
    "META_REPORTED_ERROR": (
        "Read Meta's words to them: the account's owner mends it in WhatsApp Manager, or asks Meta's "
        "Business Support. Then the same link again."
    ),
    "META_UNAVAILABLE": (
        "Meta does not answer. It goes on by itself, and nobody has to keep the page open; “Retry” spares "
        "the wait once Meta is back."
    ),
    "INTERNAL": "A mistake of ours: it is tried again by itself. Tell the operators.",
    "CREDIT_IN_DOUBT": "Wait: it is looked up before anything is done again.",
    "CONFIGURATION": OPERATORS,
    "CREDIT_REFUSED": OPERATORS,
    "CREDIT_NOT_VERIFIED": OPERATORS,
    "REVOCATION_NOT_VERIFIED": OPERATORS,
    "UNKNOWN_OWNER": OPERATORS,
}
NOT_KEPT = (
    "Send the link's id and Meta's trace id to the operators. Nothing of the sign-in is kept: once they have "
    "mended it, the same link works again."
)
RUNS = (
    "Nothing: it runs. What a dead worker left is taken over within a minute or two; where it is not: “Retry "
    "from a step”."
)
OR_SHARED = (
    "Or an account that Meta told of is theirs (above): ask them for the id of their WhatsApp account, as "
    "WhatsApp Manager shows it. To sign in again at the same link settles it, too."
)
SDK_BLOCKED = Signup.Barrier.SDK_BLOCKED
# What got in the way of Facebook's window, as the page told.
BARRIERS = {
    Signup.Barrier.POPUP_BLOCKED: "Their browser held Facebook's window back.",
    SDK_BLOCKED: "Their browser or network holds Facebook's script back.",
    Signup.Barrier.IN_APP_BROWSER: "They opened it inside of another app, which often lets no window open.",
}
# So long somebody may be at Facebook, and nothing be wrong.
AT_FACEBOOK = timedelta(minutes=15)


def advice(link: OnboardingLink, signup: Signup | None, newest: Signup | None, now: datetime) -> str:
    """`signup`: the one whose code came last, with its `has_token`; `newest`: the try that was begun last."""
    if link.is_expired(now):
        return "“Open again” gives it time: the same address works for another week."
    code = code_of(link, signup, now)
    is_kept = signup is not None and vars(signup)["has_token"]
    if code == "CONFIGURATION" and not is_kept and link.completed_at is None:
        return NOT_KEPT
    if code in BY_CODE:
        return BY_CODE[code]
    if link.status == OnboardingLink.Status.COMPLETED:
        return "Nothing: the number is connected. What it can do stands on its own page."
    if link.status == OnboardingLink.Status.PROCESSING:
        return RUNS
    return before_the_sign_in(newest if link.opened_at else None, now)


def code_of(link: OnboardingLink, signup: Signup | None, now: datetime) -> str | None:
    """Of what is open, or is waited for, or went wrong."""
    action = published_action(link, now)
    if action and action["code"] in BY_CODE:
        return str(action["code"])
    is_under_way = link.status != OnboardingLink.Status.PENDING
    reason = waiting_reason(signup) if signup and is_under_way else None
    return reason or (link.last_error or {}).get("code")


def before_the_sign_in(newest: Signup | None, now: datetime) -> str:
    if newest is None:
        return "Nobody has opened it yet: send them the address of the hosted page, below."
    if newest.state == Signup.State.FAILED:
        return SAME_LINK
    if newest.barrier and not (newest.barrier == SDK_BLOCKED and newest.started_at):
        return f"{BARRIERS[Signup.Barrier(newest.barrier)]} {ELSEWHERE}"
    if newest.started_at is None:
        return f"They have the page, and did not press the button. {ELSEWHERE}"
    if now - newest.started_at < AT_FACEBOOK:
        return (
            "Facebook's window was opened, and nothing came back yet. Where they finished there and closed "
            "the page, it is found by itself within two minutes."
        )
    return f"Facebook's window was opened, and nothing came back. {SAME_LINK}"
