"""200,000 messages in one conversation: a page costs its rows, not the conversation."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.inbox.crowds import analyze, crowded_conversation

COUNT = 200_000
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="plans are PostgreSQL's"),
]


def plans(api: Any, path: str) -> Iterator[Any]:
    """What PostgreSQL did for each query of a read, as it says itself."""
    with CaptureQueriesContext(connection) as captured:
        answer = api.get(path)
    assert answer.status_code == 200, answer.content
    for query in captured:
        if query["sql"].startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
                found = cursor.fetchone()[0]
            yield (json.loads(found) if isinstance(found, str) else found)[0]


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


@pytest.mark.parametrize("are_statistics_behind", [True, False])
def test_the_newest_page_sorts_and_counts_nothing(api, phone, are_statistics_behind):
    analyze()
    conversation = crowded_conversation(phone, COUNT)
    crowded_conversation(phone, 1000, "Bo")
    if not are_statistics_behind:
        analyze()
    path = f"phones/{phone.pk}/conversations/{conversation.pk}/messages?limit=50"
    assert api.get(path).json()["meta"]["pagination"]["total"] == COUNT

    found = list(plans(api, path))

    # The key's own query is not of this page.
    steps = [node for plan in found[1:] for node in nodes(plan["Plan"])]
    kinds = {node["Node Type"] for node in steps}
    assert not kinds & {"Sort", "Incremental Sort", "Aggregate", "WindowAgg", "Gather"}, kinds
    of_messages = [node for node in steps if node.get("Relation Name") == "inbox_message"]
    assert of_messages
    assert all(node["Actual Rows"] * node["Actual Loops"] <= 50 for node in of_messages)
    assert not any(node["Node Type"] == "Seq Scan" for node in of_messages)


def test_the_oldest_page_is_read_from_its_own_end(api, phone):
    conversation = crowded_conversation(phone, COUNT)
    analyze()
    last = COUNT // 50
    path = f"phones/{phone.pk}/conversations/{conversation.pk}/messages?limit=50&page={last}"
    page = api.get(path).json()
    times = [row["timestamp"] for row in page["data"]]
    assert (len(times), page["meta"]["pagination"]["hasMore"]) == (50, False)
    assert times == sorted(times, reverse=True)

    steps = [node for plan in plans(api, path) for node in nodes(plan["Plan"])]

    of_messages = [node for node in steps if node.get("Relation Name") == "inbox_message"]
    assert of_messages
    assert all(node["Actual Rows"] * node["Actual Loops"] <= 50 for node in of_messages)
