"""The shop of orders.py, open for a test."""

from typing import Any

import pytest

from tests.organizations import orders
from tests.organizations.orders import Plan
from tests.wabas.world import meta

__all__ = ["meta"]


@pytest.fixture
def plan(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Plan:
    settings.ROOT_URLCONF = "tests.organizations.orders"
    made = Plan()
    monkeypatch.setattr(orders, "plan", made)
    return made
