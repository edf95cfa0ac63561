"""A message in Meta's words, and in ours as it is stored.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from dataclasses import dataclass
from typing import Any

from api.errors import InvalidFieldError
from inbox.models import Contact, Conversation, Media
from inbox.sending.references import media_of, wamid_of, with_metas_ids
from inbox.sending.template_parameters import components
from phones.models import PhoneNumber


@dataclass(frozen=True)
class Said:
    """What a message says: `object` is Meta's under the type's name, `content` is ours."""

    object: Any
    content: dict[str, Any]
    media: Media | None = None


def said(phone: PhoneNumber, conversation: Conversation, given: dict[str, Any]) -> Said:
    """Raises InvalidFieldError for what names a row that is not there."""
    match given["type"]:
        case "text":
            shows_preview = given.get("preview_url", False)
            return Said({"body": given["text"], "preview_url": shows_preview}, {"body": given["text"]})
        case "image" | "video" | "audio" | "document" | "sticker":
            return said_by_media(phone, given)
        case "template":
            return said_by_template(phone, given)
        case "location":
            return Said(given["location"], given["location"])
        case "contacts":
            return Said(given["contacts"], {"contacts": given["contacts"]})
        case "reaction":
            return said_by_reaction(conversation, given["reaction"])
        case _:
            passed_on = with_metas_ids(phone, given["interactive"], "interactive")
            return Said(passed_on, given["interactive"])


def said_by_media(phone: PhoneNumber, given: dict[str, Any]) -> Said:
    media = media_of(phone, given["media_id"], "mediaId") if "media_id" in given else None
    words = {name: given[name] for name in ("caption", "filename") if name in given}
    where = {"id": media.meta_media_id} if media else {"link": given["media_url"]}
    content = {"mimeType": media.mime_type} if media else {"link": given["media_url"]}
    return Said(where | words, content | words, media)


def said_by_template(phone: PhoneNumber, given: dict[str, Any]) -> Said:
    parameters = with_metas_ids(phone, given.get("parameters", {}), "parameters")
    template: dict[str, Any] = {
        "name": given["template_name"],
        "language": {"code": given["language_code"]},
    }
    if made := components(parameters):
        template["components"] = made
    return Said(template, {"raw": template})


def said_by_reaction(conversation: Conversation, given: dict[str, Any]) -> Said:
    wamid = given.get("wamid")
    if wamid is None:
        wamid = wamid_of(conversation, given["message_id"], "reaction.messageId")
    message_id = str(given["message_id"]) if "message_id" in given else None
    reaction = {"message_id": wamid, "emoji": given["emoji"]}
    return Said(reaction, {"emoji": given["emoji"], "messageId": message_id, "wamid": wamid})


def body_of(
    contact: Contact, kind: str, said_object: Any, *, opaque: str, reply_to: str | None
) -> dict[str, Any]:
    """The whole body. `opaque` comes back in each status, so that a status always finds its message."""
    body: dict[str, Any] = {"recipient_type": "individual", **addressed(contact)}
    if reply_to is not None:
        body["context"] = {"message_id": reply_to}
    return body | {"type": kind, kind: said_object, "biz_opaque_callback_data": opaque}


def readdressed(body: dict[str, Any], contact: Contact) -> dict[str, Any]:
    """A stored body, to the contact as it is now: whoever waited may have another number meanwhile."""
    rest = {name: value for name, value in body.items() if name not in {"to", "recipient"}}
    return addressed(contact) | rest


def addressed(contact: Contact) -> dict[str, str]:
    """To a number where one is known, which Meta prefers, else to the business-scoped user id.

    Raises InvalidFieldError for a contact without either.
    """
    if number := contact.wa_id or contact.phone_number:
        return {"to": number}
    if contact.bsuid:
        return {"recipient": contact.bsuid}
    raise InvalidFieldError("to", "Neither a number nor a business-scoped user id of this contact is known.")
