"""The WABA's row, with its token: from here on it belongs to the organization."""

from meta_graph import wabas
from meta_graph.client import business_token
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Actor, Settled, StepFailed
from wabas.services import WabaTakenError, connect_waba

CAPTURED = ("page_ids", "dataset_ids", "catalog_ids", "instagram_account_ids", "ad_account_ids")


def run(signup: Signup, run: StepRun) -> Settled:
    token_value = signup.token_value
    info = wabas.read_waba(waba_id=signup.meta_waba_id or "", token=business_token(token_value))
    try:
        waba = connect_waba(
            organization=signup.link.organization,
            info=info,
            token_value=token_value,
            token_expires_at=signup.token_expires_at,
            captured={name: captured_ids(signup, name) for name in CAPTURED},
        )
    except WabaTakenError:
        raise taken() from None
    Signup.objects.filter(pk=signup.pk).update(waba=waba)
    return Settled.DONE


def taken() -> StepFailed:
    return StepFailed(
        "ALREADY_CONNECTED",
        "This WhatsApp Business Account is already connected through another company.",
        Actor.CUSTOMER,
    )


def captured_ids(signup: Signup, name: str) -> list[str]:
    """A list of Meta's ids that the browser brought; whatever else it is counts as none."""
    given = signup.session.get(name)
    return [str(one) for one in given if str(one).isdigit()] if isinstance(given, list) else []
