"""`POST /v1/phones/{id}/messages`, and marking one that came as read."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import NotFoundError
from inbox.models import Message
from inbox.sending import examples, services
from inbox.sending.serializers import INPUTS, AcceptedOutput, ReadInput, input_for
from inbox.viewsets import InboxViewSet
from organizations import idempotency

BOUND = "message:"
ANY_MESSAGE = PolymorphicProxySerializer(
    component_name="NewMessage", serializers=INPUTS, resource_type_field_name="type"
)


class SendingViewSet(InboxViewSet):
    """What is sent from a phone number."""

    queryset = Message.objects.none()
    serializer_class = AcceptedOutput
    asks_meta = ("create", "read")

    def messages(self) -> QuerySet[Message]:
        return Message.objects.filter(phone=self.phone)

    @extend_schema(
        operation_id="sendMessage",
        request=ANY_MESSAGE,
        responses={201: AcceptedOutput},
        examples=[*examples.NEW_MESSAGE, *examples.SENT],
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Send a message. Most answers come when Meta has accepted it: `sent`, with its `wamid`.

        `pending`: others to the same contact come first, a limit of Meta's is reached, Meta is slow or could
        not be reached. It is sent by itself, `message.sent` tells when. Messages to one contact keep their
        order. 422 where Meta refuses it at once, for instance a free-form message more than 24 hours after
        the contact wrote last (`meta.code` 131047): the message stays, `failed`. 409 for a number that cannot
        send. With an `Idempotency-Key` the same body sent again answers with the same message.
        """
        phone = self.phone
        given = self.validated(input_for(request.data))

        def bind(message: Message) -> None:
            idempotency.bind(request, f"{BOUND}{message.pk}")

        message = services.send_message(phone=phone, given=given, bind=bind)
        return Response(AcceptedOutput(message).data, status=201)

    def answer_again(self, request: Request, bound: str) -> Response:
        """The message as it is now."""
        message = self.messages().filter(pk=UUID(bound.removeprefix(BOUND))).first()
        if message is None:
            raise NotFoundError
        return Response(AcceptedOutput(message).data, status=201)

    @extend_schema(
        operation_id="markMessageRead",
        request=ReadInput,
        responses=AcceptedOutput,
        examples=[examples.READ, examples.WAS_READ],
    )
    def read(self, request: Request, **kwargs: Any) -> Response:
        """Mark a message that came as read, and those before it: the contact sees two blue ticks.

        `typing` also shows that an answer is being written, for 25 seconds or until it is sent. 409 for a
        message that did not come from the contact.
        """
        message = self.row(self.messages(), "messageId")
        given = self.validated(ReadInput)
        services.mark_read(message=message, is_typing=given.get("typing", False))
        return Response(AcceptedOutput(message).data)
