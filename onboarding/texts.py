"""What the signup page says about errors, steps and what comes next: plain words, in the page's language."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class ErrorText:
    """What happened and what to do now. `can_retry`: another try in the same page can cure it."""

    title: str
    body: str
    can_retry: bool = True


def error_text(code: str) -> ErrorText:
    """The words for a `lastError.code`; a code without words of its own gets calm general ones."""
    return error_texts().get(code) or ErrorText(
        _("That did not work"),
        _(
            "Something unexpected happened, and your number is not connected yet. Please try again. "
            "If it happens once more, send the details below to the company that gave you this link."
        ),
    )


def error_texts() -> dict[str, ErrorText]:
    return sign_in_texts() | choice_texts() | texts_without_cure()


def sign_in_texts() -> dict[str, ErrorText]:
    """Errors of the sign-in at Facebook, cured by signing in again."""
    return {
        "CODE_EXPIRED": ErrorText(
            _("Please sign in once more"),
            _(
                "Facebook's confirmation is valid for half a minute only, and it reached us too late. "
                "Nothing is lost: Facebook remembers your choices, so the second time is quick."
            ),
        ),
        "CODE_USED": ErrorText(
            _("Please sign in once more"),
            _(
                "Facebook's confirmation can be used only once, and this one was used before. "
                "Nothing is lost: Facebook remembers your choices, so the second time is quick."
            ),
        ),
        "CANCELLED": ErrorText(
            _("Not connected yet"),
            _(
                "The Facebook window was closed before the last step, so nothing was connected. "
                "You can start again whenever you like."
            ),
        ),
        "META_REPORTED_ERROR": ErrorText(
            _("Facebook could not finish"),
            _(
                "Facebook reported a problem in its window, and your number is not connected yet. "
                "It often helps to try again in a few minutes, or with another phone number."
            ),
        ),
        "META_UNAVAILABLE": ErrorText(
            _("Facebook does not answer right now"),
            _(
                "This is not because of anything you did. It usually passes within a few minutes: "
                "please try again then. This link stays valid."
            ),
        ),
    }


def choice_texts() -> dict[str, ErrorText]:
    """Errors in what was chosen at Facebook, cured by choosing again."""
    return {
        "PERMISSION_MISSING": ErrorText(
            _("A permission is missing"),
            _(
                "Facebook did not share everything that is needed to connect your number. Please try again, "
                "leave all boxes ticked, and sign in as somebody who manages the business."
            ),
        ),
        "WRONG_NUMBER": ErrorText(
            _("This link is for another number"),
            _(
                "The phone number you chose is not the one that this link was made for, so nothing was "
                "connected. Please try again and choose the number you were asked to connect."
            ),
        ),
        "NO_PHONE_NUMBER": ErrorText(
            _("A phone number is still missing"),
            _(
                "Your WhatsApp account is ready, but it has no confirmed phone number yet. "
                "Please sign in again, choose the same account and add a number to it."
            ),
        ),
        "WABA_MISMATCH": ErrorText(
            _("Please choose your account once more"),
            _(
                "The WhatsApp account that was chosen and the one that Facebook shared are not the same, "
                "so nothing was connected. Please try again and choose one account."
            ),
        ),
    }


def texts_without_cure() -> dict[str, ErrorText]:
    """Errors that somebody else has to cure."""
    return {
        "ALREADY_CONNECTED": ErrorText(
            _("This WhatsApp account is in use elsewhere"),
            _(
                "It is already connected for another company. Please write to the company that gave you "
                "this link: it can have the account released. Nothing was changed."
            ),
            can_retry=False,
        ),
        "CONFIGURATION": ErrorText(
            _("This is still being set up"),
            _(
                "Something has to be put right on our side first. It is not because of anything you did, and "
                "there is nothing you need to change. The company that gave you this link can see the cause, "
                "and will tell you when it is done."
            ),
            can_retry=False,
        ),
        "LINK_EXPIRED": ErrorText(
            _("This link has expired"),
            _("Please ask the company that gave you this link for a new one. It takes them a moment."),
            can_retry=False,
        ),
    }


def step_titles() -> dict[str, str]:
    """What each step of the pipeline does, as the page lists it."""
    return {
        "identify_assets": _("Finding the account you chose"),
        "save_waba": _("Saving your WhatsApp account"),
        "save_phone": _("Saving your phone number"),
        "subscribe_app": _("Turning on messages"),
        "assign_system_user": _("Setting up access"),
        "share_credit_line": _("Setting up billing"),
        "override_callback": _("Turning on messages for this number"),
        "register_phone": _("Registering your number with WhatsApp"),
        "sync_coexistence": _("Bringing over contacts and chats"),
        "create_templates": _("Preparing message templates"),
        "complete_link": _("Finishing"),
    }


def preview_names() -> dict[str, str]:
    """The states of the page, as the banner of its preview names them."""
    return {
        "start": _("Start"),
        "progress": _("In progress"),
        "success": _("Connected"),
        "failed": _("Did not work"),
        "already": _("Opened again"),
        "expired": _("Expired"),
    }


def next_action_text(code: str, actor: str) -> str:
    """What a `nextAction` asks for, or what is waited for. `code` may be a step's own reason to wait."""
    return (
        asking_texts().get(code)
        or waiting_texts().get(code)
        or (
            _(
                "This number cannot send messages yet. "
                "The company that gave you the link can see why, and will tell you if you are needed."
            )
            if actor == "end_user"
            else _(
                "The company that gave you the link takes care of it. There is nothing that you need to do."
            )
        )
    )


def asking_texts() -> dict[str, str]:
    """What the end-user has to give or do."""
    return {
        "ENTER_PIN": _(
            "WhatsApp asks for the PIN of this phone number. "
            "The number can send messages as soon as the PIN is there: open this link again to enter it."
        ),
        "VERIFY_NUMBER": _(
            "WhatsApp wants this phone number confirmed with a code. "
            "The number can send messages after that: open this link again to have a code sent."
        ),
        "ADD_NUMBER": _("Your WhatsApp account needs a confirmed phone number."),
        "RECONNECT": _(
            "Your number is connected, but the day in which its contacts and chats could be brought over "
            "has passed. If you need them here, connect the number anew:"
        ),
        "META_REPORTED_ERROR": _(
            "Facebook holds something against this account, for example a missing payment method. "
            "Open WhatsApp Manager to see what it asks for."
        ),
    }


def waiting_texts() -> dict[str, str]:
    """What is being waited for."""
    return {
        "WAIT": _("WhatsApp is still working on this number. There is nothing you need to do."),
        "META_UNAVAILABLE": _(
            "Facebook does not answer right now. That is not because of anything you did, and it is tried "
            "again by itself."
        ),
        "TOO_MANY_ATTEMPTS": _(
            "WhatsApp has had too many tries with this number in three days, and wants a pause. "
            "It goes on by itself afterwards."
        ),
        "PIN_LOCKED": _(
            "A wrong PIN was entered too often. WhatsApp wants a pause before the next try. "
            "Please find out the right PIN meanwhile."
        ),
        "JUST_RELEASED": _(
            "This number was taken off WhatsApp a moment ago. WhatsApp takes it again in a few minutes, "
            "and that goes by itself."
        ),
    }
