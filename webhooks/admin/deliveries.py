"""One event on its way to one endpoint: each attempt, the receiver's answer, and when the next is due."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from organizations.admin.acts import confirmed
from organizations.admin.cells import NONE, copies, documents, links, moment, times
from organizations.admin.filters import by_organization
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
from webhooks import redelivery
from webhooks.admin.states import delivery_badge
from webhooks.models import Delivery
from webhooks.serializers import DeliveryOutput


@admin.register(Delivery)
class DeliveryAdmin(RowAdmin):
    about = "Each event goes to each endpoint that asks for it, in up to five attempts."
    list_display = [
        "made", "state_badge", "tries", "last_error", "event_name", "endpoint_link", "organization_link",
    ]  # fmt: skip
    list_filter = ["state", "trigger", by_organization("webhook__organization"), "created_at"]
    list_select_related = ["event", "webhook__organization"]
    search_fields = ["webhook__url"]
    # Of a million rows, by what has an index.
    sortable_by = ["made"]
    actions = ["redeliver"]
    search_help_text = (
        "Our id, an event's id (evt_…), an endpoint's id or a part of its address, Meta's WABA id."
    )
    found_by = Columns(
        ids=["pk", "webhook_id", "webhook__organization_id", "event__waba_id"],
        numbers=["event__waba__meta_waba_id"],
        tokens=["event_id"],
    )
    fieldsets = [
        section(None, "state_badge", "event_link", "endpoint_link", "organization_link", "our_id"),
        section(
            "Progress", "attempt_count", "last_error", "made", "next_attempt", "leased_until", "ended",
            "trigger", "again_of",
        ),
        section("What is sent", "event_id", "body_document"),
    ]  # fmt: skip
    our_id, event_id = copies("id", "our id"), copies("event_id", "webhook-id")
    made, ended = times("created_at", "made"), times("finished_at", "ended")
    next_attempt, leased_until = (
        times("next_attempt_at", "next attempt"),
        times("lease_expires_at", "being sent until"),
    )
    event_link, endpoint_link = links("event", "event"), links("webhook", "endpoint")
    organization_link = links("webhook.organization", "organization", by="webhook__organization__name")
    again_of, body_document = links("replay_of", "repeats"), documents("event.body", "body")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return (
            super().get_queryset(request).defer("event__body", "webhook__secret", "webhook__previous_secret")
        )

    @admin.display(description="state", ordering="state")
    def state_badge(self, delivery: Delivery) -> SafeString:
        return delivery_badge(delivery)

    @admin.display(description="tries", ordering="attempt_count")
    def tries(self, delivery: Delivery) -> int:
        return delivery.attempt_count

    @admin.display(description="event", ordering="event__name")
    def event_name(self, delivery: Delivery) -> str:
        return delivery.event.name

    @confirmed(
        "Send again",
        "The same event, with the same id and body, is sent to the endpoint once more, now.",
        permission="support",
    )
    def redeliver(self, delivery: Delivery) -> None:
        redelivery.redeliver(delivery=delivery)

    def offers(self, action: str, row: Delivery) -> bool:
        return row.webhook.is_active

    def title_of(self, row: Delivery) -> str:
        return f"{row.event.name} to {row.webhook.url}"

    def tables(self, row: Delivery) -> list[Table]:
        rows = [
            [
                one.number,
                moment(one.at),
                NONE if one.duration_ms is None else f"{one.duration_ms} ms",
                one.response_status,
                one.error,
                one.response_body,
            ]
            for one in row.attempts.all()
        ]
        columns = ["Attempt", "At", "Took", "Answer", "Error", "Beginning of the answer's body"]
        return [Table("Attempts", columns, rows, empty="None was made yet.")]

    def shown_by_api(self, row: Delivery) -> object:
        """What went to a deleted endpoint is gone for its owner."""
        return None if row.webhook.deleted_at else DeliveryOutput(row).data
