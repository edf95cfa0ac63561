"""A connected phone whose inbox is empty."""

import pytest

from organizations.models import Organization
from phones.models import PhoneNumber
from tests.phones.world import healthy_phone


@pytest.fixture
def phone(organization: Organization) -> PhoneNumber:
    phone = healthy_phone(organization)
    phone.external_id = "customer-123"
    phone.save()
    return phone
