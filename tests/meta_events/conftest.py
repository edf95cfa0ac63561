"""A connected account, handlers of a test's own, and a process that dies."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from meta_events import dispatch
from meta_events.items import Item, Verdict
from phones.models import PhoneNumber
from wabas.models import Waba

WABA_ID = "102290129340398"


@pytest.fixture
def waba(organization) -> Waba:
    return Waba.objects.create(
        organization=organization, meta_waba_id=WABA_ID, access_token="EAA-token", connected_at=timezone.now()
    )


@pytest.fixture
def phone(waba) -> PhoneNumber:
    return PhoneNumber.objects.create(
        organization=waba.organization,
        waba=waba,
        meta_phone_number_id="106540352242922",
        phone_number="+15550783881",
        is_registered=True,
        status="CONNECTED",
    )


@pytest.fixture
def handling() -> Iterator[Callable[..., None]]:
    """Registers a function of the test as the handler of a field, as a line in dispatch would."""
    before = dict(dispatch.HANDLERS)

    def register(field: str, handle: Callable[[Item], Verdict]) -> None:
        dispatch.HANDLERS[field] = handle

    yield register
    dispatch.HANDLERS.clear()
    dispatch.HANDLERS.update(before)


@pytest.fixture
def seen(handling) -> list[Item]:
    """What the handler of the field `seen` was given."""
    items: list[Item] = []

    def note(item: Item) -> Verdict:
        items.append(item)
        return Verdict.DONE

    handling("seen", note)
    return items


def fails(item: Item) -> Verdict:
    raise KeyError(str(item.value.get("text", "no text")))


def values(items: list[Item]) -> list[Any]:
    return [item.value for item in items]
