"""An organization with a WABA and a stranger, for the tests of outgoing webhooks."""

import pytest

from organizations.models import Organization
from organizations.services import create_organization
from wabas.models import Waba


@pytest.fixture
def organization(db) -> Organization:
    return create_organization(name="Bakery Tools")


@pytest.fixture
def stranger(db) -> Organization:
    return create_organization(name="Somebody else")


@pytest.fixture
def waba(organization) -> Waba:
    return Waba.objects.create(organization=organization, meta_waba_id="102290129340398")
