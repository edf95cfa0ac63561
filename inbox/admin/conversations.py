"""Conversations, and the newest messages of one without what they say."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from inbox.admin.messages import message_badge
from inbox.models import Conversation, Message
from organizations.admin.cells import copies, link_to, links, list_url, minutes, moment, times, worded
from organizations.admin.filters import by_organization
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table

SHOWN_AT_ONCE = 20
# What a list never reads.
UNSHOWN = ("content", "context")


@admin.register(Conversation)
class ConversationAdmin(RowAdmin):
    about = "One a contact. What messages say is on the page of each, for who may read it."
    list_display = ["contact_name", "phone_link", "unread_count", "message_count", "last_minute"]
    list_filter = [by_organization("phone__organization"), "last_message_at"]
    list_select_related = ["phone", "contact"]
    search_fields = ["contact__name", "contact__username"]
    search_help_text = "A message's wamid or id, the contact's number, BSUID or name, our id."
    found_by = Columns(
        ids=["pk", "contact_id", "phone_id", "messages__id"],
        numbers=["contact__wa_id", "contact__phone_number"],
        tokens=["contact__identifier", "contact__bsuid", "messages__wamid"],
    )
    ordering = ["-last_message_at", "-id"]
    fieldsets = [
        section(None, "contact_link", "phone_link", "our_id"),
        section("Counts", "message_count", "unread_count"),
        section("Times", "last", "last_inbound", "free", "created"),
    ]
    our_id = copies("id", "our id")
    contact_link = links("contact", "contact", by="contact__name")
    phone_link = links("phone", "phone", by="phone__phone_number")
    last_minute, last = minutes("last_message_at", "newest"), times("last_message_at", "newest message")
    last_inbound = times("last_inbound_at", "newest of the contact")
    free, created = times("next_free_at", "next send (pair limit)"), times("created_at", "created")

    @admin.display(description="contact", ordering="contact__name")
    def contact_name(self, row: Conversation) -> str:
        return str(row.contact)

    def tables(self, row: Conversation) -> list[Table]:
        newest = Message.objects.filter(conversation=row).defer(*UNSHOWN)[:SHOWN_AT_ONCE]
        more = f"{list_url(Message)}?q={row.pk}"
        columns = ["Time", "Way", "Type", "Status", "Error", "Wamid"]
        rows = [line(message) for message in newest]
        return [Table("Newest messages", columns, rows, more=[("All of them", more)])]


def line(message: Message) -> list[Any]:
    error: SafeString | str = f"{message.error['code']}: {message.error['title']}" if message.error else ""
    return [
        link_to(message, moment(message.timestamp)),
        f"{message.direction} ({worded(message.source)})",
        message.type,
        message_badge(message),
        error,
        message.wamid,
    ]
