"""What looking for work costs: the same for one endpoint as for many, and behind any backlog."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.webhooks.acts import endpoint, happen
from webhooks.delivery import claim, is_anything_due, statements
from webhooks.delivery.lanes import CAP
from webhooks.models import OutgoingWebhook

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="plans are PostgreSQL's")


def test_a_claim_takes_as_many_queries_for_one_as_for_many(organization):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite looks at each lane by itself")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert claim(100, now=timezone.now())
        return len(captured)

    endpoint(organization, "first")
    happen(organization)
    one = queries()
    for number in range(20):
        endpoint(organization, str(number))
    happen(organization, 4)

    assert queries() == one


def test_nothing_due_costs_one_query(organization):
    endpoint(organization)
    happen(organization)
    claim(100, now=timezone.now())

    with CaptureQueriesContext(connection) as captured:
        assert not is_anything_due(timezone.now())
    assert len(captured) == 1


def backlog(webhook: OutgoingWebhook, count: int, state: str) -> None:
    """Deliveries of the past, made by the database itself. `tried`: they wait for their second attempt."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO webhooks_event (id, organization_id, name, body, created_at)"
            " SELECT 'evt_' || lpad(n::text, 26, '0'), %s, 'message.sent', '{}', now()"
            " FROM generate_series(1, %s) n",
            [str(webhook.organization_id), count],
        )
        cursor.execute(
            "INSERT INTO webhooks_delivery"
            " (id, event_id, webhook_id, trigger, state, attempt_count, next_attempt_at, created_at)"
            " SELECT gen_random_uuid(), id, %s, 'event', %s, %s, now(), now()"
            " FROM webhooks_event WHERE name = 'message.sent'",
            [str(webhook.pk), "pending" if state == "tried" else state, int(state == "tried")],
        )


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def pages_read(statement: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement, parameters)
        plan = cursor.fetchone()[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["pending", "tried", "succeeded"])
@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("are_statistics_behind", [True, False])
def test_looking_for_work_costs_the_same_behind_any_backlog(
    organization, state, is_active, are_statistics_behind
):
    dead = endpoint(organization, "dead")
    OutgoingWebhook.objects.update(is_active=is_active, events=["webhook.test"])
    run("ANALYZE webhooks_delivery")
    backlog(dead, 20_000, state)
    for number in range(50):
        endpoint(organization, str(number))
    if not are_statistics_behind:
        run("ANALYZE webhooks_delivery")
    happen(organization, 2)
    now = timezone.now()
    asked = {"now": now, "held_before": now - timedelta(hours=72), "cap": CAP, "limit": 64, "besides": []}
    asked |= {"ramp_1": now, "ramp_2": now, "organization_cap": 16, "slow_cap": 8}
    every = list(OutgoingWebhook.objects.values_list("pk", flat=True))
    lanes_of = {"webhooks": every, "agains": [0] * len(every), "rooms": [CAP] * len(every)}

    for statement in (
        f"{statements.FAST_LANES} {statements.LOCKED}",
        f"{statements.SLOW_LANES} {statements.LOCKED}",
        statements.LOAD_NOW,
        statements.ANYTHING_DUE,
        statements.HELD_TOO_LONG,
        statements.OLDEST_DUE,
    ):
        assert pages_read(statement, asked) < 51 * 40
    assert pages_read(statements.DUE_ROWS, asked | lanes_of) < 51 * 40
