"""The fake Meta for the tests of WABAs."""

from tests.wabas.world import meta

__all__ = ["meta"]
