"""A connected number without a pipeline: a finished dialog of the sandbox, saved by the two services."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, connections

from meta_graph import oauth, phone_numbers, wabas
from meta_graph.client import Token, business_token
from meta_graph.sandbox.server import Sandbox, SandboxConfig
from organizations.models import Organization
from phones.models import PhoneNumber
from phones.services import connect_phone
from wabas.models import Waba
from wabas.services import connect_waba, note_subscription

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite lets one writer in at a time and proves nothing"
)


@dataclass
class Meta:
    """The fake Meta of a test, and what a finished dialog there leaves with us."""

    sandbox: Sandbox

    def sign_up(self, choice: str = "success", **options: Any) -> tuple[dict[str, Any], Token]:
        signup = self.sandbox.sign_up(choice, **options)
        return signup, business_token(oauth.exchange_code(code=signup["code"]).value)

    def connected_waba(self, organization: Organization, choice: str = "success", **options: Any) -> Waba:
        signup, token = self.sign_up(choice, **options)
        return self.saved_waba(organization, signup, token)

    def saved_waba(self, organization: Organization, signup: dict[str, Any], token: Token) -> Waba:
        return connect_waba(
            organization=organization,
            info=wabas.read_waba(waba_id=signup["wabaId"], token=token),
            token_value=token.value,
            token_expires_at=None,
            captured=signup["session"]["data"] if signup["session"] else {},
        )

    def connected_phone(self, organization: Organization, **options: Any) -> PhoneNumber:
        """Saved, subscribed, neither registered nor checked."""
        signup, token = self.sign_up(**options)
        waba = self.saved_waba(organization, signup, token)
        wabas.subscribe_app(waba_id=waba.meta_waba_id, token=token)
        note_subscription(waba=waba, is_subscribed=True)
        return connect_phone(
            waba=waba,
            info=phone_numbers.read_phone_number(phone_number_id=signup["phoneNumberId"], token=token),
            metadata='{"customerId":"c-1"}',
            external_id="customer-1",
            is_coexistence=False,
        )

    def registered_phone(self, organization: Organization, **options: Any) -> PhoneNumber:
        phone = self.connected_phone(organization, **options)
        phone_numbers.register(
            phone_number_id=phone.meta_phone_number_id, pin="482913", token=token_of(phone.waba)
        )
        return phone

    def change(self, identifier: str, **fields: Any) -> None:
        """Changes a node at Meta behind everybody's back."""
        with self.sandbox.state as state:
            state.objects[identifier].update(fields)


def token_of(waba: Waba) -> Token:
    return business_token(waba.access_token or "")


@pytest.fixture
def meta(settings: Any) -> Iterator[Meta]:
    config = SandboxConfig(
        app_id=settings.META_APP_ID,
        app_secret=settings.META_APP_SECRET,
        config_id=settings.META_CONFIG_ID,
        system_user_token=settings.META_SYSTEM_USER_TOKEN,
        business_id=settings.META_BUSINESS_ID,
        system_user_id=settings.META_SYSTEM_USER_ID,
        credit_line_id=settings.META_CREDIT_LINE_ID,
    )
    with Sandbox(config) as sandbox:
        settings.META_GRAPH_URL = sandbox.url
        yield Meta(sandbox)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Results or exceptions of calls that start together, each on a thread and connection of its own."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[number] = call()
        except Exception as failure:  # noqa: BLE001 -- the outcome is what the test looks at
            results[number] = failure
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
