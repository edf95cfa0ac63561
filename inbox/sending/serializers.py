"""The body of a message, one form a type, and the answer to it."""

from typing import Any

from rest_framework import serializers

from api.customer_url_fields import CustomerUrl
from api.fields import Choice, Flag, Text
from api.passed_on import PassedOn, wrong_part
from api.serializers import Input, Output
from inbox.models import Message
from inbox.sending.fields import Coordinate, Recipient, WrittenText
from inbox.sending.interactive import Interactive
from inbox.sending.template_parameters import TemplateParameters

TO_HELP = "Digits in international form, or what a webhook gave as `contactReplyTo`."
REPLY_HELP = "The id of the message that is answered; WhatsApp shows it above yours."


class AnyMessageInput(Input):
    """What every message has. `type` decides on the rest."""

    type: Any = Text()
    to = Recipient(help_text=TO_HELP)
    replyTo = serializers.UUIDField(source="reply_to", required=False, help_text=REPLY_HELP)

    def to_internal_value(self, data: Any) -> Any:
        given: dict[str, Any] = super().to_internal_value(data)
        self.check(given)
        return given

    def check(self, given: dict[str, Any]) -> None:
        """Raises ValidationError for fields that do not go together."""


class TextMessageInput(AnyMessageInput):
    type = Choice(choices=["text"])
    text = WrittenText(max_length=4096)
    previewUrl = Flag(source="preview_url", required=False, help_text="Shows a preview of the first link.")


class MediaMessageInput(AnyMessageInput):
    """Exactly one of `mediaId` and `mediaUrl`."""

    mediaId = Text(
        source="media_id", required=False, max_length=64, help_text="Of an upload, or of a received message."
    )
    mediaUrl = CustomerUrl(source="media_url", required=False, help_text="Meta fetches it from there.")

    def check(self, given: dict[str, Any]) -> None:
        if ("media_id" in given) == ("media_url" in given):
            raise wrong_part("mediaId", "Exactly one of mediaId and mediaUrl is needed.", "required")


class AudioMessageInput(MediaMessageInput):
    type = Choice(choices=["audio"])


class StickerMessageInput(MediaMessageInput):
    type = Choice(choices=["sticker"])


class ImageMessageInput(MediaMessageInput):
    type = Choice(choices=["image"])
    caption = WrittenText(required=False, max_length=1024)


class VideoMessageInput(ImageMessageInput):
    type = Choice(choices=["video"])


class DocumentMessageInput(ImageMessageInput):
    type = Choice(choices=["document"])
    filename = Text(required=False, max_length=240)


class TemplateMessageInput(AnyMessageInput):
    type = Choice(choices=["template"])
    templateName = Text(source="template_name", max_length=512)
    languageCode = Text(source="language_code", max_length=16)
    parameters = TemplateParameters(
        required=False,
        help_text="`{header: [..], body: [..], buttons: [..]}`: a value for each placeholder, in order.",
    )


class LocationInput(Input):
    latitude = Coordinate(90)
    longitude = Coordinate(180)
    name = Text(required=False, max_length=1000)
    address = Text(required=False, max_length=1000)


class LocationMessageInput(AnyMessageInput):
    type = Choice(choices=["location"])
    location = LocationInput()


class ContactCard(PassedOn):
    """One contact in Meta's form. What is required there is checked."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        given = super().to_internal_value(data)
        name = given.get("name")
        if not isinstance(name, dict) or not isinstance(name.get("formatted_name"), str):
            raise wrong_part("name.formatted_name", "This field is required.", "required")
        return given


class ContactsMessageInput(AnyMessageInput):
    type = Choice(choices=["contacts"])
    contacts = serializers.ListField(child=ContactCard(), min_length=1, max_length=257)


class InteractiveMessageInput(AnyMessageInput):
    type = Choice(choices=["interactive"])
    interactive = Interactive(help_text="Meta's `interactive` object, passed on.")


class ReactionInput(Input):
    """Exactly one of `messageId` and `wamid`."""

    messageId = serializers.UUIDField(source="message_id", required=False, help_text="Our id.")
    wamid = Text(required=False, max_length=255)
    emoji = Text(allow_blank=True, max_length=32, help_text="Empty takes the reaction back.")

    def to_internal_value(self, data: Any) -> Any:
        given: dict[str, Any] = super().to_internal_value(data)
        if ("message_id" in given) == ("wamid" in given):
            raise wrong_part("messageId", "Exactly one of messageId and wamid is needed.", "required")
        return given


class ReactionMessageInput(AnyMessageInput):
    type = Choice(choices=["reaction"])
    reaction = ReactionInput()


INPUTS: dict[str, Any] = {
    "text": TextMessageInput,
    "image": ImageMessageInput,
    "video": VideoMessageInput,
    "audio": AudioMessageInput,
    "document": DocumentMessageInput,
    "sticker": StickerMessageInput,
    "template": TemplateMessageInput,
    "location": LocationMessageInput,
    "contacts": ContactsMessageInput,
    "interactive": InteractiveMessageInput,
    "reaction": ReactionMessageInput,
}


class UntypedMessageInput(AnyMessageInput):
    """A body whose type is missing or none of ours: what else it has cannot be judged."""

    type = Choice(choices=[*INPUTS])

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if name in self.fields}
        return super().to_internal_value(data)


def input_for(data: Any) -> type[AnyMessageInput]:
    """The form of a body, by its type."""
    kind = data.get("type") if isinstance(data, dict) else None
    found: type[AnyMessageInput] = INPUTS.get(kind if isinstance(kind, str) else "", UntypedMessageInput)
    return found


class ReadInput(Input):
    typing = Flag(required=False, help_text="Shows the contact that an answer is being written.")


class AcceptedOutput(Output):
    messageId = serializers.UUIDField(source="pk")
    wamid = Text(allow_null=True, help_text="Meta's id; null while Meta has not accepted the message yet.")
    status = Choice(choices=Message.Status.values)
