"""The fake Meta for the tests of phones."""

from tests.wabas.world import meta

__all__ = ["meta"]
