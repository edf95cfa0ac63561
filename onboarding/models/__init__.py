"""The rows of the onboarding."""

from onboarding.models.link_counts import LinkCount
from onboarding.models.links import OnboardingLink
from onboarding.models.page_events import PageEvent
from onboarding.models.registered_numbers import RegisteredNumber
from onboarding.models.shared_wabas import SharedWaba, SharedWabaQuerySet
from onboarding.models.signups import Signup, StepOrderError, StepRun

__all__ = [
    "LinkCount",
    "OnboardingLink",
    "PageEvent",
    "RegisteredNumber",
    "SharedWaba",
    "SharedWabaQuerySet",
    "Signup",
    "StepOrderError",
    "StepRun",
]
