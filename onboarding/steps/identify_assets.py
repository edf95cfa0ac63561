"""Which WABA and which phone the token is for. Nothing is stored under a tenant before this step is done."""

from django.conf import settings
from django.utils import timezone

from meta_graph import oauth, wabas
from meta_graph.client import Token, business_token
from meta_graph.errors import GraphError
from meta_graph.oauth import TokenInfo
from meta_graph.phone_numbers import PhoneNumberInfo
from meta_graph.together import both
from onboarding.choosing import chosen_phone, chosen_waba, claimed_id, is_coexisting
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Actor, Settled, StepFailed
from onboarding.registered_numbers.claims import is_anothers_proof
from onboarding.steps.save_waba import taken
from wabas.models import Waba

MANAGEMENT, MESSAGING = "whatsapp_business_management", "whatsapp_business_messaging"


def run(signup: Signup, run: StepRun) -> Settled:
    token = business_token(signup.token_value)
    claimed = claimed_id(signup, "waba_id")
    # Asked at the same time as the token is checked, to be believed only if it covers that WABA.
    info, told = both(
        lambda: oauth.debug_token(token_value=token.value),
        lambda: listed(claimed, token) if claimed else None,
    )
    check_token(info)
    waba_id = chosen_waba(signup, info.granular.get(MANAGEMENT), timezone.now())
    # Written before anything is refused: support releases the account that the signup has proven to be its.
    Signup.objects.filter(pk=signup.pk).update(
        meta_waba_id=waba_id, token_expires_at=info.expires_at or signup.token_expires_at
    )
    check_free(waba_id, signup)
    numbers = listed(waba_id, token) if told is None else told
    if isinstance(numbers, GraphError):
        raise numbers
    phone = chosen_phone(signup, numbers, timezone.now())
    check_proof(phone, signup)
    Signup.objects.filter(pk=signup.pk).update(
        meta_phone_number_id=phone.id, is_coexistence=is_coexisting(signup, phone)
    )
    return Settled.DONE


def listed(waba_id: str, token: Token) -> tuple[PhoneNumberInfo, ...] | GraphError:
    """The WABA's numbers, or why not: what the token says comes first."""
    try:
        return wabas.list_phone_numbers(waba_id=waba_id, token=token)
    except GraphError as error:
        return error


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


def check_free(waba_id: str, signup: Signup) -> None:
    """No other organization has it: nobody is asked for a number of an account that is not to be had."""
    others = Waba.objects.connected().filter(meta_waba_id=waba_id)
    if others.exclude(organization=signup.link.organization_id).exists():
        raise taken()


def check_proof(phone: PhoneNumberInfo, signup: Signup) -> None:
    """Meta took it without a code: that one was entered by this organization, not by another."""
    if not (phone.is_preverified_number and phone.phone_number):
        return
    if is_anothers_proof(phone.phone_number, signup.link.organization, timezone.now()):
        raise StepFailed(
            "ALREADY_CONNECTED", "This phone number was verified by another company.", Actor.CUSTOMER
        )
