"""Our app gets the WABA's webhooks; believed when Meta lists it, not when Meta says yes."""

from django.conf import settings

from meta_graph import wabas
from meta_graph.client import business_token
from meta_graph.errors import GraphError
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Settled
from wabas.services import note_subscription


def run(signup: Signup, run: StepRun) -> Settled:
    waba, token = signup.saved_waba, business_token(signup.token_value)
    wabas.subscribe_app(waba_id=waba.meta_waba_id, token=token)
    listed = wabas.list_subscribed_apps(waba_id=waba.meta_waba_id, token=token)
    if settings.META_APP_ID not in {app.id for app in listed}:
        raise GraphError(call="list_subscribed_apps", message="Our app is not among the subscribed apps.")
    note_subscription(waba=waba, is_subscribed=True)
    return Settled.DONE
