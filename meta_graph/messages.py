"""Messages: sending one from a phone number, and telling its writer that it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meta_graph.answers import accepted, identifier, reading, rows, text
from meta_graph.client import Token, call, node


@dataclass(frozen=True)
class SentMessage:
    """A message that Meta accepted, which is not yet a delivered one: its statuses come by webhook.

    Sent to a number, `wa_id` is the person's WhatsApp id (it may differ from the digits that were given);
    sent to a business-scoped user id there is `user_id` instead. `message_status` is Meta's word where it
    gives one (accepted, held_for_quality_assessment, paused).
    """

    wamid: str
    wa_id: str | None
    user_id: str | None
    message_status: str | None


def send(*, phone_number_id: str, body: Mapping[str, Any], token: Token) -> SentMessage:
    """Sends one message; `body` is Meta's JSON without `messaging_product`. Never tries again.

    Raises GraphError. Its `was_sent` false: it may be sent again. An error with a `code` is Meta's no: no
    message was sent. Anything else (a timeout, a cut, an answer that cannot be read): nobody knows.
    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
    """
    answer = call(
        "send_message",
        "POST",
        node(phone_number_id, "messages"),
        token=token,
        json={"messaging_product": "whatsapp", **body},
    )
    with reading("send_message"):
        sent = rows(answer, "messages")[0]
        contact = next(iter(rows(answer, "contacts")), {})
        return SentMessage(
            wamid=identifier(sent),
            wa_id=text(contact, "wa_id"),
            user_id=text(contact, "user_id"),
            message_status=text(sent, "message_status"),
        )


def mark_read(*, phone_number_id: str, wamid: str, token: Token, is_typing: bool = False) -> None:
    """Shows the writer two blue ticks, for this message and those before it.

    `is_typing` also shows that an answer is being written, for 25 seconds or until it is there.
    https://developers.facebook.com/docs/whatsapp/cloud-api/guides/mark-message-as-read
    https://developers.facebook.com/docs/whatsapp/cloud-api/typing-indicators
    """
    body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    if is_typing:
        body["typing_indicator"] = {"type": "text"}
    answer = call("mark_read", "POST", node(phone_number_id, "messages"), token=token, json=body)
    with reading("mark_read"):
        accepted(answer)
