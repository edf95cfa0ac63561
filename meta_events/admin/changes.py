"""Each change that Meta told of: what it is about, what came of it, and why it failed or is held."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from meta_events import services
from meta_events.admin.documents import block
from meta_events.bodies import UnreadableError, found, opened
from meta_events.elements import PARTS
from meta_events.handling import place_of
from meta_events.items import MalformedError
from meta_events.models import Change, Notification
from organizations.admin.acts import confirmed
from organizations.admin.cells import NONE, Tone, badge, copies, link_to, list_url, minutes, moment, times
from organizations.admin.filters import by_value
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
from phones.models import PhoneNumber
from wabas.models import Waba

Status = Change.Status
TONES = {
    Status.WAITING: Tone.BUSY,
    Status.RUNNING: Tone.BUSY,
    Status.DONE: Tone.GOOD,
    Status.NOTED: Tone.GOOD,
    Status.SKIPPED: Tone.IDLE,
    Status.HELD: Tone.ASKS,
    Status.UNKNOWN: Tone.IDLE,
    Status.FAILED: Tone.BAD,
}
# Every field that Meta names today: the filter asks no table for them.
FIELDS = (
    "account_update", "account_review_update", "account_alerts", "business_capability_update",
    "phone_number_quality_update", "phone_number_name_update", "security", "messages", "smb_message_echoes",
    "smb_app_state_sync", "history", "message_template_status_update", "message_template_quality_update",
    "message_template_components_update", "template_category_update", "user_preferences", "user_id_update",
    "business_username_updates", "partner_solutions", "payment_configuration_update",
)  # fmt: skip
LISTS = tuple(dict.fromkeys(part for parts in PARTS.values() for part in parts))
SHOWN_AT_ONCE = 50


@admin.register(Change)
class ChangeAdmin(RowAdmin):
    about = (
        "Everything that Meta's notifications tell, a row for each message, status or change. "
        "Held: its WABA or number is not connected; handed out when it is."
    )
    list_display = [
        "name", "state", "meta_waba_id", "meta_phone_number_id", "happened_minute", "attempts", "error",
    ]  # fmt: skip
    list_filter = [
        "status", by_value("field", "field", FIELDS), by_value("part", "list", LISTS), "finished_at",
    ]  # fmt: skip
    search_fields = ["=field", "=event"]
    search_help_text = "Meta's WABA id or phone number id, a notification's number, a field or an event."
    found_by = Columns(numbers=["meta_waba_id", "meta_phone_number_id", "notification_id"])
    ordering = ["-id"]
    actions = ["process_again"]
    fieldsets = [
        section(None, "name", "state", "error", "waba_link", "waba_id", "phone_id", "notification_link"),
        section("Progress", "attempts", "happened", "due", "ended", "handed_out", "place"),
        section("What it says", "value_document"),
    ]
    waba_id, phone_id = (
        copies("meta_waba_id", "Meta WABA id"),
        copies("meta_phone_number_id", "Meta phone number id"),
    )
    happened_minute, happened = minutes("happened_at", "happened"), times("happened_at", "happened")
    due, ended = times("due_at", "next try, or leased until"), times("finished_at", "ended")
    handed_out = times("handed_out_at", "handed out after it was held")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        return super().get_queryset(request).defer("fingerprint")

    @admin.display(description="change", ordering="field")
    def name(self, change: Change) -> str:
        return str(change)

    @admin.display(description="state", ordering="status")
    def state(self, change: Change) -> SafeString:
        return badge_of(change)

    @admin.display(description="WABA")
    def waba_link(self, change: Change) -> SafeString | str:
        named = Waba.objects.filter(meta_waba_id=change.meta_waba_id).without_token()
        return link_to(named.order_by("status").first()) if change.meta_waba_id else NONE

    @admin.display(description="notification")
    def notification_link(self, change: Change) -> SafeString | str:
        return link_to(Notification.objects.defer("body").get(pk=change.notification_id))

    @admin.display(description="place in the body")
    def place(self, change: Change) -> str:
        element = f", {change.part} {change.number}" if change.part else ""
        return f"entry {change.entry_position}, change {change.position}{element}, counted from 0"

    @admin.display(description="value")
    def value_document(self, change: Change) -> SafeString | str:
        row = Notification.objects.get(pk=change.notification_id)
        try:
            said = found(opened(bytes(row.body)), place_of(change))
        except (UnreadableError, MalformedError) as wrong:
            return f"{wrong} The notification shows the whole body."
        if not change.part:
            return block(said.value)
        return block({"metadata": said.value.get("metadata"), change.part: [said.element]})

    @confirmed(
        "Process again",
        "It is handled once more, from its first try on. What was done before is not undone.",
        permission="support",
    )
    def process_again(self, change: Change) -> None:
        services.process_change(change=change)

    def offers(self, action: str, row: Change) -> bool:
        return row.status != Status.RUNNING

    def elsewhere(self, row: Change) -> list[tuple[str, str]]:
        found_by = [
            ("Everything about its WABA", Change, row.meta_waba_id),
            ("Its WABA", Waba, row.meta_waba_id),
            ("Its number", PhoneNumber, row.meta_phone_number_id),
        ]
        return [(words, f"{list_url(model)}?q={number}") for words, model, number in found_by if number]


def badge_of(change: Change) -> SafeString:
    """A waiting one that failed before says so."""
    if change.status == Status.WAITING and change.attempts:
        return badge(Tone.ASKS, f"waits for try {change.attempts + 1}")
    return badge(TONES[Status(change.status)], change.status)


def changes_table(notification: Notification) -> Table:
    """The first changes of a notification. Those that were known before have no row."""
    in_order = notification.changes.order_by("entry_position", "position", "part", "number")
    rows = in_order.defer("fingerprint")[:SHOWN_AT_ONCE]
    cells: list[Any] = [
        [
            link_to(change),
            badge_of(change),
            change.meta_waba_id,
            change.meta_phone_number_id,
            moment(change.happened_at),
            change.attempts,
            change.error,
        ]
        for change in rows
    ]
    return Table(
        "Changes in it",
        ["Change", "State", "WABA", "Phone number id", "Happened", "Tries", "Error"],
        cells,
        empty="It was not taken apart yet, or all in it was known.",
        more=[("All of them", f"{list_url(Change)}?q={notification.pk}")],
    )
