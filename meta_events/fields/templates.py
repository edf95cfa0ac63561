"""What Meta tells of message templates: its decisions are told to clients, the rest is there to be read."""

from typing import Any

from meta_events.fields.owners import connected_waba
from meta_events.items import Item, MalformedError, Verdict
from meta_events.texts import cleaned, inner, text
from wabas.models import Waba
from webhooks.events import publish

STATUS_UPDATED = "template.status_updated"
# What Meta writes where there is no reason.
NO_REASON = frozenset({None, "NONE"})


def status(item: Item) -> Verdict:
    """https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/message_template_status_update"""
    waba = connected_waba(item)
    if waba is None:
        return Verdict.HELD
    publish(
        organization=waba.organization,
        waba=waba,
        name=STATUS_UPDATED,
        data=data_of(waba, cleaned(item.value)),
    )
    return Verdict.DONE


def data_of(waba: Waba, value: dict[str, Any]) -> dict[str, Any]:
    """Raises MalformedError."""
    name, decision = text(value.get("message_template_name")), text(value.get("event"))
    if name is None or decision is None:
        raise MalformedError("It names no template, or no status.")
    reason = text(value.get("reason"))
    if reason in NO_REASON:
        reason = text(inner(value, "rejection_info").get("reason"))
    return {
        "wabaId": str(waba.pk),
        "templateName": name,
        "languageCode": text(value.get("message_template_language")) or "",
        "status": decision,
        "reason": reason,
    }


def for_people(item: Item) -> Verdict:
    """Its quality, its parts or its category changed: whoever lists the templates sees it."""
    return Verdict.HELD if connected_waba(item) is None else Verdict.NOTED
