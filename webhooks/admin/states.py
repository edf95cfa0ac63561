"""Endpoints and deliveries in words and colours, and deliveries as a table of another row's page."""

from typing import Any

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from organizations.admin.cells import Tone, badge, link_to, list_url, moment, worded
from organizations.admin.tables import Table
from webhooks.models import Delivery, OutgoingWebhook

State = Delivery.State
DELIVERY_TONES = {
    State.PENDING: Tone.BUSY,
    State.IN_FLIGHT: Tone.BUSY,
    State.SUCCEEDED: Tone.GOOD,
    State.FAILED: Tone.BAD,
    State.DISCARDED: Tone.IDLE,
}
# What the lists and tables do not show of a row that they show.
UNSHOWN = ("event__body", "webhook__secret", "webhook__previous_secret")
SHOWN_AT_ONCE = 20


def endpoint_badge(webhook: OutgoingWebhook) -> SafeString:
    if webhook.deleted_at:
        return badge(Tone.IDLE, "deleted")
    if webhook.is_active:
        return badge(Tone.GOOD, "active")
    if webhook.disabled_reason:
        return badge(Tone.BAD, f"disabled: {webhook.get_disabled_reason_display()}")
    return badge(Tone.ASKS, "inactive: deliveries are held")


def delivery_badge(delivery: Delivery) -> SafeString:
    """A pending one that failed before says so."""
    words = worded(delivery.state)
    if delivery.state == State.PENDING and delivery.attempt_count:
        return badge(Tone.ASKS, f"waits for attempt {delivery.attempt_count + 1}")
    return badge(DELIVERY_TONES[State(delivery.state)], words)


def newest(deliveries: "QuerySet[Delivery]") -> list[Delivery]:
    rows = deliveries.select_related("event", "webhook").defer(*UNSHOWN)
    return list(rows.order_by("-created_at", "-id")[:SHOWN_AT_ONCE])


def deliveries_table(deliveries: list[Delivery], *, of: Any, empty: str) -> Table:
    """`of`: the event or endpoint whose deliveries they are; the list is found by its id."""
    rows = [
        [
            link_to(one, moment(one.created_at)),
            delivery_badge(one),
            link_to(one.event, one.event.name),
            link_to(one.webhook),
            one.attempt_count,
            one.last_error,
            moment(one.next_attempt_at),
            moment(one.finished_at),
        ]
        for one in deliveries
    ]
    columns = ["Made", "State", "Event", "Endpoint", "Attempts", "Last error", "Next attempt", "Ended"]
    return Table(
        "Newest deliveries",
        columns,
        rows,
        empty=empty,
        more=[("All of them", f"{list_url(Delivery)}?q={of.pk}")],
    )
