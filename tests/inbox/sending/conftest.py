"""A number that may send, and a Graph that takes what it sends."""

from collections.abc import Iterator
from typing import Any

import pytest

from phones.models import PhoneNumber
from tests.conftest import Api
from tests.graph_server import GraphServer, graph_server
from tests.inbox.sending.world import sending_phone


@pytest.fixture
def graph(settings: Any) -> Iterator[GraphServer]:
    with graph_server() as running:
        settings.META_GRAPH_URL = running.url
        yield running


@pytest.fixture
def phone(api: Api) -> PhoneNumber:
    return sending_phone(api.organization)
