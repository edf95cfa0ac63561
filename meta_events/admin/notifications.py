"""Meta's POSTs as they came: the body, and what became of each change in it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from meta_events import services
from meta_events.admin.changes import changes_table
from meta_events.admin.documents import body_block
from meta_events.models import Notification
from organizations.admin.acts import confirmed
from organizations.admin.cells import NONE, Tone, badge, copyable, minutes, times
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table

Status = Notification.Status
TONES = {Status.RECEIVED: Tone.BUSY, Status.SPLIT: Tone.GOOD, Status.UNREADABLE: Tone.BAD}


@admin.register(Notification)
class NotificationAdmin(RowAdmin):
    about = "Each POST of Meta is kept for two weeks. It holds what people wrote: read it for support only."
    list_display = ["number", "received_minute", "state", "object", "change_count", "came_to"]
    list_filter = ["status", "received_at"]
    search_fields = ["=changes__field"]
    search_help_text = "Meta's WABA id or phone number id, our phone's id, a field such as account_update."
    found_by = Columns(
        ids=["phone_id"],
        numbers=["changes__meta_waba_id", "changes__meta_phone_number_id", "pk"],
    )
    ordering = ["-id"]
    actions = ["process_again"]
    fieldsets = [
        section(None, "number", "state", "error", "received", "came_to", "change_count", "digest"),
        section("Body", "body_document"),
    ]
    received_minute, received = minutes("received_at", "received"), times("received_at", "received")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return super().get_queryset(request).defer("body", "sha256")

    @admin.display(description="number", ordering="id")
    def number(self, row: Notification) -> int:
        return row.pk

    @admin.display(description="state", ordering="status")
    def state(self, row: Notification) -> SafeString:
        return badge(TONES[Status(row.status)], row.status)

    @admin.display(description="came to")
    def came_to(self, row: Notification) -> SafeString | str:
        return copyable(f"/webhook/phone/{row.phone_id}" if row.phone_id else "/webhook/meta")

    @admin.display(description="SHA-256 of the body")
    def digest(self, row: Notification) -> SafeString | str:
        return copyable(bytes(row.sha256).hex()) if row.sha256 else NONE

    @admin.display(description="body")
    def body_document(self, row: Notification) -> SafeString:
        return body_block(bytes(row.body))

    @confirmed(
        "Process again",
        "It is taken apart once more; what was not done of it is tried anew, from the first try on.",
        permission="support",
    )
    def process_again(self, row: Notification) -> None:
        services.process_notification(notification=row)

    def tables(self, row: Notification) -> list[Table]:
        return [changes_table(row)]
