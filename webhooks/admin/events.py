"""Events as they were stored, with the bytes that every receiver gets, and where they went."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from organizations.admin.cells import copies, documents, links, minutes, times
from organizations.admin.filters import OrganizationFilter, by_value
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
from webhooks.admin.states import deliveries_table, newest
from webhooks.events import EVENTS
from webhooks.models import Delivery, Event


@admin.register(Event)
class EventAdmin(RowAdmin):
    about = "What happened, as customers are told. The body is the customer's: read it for support only."
    list_display = ["id", "name", "organization_link", "waba_link", "created_minute"]
    list_filter = [by_value("name", "event", EVENTS.keys()), OrganizationFilter, "created_at"]
    list_select_related = ["organization", "waba"]
    search_fields = ["=name"]
    sortable_by = ["id"]
    search_help_text = "Event id (evt_…), an event's name, a delivery's id, a WABA's, an organization's."
    found_by = Columns(
        ids=["organization_id", "waba_id", "deliveries__id"],
        numbers=["waba__meta_waba_id"],
        tokens=["pk"],
    )
    # By its id, which begins with its time: the primary key is the index.
    ordering = ["-id"]
    fieldsets = [
        section(None, "name", "meaning", "event_id", "organization_link", "waba_link", "created"),
        section("Body", "body_document"),
    ]
    event_id = copies("id", "event id (webhook-id)")
    organization_link, waba_link = (
        links("organization", "organization", by="organization__name"),
        links("waba", "WABA", by="waba__name"),
    )
    created_minute = minutes("created_at", "stored")
    created, body_document = times("created_at", "stored"), documents("body", "what is sent")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).defer("body", "waba__access_token")

    @admin.display(description="meaning")
    def meaning(self, event: Event) -> str:
        return EVENTS.get(event.name, "It is no longer in the catalogue.")

    def tables(self, row: Event) -> list[Table]:
        found = newest(Delivery.objects.filter(event=row))
        return [deliveries_table(found, of=row, empty="No endpoint asked for it when it happened.")]
