"""Which WABA and which phone the token is for. Nothing is stored under a tenant before this step is done."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from meta_graph import oauth, phone_numbers, wabas
from meta_graph.client import Token, business_token
from meta_graph.oauth import TokenInfo
from meta_graph.phone_numbers import PhoneNumberInfo
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Actor, NotYet, Settled, StepFailed
from phones.models import PhoneNumber
from wabas.models import Waba

MANAGEMENT, MESSAGING = "whatsapp_business_management", "whatsapp_business_messaging"
COEXISTENCE_EVENT = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"
# How long the browser's ids may come after the code, where the token alone leaves a choice.
SESSION_PATIENCE, SESSION_POLL = timedelta(seconds=6), timedelta(seconds=1)


def run(signup: Signup, run: StepRun) -> Settled:
    token = business_token(signup.token_value)
    info = oauth.debug_token(token_value=token.value)
    check_token(info)
    waba_id = chosen_waba(signup, info, timezone.now())
    is_coexistence = signup.session_event == COEXISTENCE_EVENT or signup.link.mode == "coexistence"
    phone_id = chosen_phone(signup, waba_id, token, is_coexistence=is_coexistence)
    Signup.objects.filter(pk=signup.pk).update(
        meta_waba_id=waba_id,
        meta_phone_number_id=phone_id,
        is_coexistence=is_coexistence,
        token_expires_at=info.expires_at or signup.token_expires_at,
    )
    return Settled.DONE


def check_token(info: TokenInfo) -> None:
    """Ours, valid, and good for WhatsApp; anything else ends the signup."""
    if not info.is_valid or info.app_id != settings.META_APP_ID:
        raise StepFailed("PERMISSION_MISSING", "Meta says that this sign-in is not valid.", Actor.END_USER)
    missing = {MANAGEMENT, MESSAGING} - info.scopes
    if missing:
        raise StepFailed(
            "PERMISSION_MISSING",
            f"These permissions were not given: {', '.join(sorted(missing))}.",
            Actor.END_USER,
        )


def chosen_waba(signup: Signup, info: TokenInfo, now: datetime) -> str:
    """The browser's WABA if the token covers it; without one, the token's newest that is not known."""
    covered = info.granular.get(MANAGEMENT)
    claimed = claimed_id(signup, "waba_id")
    if claimed:
        if covered is not None and claimed not in covered:
            raise StepFailed(
                "WABA_MISMATCH",
                "The account that the browser named is not the one signed in for.",
                Actor.END_USER,
            )
        return claimed
    if not covered:
        raise StepFailed("PERMISSION_MISSING", "No WhatsApp Business Account was shared.", Actor.END_USER)
    if len(covered) > 1 and signup.exchanged_at and now - signup.exchanged_at < SESSION_PATIENCE:
        raise NotYet(
            "WAITING", "Waiting for the browser to say which account.", Actor.PLATFORM, at=now + SESSION_POLL
        )
    known = set(
        Waba.objects.connected().filter(meta_waba_id__in=covered).values_list("meta_waba_id", flat=True)
    )
    return next((waba_id for waba_id in covered if waba_id not in known), covered[0])


def claimed_id(signup: Signup, name: str) -> str | None:
    """An id that the browser brought; what cannot be one of Meta's counts as none."""
    given = signup.session.get(name)
    return given if isinstance(given, str) and given.isascii() and given.isdigit() else None


def chosen_phone(signup: Signup, waba_id: str, token: Token, *, is_coexistence: bool) -> str:
    """The browser's phone, or the one of the WABA that fits; checked against the number that was expected."""
    expected = signup.link.expected_phone_number
    claimed = claimed_id(signup, "phone_number_id")
    if claimed:
        if expected:
            found = phone_numbers.read_phone_number(phone_number_id=claimed, token=token)
            check_expected(found.phone_number, expected)
        return claimed
    candidates = wabas.list_phone_numbers(waba_id=waba_id, token=token)
    if not candidates:
        raise StepFailed("NO_PHONE_NUMBER", "The sign-up ended without a phone number.", Actor.END_USER)
    if expected:
        fitting = [found for found in candidates if found.phone_number == expected]
        if not fitting:
            check_expected(candidates[0].phone_number, expected)
        return fitting[0].id
    return most_likely(candidates, is_coexistence=is_coexistence).id


def check_expected(number: str | None, expected: str) -> None:
    if number != expected:
        raise StepFailed(
            "WRONG_NUMBER", "Another number was connected than the one that was asked for.", Actor.END_USER
        )


def most_likely(candidates: tuple[PhoneNumberInfo, ...], *, is_coexistence: bool) -> PhoneNumberInfo:
    """The number of this signup among several: on the Business app for coexistence, and new to us."""
    known = set(
        PhoneNumber.objects.filter(meta_phone_number_id__in=[found.id for found in candidates]).values_list(
            "meta_phone_number_id", flat=True
        )
    )
    return min(
        candidates,
        key=lambda found: (
            is_coexistence and not found.is_on_biz_app,
            found.id in known,
            found.status == "CONNECTED",
        ),
    )
