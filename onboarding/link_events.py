"""The events `onboarding_link.*`: stored in the transaction of the change that they tell of.

Before its completion a link has no WABA, so that webhooks of the whole organization alone are told.
Who changed something rings when it has committed.
"""

from datetime import datetime
from typing import Any

from onboarding.link_json import error_json
from onboarding.models import OnboardingLink
from onboarding.next_action import published_action
from onboarding.outcomes import Actor
from webhooks.events import publish

PEOPLE = frozenset({Actor.END_USER, Actor.CUSTOMER})


def tell(link: OnboardingLink, what: str, now: datetime, *, step: str | None = None) -> None:
    """Stores `onboarding_link.<what>`, with the link as it is now."""
    publish(
        organization=link.organization,
        waba=link.waba,
        name=f"onboarding_link.{what}",
        data=link_data(link, now, step),
    )


def link_data(link: OnboardingLink, now: datetime, step: str | None) -> dict[str, Any]:
    """Every value as the API has it. `step`: Meta's screen, or the step of ours that failed."""
    return {
        "onboardingLinkId": str(link.pk),
        "externalId": link.external_id,
        "status": link.published_status(now),
        "step": step,
        "lastError": error_json(link.last_error),
        "nextAction": published_action(link, now),
    }


def tell_failed(link: OnboardingLink, now: datetime) -> None:
    tell(link, "failed", now, step=(link.last_error or {}).get("step"))


def tell_whose_turn(link: OnboardingLink, before: dict[str, Any] | None, now: datetime) -> None:
    """`.needs_action`, where it was not a person's turn, or another person's, and is now."""
    action = published_action(link, now)
    if not action or action["code"] == "WAIT" or action["actor"] not in PEOPLE:
        return
    if before is None or before["actor"] != action["actor"]:
        tell(link, "needs_action", now)
