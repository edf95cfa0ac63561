"""The rows of the onboarding."""

from onboarding.models.links import OnboardingLink
from onboarding.models.registered_numbers import RegisteredNumber
from onboarding.models.shared_wabas import SharedWaba, SharedWabaQuerySet
from onboarding.models.signups import Signup, StepOrderError, StepRun

__all__ = [
    "OnboardingLink",
    "RegisteredNumber",
    "SharedWaba",
    "SharedWabaQuerySet",
    "Signup",
    "StepOrderError",
    "StepRun",
]
