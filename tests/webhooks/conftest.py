"""A WABA of the small world's organization."""

import pytest

from wabas.models import Waba


@pytest.fixture
def waba(organization) -> Waba:
    return Waba.objects.create(organization=organization, meta_waba_id="102290129340398")
