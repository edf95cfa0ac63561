"""Our system user on the WABA: Meta shares a credit line only with a WABA that it manages.

https://developers.facebook.com/docs/whatsapp/embedded-signup/manage-accounts/share-and-revoke-credit-lines
"""

from django.conf import settings

from meta_graph import wabas
from meta_graph.client import system_token
from meta_graph.errors import GraphError
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Settled

MANAGE = "MANAGE"


def run(signup: Signup, run: StepRun) -> Settled:
    if not settings.META_CREDIT_LINE_ID:
        return Settled.SKIPPED
    waba_id, user_id, token = signup.saved_waba.meta_waba_id, settings.META_SYSTEM_USER_ID, system_token()
    wabas.assign_user(waba_id=waba_id, user_id=user_id, tasks=(MANAGE,), token=token)
    assigned = wabas.list_assigned_users(waba_id=waba_id, business_id=settings.META_BUSINESS_ID, token=token)
    if not any(user.id == user_id and MANAGE in user.tasks for user in assigned):
        raise GraphError(call="list_assigned_users", message="Our system user does not manage the WABA.")
    return Settled.DONE
