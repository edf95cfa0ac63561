"""People in customers' inboxes, as far as WhatsApp shows them, and erasing one who asks for it."""

from django.contrib import admin

from inbox import erasure
from inbox.models import Contact, Conversation
from inbox.serializers import ContactOutput
from organizations.admin.acts import confirmed
from organizations.admin.cells import admin_url, copies, links, minutes, times
from organizations.admin.filters import by_organization, by_value
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns


@admin.register(Contact)
class ContactAdmin(RowAdmin):
    about = "Each belongs to one phone's inbox. What is shown is what WhatsApp told of the person."
    list_display = ["identifier", "identifier_type", "name", "wa_id", "phone_link", "created_minute"]
    list_filter = [
        by_value("identifier_type", "known by", Contact.IdentifierType.values),
        by_organization("phone__organization"),
        "created_at",
    ]
    list_select_related = ["phone"]
    search_fields = ["name", "username", "saved_name"]
    search_help_text = "Number in any form, WhatsApp id, BSUID, our id, or a name."
    found_by = Columns(
        ids=["pk", "conversation__id", "phone_id"],
        numbers=["wa_id", "phone_number"],
        tokens=["identifier", "bsuid", "aliases__identifier"],
    )
    ordering = ["-created_at", "-id"]
    actions = ["erase"]
    fieldsets = [
        section(None, "identifier_shown", "identifier_type", "phone_link", "our_id"),
        section(
            "As WhatsApp shows them", "name", "saved_name", "username", "phone_number", "wa_id", "bsuid",
            "parent_bsuid",
        ),
        section("Marketing messages", "marketing_preference", "preferred"),
        section("Times", "created", "updated"),
    ]  # fmt: skip
    our_id, identifier_shown = copies("id", "our id"), copies("identifier", "identifier")
    phone_link = links("phone", "phone", by="phone__phone_number")
    created_minute, created = minutes("created_at", "first seen"), times("created_at", "first seen")
    updated, preferred = times("updated_at", "changed"), times("marketing_preference_at", "said")

    @confirmed(
        "Erase this person",
        "Contact, conversation, messages and files are deleted, for good. What WhatsApp sends again of "
        "before is refused.",
    )
    def erase(self, contact: Contact) -> None:
        erasure.erase(contact=contact)

    def elsewhere(self, row: Contact) -> list[tuple[str, str]]:
        conversation = Conversation.objects.filter(contact=row).first()
        return [("Conversation", admin_url(conversation))] if conversation else []

    def shown_by_api(self, row: Contact) -> object:
        return ContactOutput(row).data
