"""A connected phone of the tested organization, and links to its inbox."""

from collections.abc import Callable
from typing import Any

import pytest

from organizations.models import Organization
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.phones.world import healthy_phone

ALL = ("readInbox", "readDetails", "markRead", "sendText", "sendMedia", "sendTemplates", "sendAdvanced")


@pytest.fixture
def phone(organization: Organization) -> PhoneNumber:
    return healthy_phone(organization)


@pytest.fixture
def shared(api: Api, phone: PhoneNumber) -> Callable[..., dict[str, Any]]:
    """Makes a link by the API with the given permissions, all where none is named; the 201's `data`."""

    def made(*permissions: str, **fields: Any) -> dict[str, Any]:
        body = {
            "phoneNumberId": str(phone.pk),
            "name": "Support access",
            "permissions": dict.fromkeys(permissions or ALL, True),
        }
        answer = api.post("shared-inbox-links", body | fields)
        assert answer.status_code == 201, answer.content
        data: dict[str, Any] = answer.json()["data"]
        return data

    return made
