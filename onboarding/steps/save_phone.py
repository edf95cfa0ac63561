"""The phone's row, as Meta describes the number now. What the client gave comes with the completion."""

from django.utils import timezone

from meta_graph import phone_numbers
from meta_graph.client import business_token
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Settled
from phones.coexistence import forget_ended_syncs, note_onboarded
from phones.services import connect_phone


def run(signup: Signup, run: StepRun) -> Settled:
    info = phone_numbers.read_phone_number(
        phone_number_id=signup.meta_phone_number_id or "", token=business_token(signup.token_value)
    )
    forget_ended_syncs(waba=signup.saved_waba, meta_phone_number_id=info.id)
    phone = connect_phone(
        waba=signup.saved_waba,
        info=info,
        metadata=None,
        external_id=None,
        is_coexistence=signup.is_coexistence,
    )
    note_onboarded(phone=phone, at=signup.exchanged_at or timezone.now())
    Signup.objects.filter(pk=signup.pk).update(phone=phone)
    return Settled.DONE
