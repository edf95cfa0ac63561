"""The starter templates that the link asks for, handed in at Meta. Meta's decisions come by webhook."""

from django.utils import timezone

from meta_graph.client import business_token
from meta_graph.errors import Action, Cause, GraphError
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Actor, Settled, StepFailed
from onboarding.starter_templates.handing_in import hand_in
from onboarding.verdicts import verdict
from wabas.message_templates.services import note_refused_token

# Cured by other means than another sign-in.
CURES = {
    Cause.TEMPLATE_LIMIT: (
        Actor.CUSTOMER,
        "The account has as many templates as Meta allows: delete some, then retry the link.",
    ),
    Cause.TEMPLATE_EXISTS: (
        Actor.META,
        "Meta keeps the name of a deleted template for a while; then it can be handed in.",
    ),
}


def run(signup: Signup, run: StepRun) -> Settled:
    link, waba = signup.link, signup.saved_waba
    if not link.starter_templates:
        return Settled.SKIPPED
    token = business_token(signup.token_value)
    failures = hand_in(link=link, waba=waba, token=token)
    if not failures:
        return Settled.DONE
    for error in failures:
        note_refused_token(waba, token, error)
    worst = to_act_on(failures)
    if worst.cause in CURES:
        actor, message = CURES[worst.cause]
        raise StepFailed("META_REPORTED_ERROR", message, actor, cause=worst) from worst
    raise verdict(run, worst, timezone.now()) from worst


def to_act_on(failures: list[GraphError]) -> GraphError:
    """What passes by itself is waited for first; else the first is what somebody has to cure."""
    return next((error for error in failures if error.action is Action.RETRY), failures[0])
