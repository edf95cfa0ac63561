"""Contacts and chats of a number that stays on the WhatsApp Business app, asked for once, within the day."""

from django.utils import timezone

from meta_graph.client import business_token
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Actor, Settled, StepFailed
from phones.coexistence import SyncWindowOverError, request_syncs

TOO_LATE = (
    "The day in which contacts and chats can be brought over has passed. The number's owner disconnects"
    " it in the WhatsApp Business app and signs up again, with a new link."
)


def run(signup: Signup, run: StepRun) -> Settled:
    phone = signup.saved_phone
    if not phone.is_coexistence:
        return Settled.SKIPPED
    try:
        request_syncs(phone=phone, token=business_token(signup.token_value), now=timezone.now())
    except SyncWindowOverError as error:
        raise StepFailed("RECONNECT", TOO_LATE, Actor.END_USER) from error
    return Settled.DONE
