"""Events with their bodies, thirty days of deliveries, of which one endpoint has four in ten, attempts."""

from bench.rig.customers.accounts import owner, waba_of
from bench.rig.customers.filling import ago, chosen, fill, series, uid
from bench.rig.customers.sizes import Size
from webhooks.models import Attempt, Delivery, Event

DAYS = 30
NAMES = ("message.received", "message.status", "message.status", "message.echo", "phone_number.ready")


def fill_all(size: Size) -> None:
    fill_events(size)
    fill_deliveries(size)
    fill_attempts()


def event_id(place: str, size: Size) -> str:
    return f"pg_temp.event_id({ago(place, size.events, DAYS)}, {place})"


def fill_events(size: Size) -> None:
    waba = waba_of("n", size)
    body = (
        '\'{"event":"message.received","timestamp":"2026-11-01T10:30:00.000Z","data":{"phoneNumberId":"\''
        ' || n || \'","message":{"id":"wamid.\' || md5(n::text) || \'","type":"text","text":"\''
        " || repeat('What people write. ', 12) || '\"}}}'"
    )
    fill(
        Event,
        series(size.events),
        id=event_id("n", size),
        organization_id=owner(waba, size),
        waba_id=uid("waba", waba),
        name=f"CASE WHEN n % 10 = 1 THEN 'phone_number.connected' ELSE {chosen('n', *NAMES)} END",
        body=f"convert_to({body}, 'UTF8')",
        request_id="'request-' || n",
        created_at=ago("n", size.events, DAYS),
    )


def fill_deliveries(size: Size) -> None:
    """Half of the events go to the first endpoint; a quarter of them to another one as well, or once more."""
    is_first, is_again = f"n <= {size.events}", f"(n > {size.events} AND n % 4 = 0)"
    event, same = f"(1 + (n - 1) % {size.events})", f"({is_first} OR {is_again})"
    another = f"2 + (e + CASE WHEN {same} THEN 0 ELSE 1 END) % {size.endpoints - 1}"
    to = f"CASE WHEN e % 2 = 1 AND {same} THEN 1 ELSE {another} END"
    state = (
        f"CASE WHEN n > {size.deliveries} * 0.99 THEN 'in_flight' WHEN e % 100 = 4 THEN 'failed'"
        " WHEN e % 100 IN (8, 13) THEN 'pending' WHEN e % 100 = 9 THEN 'discarded' ELSE 'succeeded' END"
    )
    at, rows = ago("e", size.events, DAYS), f"(SELECT n, {event} AS e FROM {series(size.deliveries)}) y"
    has_ended = "state IN ('succeeded', 'failed', 'discarded')"
    fill(
        Delivery,
        f"(SELECT *, {state} AS state, {to} AS place FROM {rows}) x",
        id=uid("delivery", "n"),
        event_id=event_id("e", size),
        webhook_id=uid("endpoint", "place"),
        state="state",
        trigger=f"CASE WHEN {is_again} THEN 'manual' ELSE 'event' END",
        replay_of_id=f"CASE WHEN {is_again} THEN {uid('delivery', 'e')} END",
        attempt_count="CASE state WHEN 'failed' THEN 5 WHEN 'succeeded' THEN 1 ELSE 0 END",
        next_attempt_at="CASE WHEN state = 'pending' THEN now() - n % 600 * interval '1 second' END",
        lease_token="CASE WHEN state = 'in_flight' THEN gen_random_uuid() END",
        lease_expires_at="CASE WHEN state = 'in_flight' THEN now() END",
        last_error="CASE WHEN state = 'failed' THEN 'http_500' END",
        created_at=at,
        finished_at=f"CASE WHEN {has_ended} THEN {at} + interval '1 second' END",
    )


def fill_attempts() -> None:
    fill(
        Attempt,
        "webhooks_delivery CROSS JOIN LATERAL generate_series(1, attempt_count) number",
        delivery_id="id",
        webhook_id="webhook_id",
        number="number",
        at="created_at",
        duration_ms="40",
        response_status="CASE WHEN state = 'failed' THEN 500 ELSE 200 END",
        response_body="'ok'",
        error="CASE WHEN state = 'failed' THEN 'http_500' END",
    )
