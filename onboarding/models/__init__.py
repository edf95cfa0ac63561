"""The rows of the onboarding."""

from onboarding.models.links import OnboardingLink
from onboarding.models.shared_wabas import SharedWaba, SharedWabaQuerySet
from onboarding.models.signups import Signup, StepOrderError, StepRun

__all__ = ["OnboardingLink", "SharedWaba", "SharedWabaQuerySet", "Signup", "StepOrderError", "StepRun"]
