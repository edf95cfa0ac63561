"""A WABA, a receiver that answers, an endpoint at it, and one go of the engine at a given time."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from tests.webhooks.receivers import Receiver, receiving
from wabas.models import Waba
from webhooks.delivery import Outcome, claim, send, settle
from webhooks.models import OutgoingWebhook
from webhooks.services import create_webhook


@pytest.fixture
def waba(organization) -> Waba:
    return Waba.objects.create(organization=organization, meta_waba_id="102290129340398")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def webhook(organization, receiver) -> OutgoingWebhook:
    return create_webhook(organization=organization, url=receiver.url, events=["*"])


@pytest.fixture
def go() -> Callable[[datetime], list[Outcome]]:
    """Claims what is due at a time, sends it, settles it."""

    def once(now: datetime) -> list[Outcome]:
        outcomes = [send(claimed, at=now) for claimed in claim(100, now=now)]
        settle(outcomes, now=now)
        return outcomes

    return once
