"""A callback of the number's own, where the deployment wants that. Tried once, never required.

What fails here goes to the app's callback instead, as without an override.
"""

from django.conf import settings

from meta_graph import phone_numbers
from meta_graph.client import business_token
from meta_graph.errors import GraphError
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Actor, Settled, StepFailed


def run(signup: Signup, run: StepRun) -> Settled:
    if not settings.META_WEBHOOK_OVERRIDE:
        return Settled.SKIPPED
    phone = signup.saved_phone
    try:
        phone_numbers.override_callback(
            phone_number_id=phone.meta_phone_number_id,
            callback_uri=f"{settings.PUBLIC_BASE_URL}/webhook/phone/{phone.pk}",
            verify_token=settings.META_WEBHOOK_VERIFY_TOKEN,
            token=business_token(signup.token_value),
        )
    except GraphError as error:
        message = "Meta did not take the number's own callback; its messages come to the app's."
        raise StepFailed("OVERRIDE_FAILED", message, Actor.PLATFORM, cause=error) from error
    return Settled.DONE
