"""A customer with a number at the fake Meta, for the examples that need one."""

from tests.onboarding.conftest import circle, make_link
from tests.wabas.world import meta

__all__ = ["circle", "make_link", "meta"]
