"""Settings of a made-up app; Graph at the HTTP seam by the `responses` library, or as a whole fake Meta."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import responses

from meta_graph.client import Token, business_token
from meta_graph.sandbox.server import Sandbox, SandboxConfig

BASE = "https://graph.example.com/v25.0"
CUSTOMER_TOKEN, SYSTEM_TOKEN, APP_SECRET = "EAAcustomer0token", "EAAsystem0token", "app-secret"
CODE, PIN = "customer-code", "482913"
BUSINESS, SYSTEM_USER, CREDIT_LINE = "400000000000004", "300000000000003", "500000000000005"
SECRETS = (CUSTOMER_TOKEN, SYSTEM_TOKEN, APP_SECRET, CODE, PIN)
FIXTURES = Path(__file__).parent.parent / "graph"


def recorded(name: str) -> Any:
    """An answer of Meta's as its documentation shows it."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


@pytest.fixture(autouse=True)
def meta_settings(settings):
    settings.META_GRAPH_URL = "https://graph.example.com"
    settings.META_GRAPH_VERSION = "v25.0"
    settings.META_APP_ID = "670000000000001"
    settings.META_APP_SECRET = APP_SECRET
    settings.META_SYSTEM_USER_TOKEN = SYSTEM_TOKEN
    settings.META_REQUEST_TIMEOUT = 5.0
    return settings


@pytest.fixture
def graph():
    with responses.RequestsMock() as answering:
        yield answering


@pytest.fixture
def token() -> Token:
    return business_token(CUSTOMER_TOKEN)


@pytest.fixture
def sandbox(settings):
    """A partner's Meta, over real HTTP."""
    config = SandboxConfig(
        app_id=settings.META_APP_ID,
        app_secret=settings.META_APP_SECRET,
        config_id="780000000000001",
        system_user_token=settings.META_SYSTEM_USER_TOKEN,
        business_id=BUSINESS,
        system_user_id=SYSTEM_USER,
        credit_line_id=CREDIT_LINE,
    )
    with Sandbox(config) as running:
        settings.META_GRAPH_URL = running.url
        yield running


@pytest.fixture
def signup(sandbox):
    return sandbox.sign_up()
