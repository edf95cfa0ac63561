"""Which WABA and which number a signup is about, of those that its token covers.

The browser's ids are unsigned: they choose among what Meta lists, and nothing beside it.
"""

from datetime import datetime, timedelta

from meta_graph.phone_numbers import PhoneNumberInfo
from onboarding.models import OnboardingLink, Signup
from onboarding.outcomes import NO_PHONE_NUMBER, Actor, NotYet, StepFailed
from phones.models import PhoneNumber
from phones.services import is_on_both
from phones.verification import VERIFIED
from wabas.models import Waba

COEXISTENCE_EVENT = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"
WITHOUT_NUMBER_EVENT = "FINISH_ONLY_WABA"
# How long the browser's ids, and what was just made at Meta, may come after the code.
PATIENCE, POLL = timedelta(seconds=6), timedelta(seconds=1)


def claimed_id(signup: Signup, name: str) -> str | None:
    """An id that the browser brought; what cannot be one of Meta's counts as none."""
    given = signup.session.get(name)
    return given if isinstance(given, str) and given.isascii() and given.isdigit() else None


def wait_a_moment(signup: Signup, now: datetime, message: str) -> None:
    """Raises NotYet while it is too early to conclude from what is not there."""
    if signup.exchanged_at and now - signup.exchanged_at < PATIENCE:
        raise NotYet("WAITING", message, Actor.PLATFORM, at=now + POLL)


def chosen_waba(signup: Signup, covered: tuple[str, ...] | None, now: datetime) -> str:
    """The browser's WABA if the token covers it; without one, the token's newest that is not known.

    `covered` is None where the token was not narrowed. Raises StepFailed, NotYet.
    """
    claimed = claimed_id(signup, "waba_id")
    if claimed:
        if covered is not None and claimed not in covered:
            raise mismatch("The account that the browser named is not the one signed in for.")
        return claimed
    if not covered:
        raise StepFailed("PERMISSION_MISSING", "No WhatsApp Business Account was shared.", Actor.END_USER)
    if len(covered) > 1:
        wait_a_moment(signup, now, "Waiting for the browser to say which account.")
    known = set(
        Waba.objects.connected().filter(meta_waba_id__in=covered).values_list("meta_waba_id", flat=True)
    )
    return next((waba_id for waba_id in covered if waba_id not in known), covered[0])


def chosen_phone(signup: Signup, listed: tuple[PhoneNumberInfo, ...], now: datetime) -> PhoneNumberInfo:
    """The number among those of the WABA. Raises StepFailed, NotYet."""
    found = [info for info in listed if info.id != signup.added_phone_number_id or is_verified(info)]
    is_without = signup.session_event == WITHOUT_NUMBER_EVENT
    if not found:
        if not is_without:
            wait_a_moment(signup, now, "Waiting for the number to appear in the account.")
        raise StepFailed(NO_PHONE_NUMBER, "The sign-up ended without a phone number.", Actor.END_USER)
    wanted = wanted_number(signup, found)
    claimed = claimed_id(signup, "phone_number_id")
    if wanted is None and claimed and not is_without:
        wait_a_moment(signup, now, "Waiting for the number to appear in the account.")
        raise mismatch("The number that the browser named is not one of the account signed in for.")
    chosen = wanted or fitting(signup, found)
    if signup.link.expected_phone_number not in {None, chosen.phone_number}:
        raise StepFailed(
            "WRONG_NUMBER", "Another number was connected than the one that was asked for.", Actor.END_USER
        )
    return chosen


def wanted_number(signup: Signup, found: list[PhoneNumberInfo]) -> PhoneNumberInfo | None:
    """The number that the page added, else the one that Meta's window named."""
    by_id = {info.id: info for info in found}
    return by_id.get(signup.added_phone_number_id or "") or by_id.get(
        claimed_id(signup, "phone_number_id") or ""
    )


def fitting(signup: Signup, found: list[PhoneNumberInfo]) -> PhoneNumberInfo:
    """Nobody named one: what the link was made for if it is there, else the most likely."""
    registered = signup.link.registered_number
    made_for = signup.link.expected_phone_number or (registered.phone_number if registered else None)
    return next(
        (info for info in found if made_for and info.phone_number == made_for), most_likely(signup, found)
    )


def most_likely(signup: Signup, found: list[PhoneNumberInfo]) -> PhoneNumberInfo:
    """On the Business app for coexistence, new to us, proven, not yet in use."""
    is_coexistence = signup.session_event == COEXISTENCE_EVENT or is_asked_for(signup)
    known = set(
        PhoneNumber.objects.filter(meta_phone_number_id__in=[info.id for info in found]).values_list(
            "meta_phone_number_id", flat=True
        )
    )
    return min(
        found,
        key=lambda info: (
            is_coexistence and not info.is_on_biz_app,
            info.id in known,
            not is_verified(info),
            info.status == "CONNECTED",
        ),
    )


def is_coexisting(signup: Signup, info: PhoneNumberInfo) -> bool:
    """Whether the number stays on the WhatsApp Business app, and so is never registered.

    A link that asks for coexistence may be finished with a new number: what Meta says of it decides.
    """
    if signup.session_event == COEXISTENCE_EVENT or is_on_both(info):
        return True
    return is_asked_for(signup) and info.is_on_biz_app is not False


def is_asked_for(signup: Signup) -> bool:
    return signup.link.mode == OnboardingLink.Mode.COEXISTENCE


def is_verified(info: PhoneNumberInfo) -> bool:
    return info.code_verification_status == VERIFIED


def mismatch(message: str) -> StepFailed:
    return StepFailed("WABA_MISMATCH", message, Actor.END_USER)
