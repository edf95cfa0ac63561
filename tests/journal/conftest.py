"""Whole signups, as the onboarding's tests have them."""

from tests.onboarding.conftest import circle, make_link, meta

__all__ = ["circle", "make_link", "meta"]
