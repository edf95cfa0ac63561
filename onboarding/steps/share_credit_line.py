"""Our credit line pays for the WABA, where we have one. What came of it is on the WABA's row too."""

from django.conf import settings
from django.utils import timezone

from meta_graph.errors import Action, GraphError
from onboarding.models import Signup, StepRun
from onboarding.outcomes import Actor, NotYet, Settled, StepFailed
from onboarding.verdicts import retry_at
from wabas.credit import CreditNotVerifiedError, UnsupportedCurrencyError, share_credit
from wabas.credit_claims import CreditError, CreditInDoubtError

# Meta may need a moment to show what it has accepted.
LOOKS = 4


def run(signup: Signup, run: StepRun) -> Settled:
    if not settings.META_CREDIT_LINE_ID:
        return Settled.SKIPPED
    now = timezone.now()
    try:
        share_credit(waba=signup.saved_waba)
    except CreditInDoubtError as error:
        raise NotYet(
            "WAITING", str(error), Actor.PLATFORM, at=error.retry_at or retry_at(run, now)
        ) from error
    except UnsupportedCurrencyError as error:
        # Nothing of ours is wrong: another WABA or its owner's own payment method is theirs to arrange.
        raise StepFailed(error.reason, str(error), Actor.CUSTOMER) from error
    except CreditNotVerifiedError as error:
        if run.attempts < LOOKS:
            raise NotYet(error.reason, str(error), Actor.META, at=retry_at(run, now)) from error
        raise StepFailed(error.reason, str(error), Actor.PLATFORM) from error
    except CreditError as error:
        raise StepFailed(error.reason, str(error), Actor.PLATFORM) from error
    except GraphError as error:
        if error.action is Action.RETRY:
            raise
        message = "Meta refused to share our credit line with this WABA."
        raise StepFailed("CREDIT_REFUSED", message, Actor.PLATFORM, cause=error) from error
    return Settled.DONE
