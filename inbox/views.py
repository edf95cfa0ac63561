"""What a phone's inbox holds: `/v1/phones/{id}/conversations`, their messages, and contacts."""

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFoundError
from inbox import erasure, examples
from inbox.former_names import contact_now, renamed
from inbox.models import Contact, Conversation, Message
from inbox.paging import MessagePagination
from inbox.replies import replies
from inbox.serializers import (
    ContactFilters,
    ContactOutput,
    ConversationFilters,
    ConversationOutput,
    MessageOutput,
)
from inbox.viewsets import InboxViewSet


class ConversationViewSet(InboxViewSet):
    """Who wrote or was written to, by their newest message."""

    queryset = Conversation.objects.none()
    serializer_class = ConversationOutput
    filters = ConversationFilters

    def get_queryset(self) -> QuerySet[Conversation]:
        return Conversation.objects.filter(phone=self.phone).select_related("contact")

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        given = renamed(self.phone, asked, identifier="contact__identifier", contact="contact")
        return super().narrowed(rows, given)

    @extend_schema(
        operation_id="listConversations", parameters=[ConversationFilters], examples=[examples.TALK]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Conversations of a phone, the newest activity first."""
        return super().list(request, *args, **kwargs)


class MessageViewSet(InboxViewSet):
    """Messages, in and out."""

    queryset = Message.objects.none()
    serializer_class = MessageOutput
    pagination_class = MessagePagination

    @cached_property
    def conversation(self) -> Conversation:
        """The conversation of the path, or a 404."""
        found: Conversation = self.row(Conversation.objects.filter(phone=self.phone), "conversationId")
        return found

    def get_queryset(self) -> QuerySet[Message]:
        return Message.objects.filter(conversation=self.conversation)

    @extend_schema(operation_id="listMessages", examples=[examples.SHOWN, examples.NOT_SENT])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Messages of a conversation, newest first. What was said of one message by another is one itself.

        `edit`, `revoke` and `reaction` are messages that name another one by `messageId`; the one that was
        edited or revoked shows what is left of it.
        """
        rows = answering(self.paginate_queryset(self.filtered(self.get_queryset())) or [])
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(operation_id="getMessage", examples=[examples.SHOWN, examples.NOT_SENT])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One message of a phone."""
        message = self.row(Message.objects.filter(phone=self.phone), "messageId")
        return Response(self.get_serializer(answering([message])[0]).data)


def answering(messages: list[Any]) -> list[Any]:
    """The messages, each with what it answers as `answered`."""
    answered = replies(messages)
    for message in messages:
        message.answered = answered.get(message.pk)
    return messages


class ContactViewSet(InboxViewSet):
    """People in a phone's inbox, and those in the address book of its WhatsApp Business app."""

    queryset = Contact.objects.none()
    serializer_class = ContactOutput
    filters = ContactFilters

    def get_queryset(self) -> QuerySet[Contact]:
        return Contact.objects.filter(phone=self.phone).select_related("conversation")

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        return super().narrowed(rows, renamed(self.phone, asked, identifier="identifier", contact="pk"))

    def contact(self) -> Contact:
        """The contact of the path, by the id of a row too that was joined to it; or a 404."""
        rows = self.get_queryset()
        try:
            found: Contact = self.row(rows, "contactId")
        except NotFoundError:
            now = contact_now(self.phone, self.kwargs["contactId"].lower())
            if now is None:
                raise
            found = rows.get(pk=now)
        return found

    @extend_schema(operation_id="listContacts", parameters=[ContactFilters], examples=[examples.PERSON])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Contacts of a phone, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="getContact", examples=[examples.PERSON])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One contact."""
        return Response(self.get_serializer(self.contact()).data)

    @extend_schema(operation_id="eraseContact")
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Erase a person: contact, conversation, messages, files, and what waits to be sent to them.

        Nothing from before comes back, whatever WhatsApp sends again. Who writes anew is a new contact.
        """
        erasure.erase(contact=self.contact())
        return Response(status=204)
