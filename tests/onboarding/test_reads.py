"""What reading links asks of the database: as little for many links as for one, and no secret."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Api
from tests.onboarding.conftest import Circle

WEBHOOK: dict[str, Any] = {
    "webhookUrl": "http://localhost:8100/hook",
    "webhookEvents": ["phone_number.connected"],
}
SECRETS = ("webhook_secret", "pin", "secret", "previous_secret", "access_token")


@pytest.fixture
def completed(circle: Circle) -> Callable[[], str]:
    """Completes another link that has all that a link can have; its id."""
    return lambda: str(circle.completed(**WEBHOOK)[1]["id"])


def asked(api: Api, path: str) -> list[str]:
    """The SQL of one read by a key that was used a moment ago."""
    api.get("onboarding-links")
    with CaptureQueriesContext(connection) as captured:
        assert api.get(path).status_code == 200
    return [query["sql"] for query in captured]


def test_a_list_asks_the_same_for_many_links_as_for_one(api, make_link, completed):
    completed()
    for_one = asked(api, "onboarding-links")

    completed()
    make_link(**WEBHOOK)

    assert len(asked(api, "onboarding-links")) == len(for_one)


def test_a_link_is_read_with_three_queries(api, completed):
    link_id = completed()

    queries = asked(api, f"onboarding-links/{link_id}")

    assert len(queries) == 3, queries  # the key, the link, its steps


@pytest.mark.parametrize("path", ["onboarding-links", "onboarding-links/{}"])
def test_a_read_fetches_no_secret(api, completed, path):
    link_id = completed()

    queries = asked(api, path.format(link_id))

    assert queries
    assert not [name for name in SECRETS for sql in queries if f'"{name}"' in sql]
