"""Messages: how far each is, and why not further. What one says is shown to who may read it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from inbox.content import shown_content
from inbox.models import Message
from organizations.admin.cells import Tone, badge, copies, documents, json_block, links, minutes, times
from organizations.admin.filters import by_organization, by_value
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns

Status = Message.Status
TONES = {
    Status.PENDING: Tone.BUSY,
    Status.SENT: Tone.BUSY,
    Status.DELIVERED: Tone.GOOD,
    Status.READ: Tone.GOOD,
    Status.PLAYED: Tone.GOOD,
    Status.FAILED: Tone.BAD,
}
TYPES = (
    "text", "image", "video", "audio", "document", "sticker", "template", "location", "contacts",
    "interactive", "button", "reaction", "edit", "revoke", "system", "unsupported",
)  # fmt: skip
READING = "inbox.read_message_content"


def message_badge(message: Message) -> SafeString:
    return badge(TONES[Status(message.status)], message.status)


class FateFilter(admin.SimpleListFilter):
    title, parameter_name = "fate", "fate"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unknown", "Given to Meta, answer not learnt")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        is_wanted = self.value() == "unknown"
        return queryset.filter(outbox_entry__finished_at__isnull=False) if is_wanted else queryset


@admin.register(Message)
class MessageAdmin(RowAdmin):
    about = (
        "What was written and sent, newest first, without the words. A message's own page has them for who "
        "may read what messages say: for support only, they are people's."
    )
    list_display = ["created_minute", "direction", "type", "state", "source", "phone_link", "wamid"]
    list_filter = [
        by_value("status", "status", Status.values),
        FateFilter,
        by_value("direction", "way", Message.Direction.values),
        by_value("type", "type", TYPES),
        by_value("source", "source", dict(Message.Source.choices)),
        by_organization("phone__organization"),
    ]
    list_select_related = ["phone"]
    sortable_by = ["created_minute"]
    search_fields = ["=wamid"]
    search_help_text = "Wamid, or the id of a message, conversation, contact or phone."
    found_by = Columns(
        ids=["pk", "conversation_id", "conversation__contact_id", "phone_id"],
        tokens=["reply_to_wamid"],
    )
    ordering = ["-created_at", "-id"]
    fieldsets = [
        section(None, "state", "error_document", "direction", "source", "type", "phone_link"),
        section("Ids", "our_id", "wamid_shown", "reply_to", "target", "conversation_link"),
        section(
            "Times",
            "written",
            "sent",
            "delivered",
            "seen",
            "played",
            "failed",
            "edited",
            "revoked",
            "created",
        ),
    ]
    said = section("What it says", "words", "context_document")
    our_id, wamid_shown = copies("id", "our id"), copies("wamid", "wamid")
    reply_to, target = copies("reply_to_wamid", "answers"), copies("target_wamid", "is about")
    phone_link = links("phone", "phone", by="phone__phone_number")
    conversation_link = links("conversation", "conversation")
    error_document = documents("error", "Meta said")
    context_document = documents("context", "came with it")
    created_minute, created = minutes("created_at", "stored"), times("created_at", "stored")
    written, sent = times("timestamp", "written"), times("sent_at", "sent")
    delivered, seen = times("delivered_at", "delivered"), times("read_at", "read")
    played, failed = times("played_at", "played"), times("failed_at", "failed")
    edited, revoked = times("edited_at", "edited"), times("revoked_at", "revoked")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        rows: QuerySet[Message] = super().get_queryset(request)
        return rows if request.user.has_perm(READING) else rows.defer("content", "context")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.fieldsets, self.said] if request.user.has_perm(READING) else self.fieldsets

    @admin.display(description="status", ordering="status")
    def state(self, message: Message) -> SafeString:
        return message_badge(message)

    @admin.display(description="content")
    def words(self, message: Message) -> SafeString | str:
        return json_block(shown_content(message))
