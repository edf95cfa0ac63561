"""Contacts, conversations and messages as the contract shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Choice, Text, Timestamp
from api.serializers import Output, Query
from inbox.contact_events import contact_data
from inbox.content import shown_content
from inbox.models import Contact, Conversation, Message

DIGITS = "^[0-9]{1,20}$"


class ContactFields(Output):
    """The same wherever a contact appears."""

    contactId = serializers.UUIDField()
    contactIdentifier = Text(help_text="Chosen at first sight; it stays. Store this one.")
    contactIdentifierType = Choice(choices=Contact.IdentifierType.values)
    contactReplyTo = Text(help_text="Where an answer goes: give it as `to`.")
    contactPhone = Text(allow_null=True, help_text="Digits, for display. Not everybody's is known.")
    contactName = Text(allow_null=True)
    waId = Text(allow_null=True)
    businessScopedUserId = Text(allow_null=True)
    parentBusinessScopedUserId = Text(allow_null=True)
    username = Text(allow_null=True)


class ContactOutput(ContactFields):
    conversationId = serializers.UUIDField(allow_null=True)
    marketingPreference = Text(
        allow_null=True,
        help_text="`stop`, `resume` or `signup`: what the person last told WhatsApp of marketing messages.",
    )
    createdAt = Timestamp()
    updatedAt = Timestamp()

    def to_representation(self, instance: Contact) -> dict[str, Any]:
        conversation = getattr(instance, "conversation", None)
        shown = contact_data(instance) | {
            "conversationId": conversation.pk if conversation else None,
            "marketingPreference": instance.marketing_preference,
            "createdAt": instance.created_at,
            "updatedAt": instance.updated_at,
        }
        return super().to_representation(shown)


class ConversationOutput(ContactFields):
    lastMessageAt = Timestamp()
    unreadCount = serializers.IntegerField(help_text="Messages that came since the last one was marked read.")
    createdAt = Timestamp()
    lastInboundAt = Timestamp(
        allow_null=True, help_text="Free-form messages may be sent for 24 hours from here on."
    )
    messageCount = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        return {"id": serializers.UUIDField(), **super().get_fields()}

    def to_representation(self, instance: Conversation) -> dict[str, Any]:
        shown = {
            "id": instance.pk,
            **contact_data(instance.contact),
            "lastMessageAt": instance.last_message_at,
            "unreadCount": instance.unread_count,
            "createdAt": instance.created_at,
            "lastInboundAt": instance.last_inbound_at,
            "messageCount": instance.message_count,
        }
        return super().to_representation(shown)


@extend_schema_field({"type": "object", "additionalProperties": True})
class Content(serializers.Field[Any, Any, Any, Any]):
    """What a message says, by its type."""

    def to_representation(self, value: Message) -> Any:
        return shown_content(value)


@extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
class Document(serializers.Field[Any, Any, Any, Any]):
    """JSON as it is stored."""

    def to_representation(self, value: Any) -> Any:
        return value


class MessageErrorOutput(Output):
    code = Text(help_text="Meta's code, as digits.")
    title = Text()
    details = Text(allow_null=True)


class ReplyOutput(Output):
    messageId = serializers.UUIDField(allow_null=True, help_text="null: that message is not here.")
    wamid = Text()


class MessageOutput(Output):
    id = serializers.UUIDField()
    wamid = Text(allow_null=True, help_text="Meta's id; null while Meta has not accepted the message.")
    direction = Choice(choices=Message.Direction.values)
    type = Text(help_text="As Meta calls it: `text`, `image`, `reaction`, `edit`, `system`, ...")
    content = Content(source="*")
    status = Choice(choices=Message.Status.values)
    error = MessageErrorOutput(allow_null=True)
    timestamp = Timestamp(help_text="When it was written, as Meta says; of your own, when you gave it.")
    conversationId = serializers.UUIDField(source="conversation_id")
    source: Any = Choice(choices=Message.Source.choices)
    replyTo = ReplyOutput(source="answered", allow_null=True)
    context: Any = Document(
        allow_null=True,
        help_text="What came with it: `forwarded`, `frequentlyForwarded`, `referral` (of an advertisement), "
        "`referredProduct`, `groupId`; each where there is one.",
    )
    sentAt = Timestamp(source="sent_at", allow_null=True)
    deliveredAt = Timestamp(source="delivered_at", allow_null=True)
    readAt = Timestamp(source="read_at", allow_null=True)
    playedAt = Timestamp(source="played_at", allow_null=True)
    failedAt = Timestamp(source="failed_at", allow_null=True)
    editedAt = Timestamp(source="edited_at", allow_null=True, help_text="`content` is the newest form.")
    revokedAt = Timestamp(source="revoked_at", allow_null=True, help_text="`content` is empty since then.")


class Digits(Text):
    """A number as people write it, as its digits."""

    request_schema = {"format": "phone-number"}
    default_error_messages = {"digits": "This is not a phone number in international form."}

    def to_internal_value(self, data: Any) -> str:
        given = "".join(c for c in super().to_internal_value(data) if c not in "+ -()[]\u00a0")
        if not (given.isascii() and given.isdigit() and len(given) <= 20):
            self.fail("digits")
        return given


class ContactFilters(Query):
    contactIdentifier = Text(source="identifier", required=False, max_length=160)
    contactPhone = Digits(source="phone_number", required=False)
    waId = Digits(source="wa_id", required=False)
    businessScopedUserId = Text(source="bsuid", required=False, max_length=160)
    username = Text(required=False, max_length=64)


class ConversationFilters(Query):
    contactId = serializers.UUIDField(source="contact", required=False)
    contactIdentifier = Text(source="contact__identifier", required=False, max_length=160)
