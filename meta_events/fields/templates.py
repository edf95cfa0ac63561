"""What Meta tells of message templates: its decisions are told to clients, the rest is there to be read."""

from typing import Any

from meta_events.fields.owners import connected_waba
from meta_events.items import Item, MalformedError, Verdict
from meta_events.texts import cleaned, inner, text
from onboarding.starter_templates.keeping import Decision, note_decision
from wabas.message_templates.events import STATUS_UPDATED, status_updated
from webhooks.events import publish

# What Meta writes where there is no reason.
NO_REASON = frozenset({None, "NONE"})


def status(item: Item) -> Verdict:
    """https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/message_template_status_update"""
    waba = connected_waba(item)
    if waba is None:
        return Verdict.HELD
    decision = decision_of(item, cleaned(item.value))
    if note_decision(waba=waba, decision=decision):
        data = status_updated(
            waba,
            name=decision.name,
            language_code=decision.language_code,
            status=decision.status,
            reason=decision.reason,
        )
        publish(organization=waba.organization, waba=waba, name=STATUS_UPDATED, data=data)
    return Verdict.DONE


def decision_of(item: Item, value: dict[str, Any]) -> Decision:
    """Raises MalformedError."""
    name, status = text(value.get("message_template_name")), text(value.get("event"))
    if name is None or status is None:
        raise MalformedError("It names no template, or no status.")
    reason = text(value.get("reason"))
    if reason in NO_REASON:
        reason = text(inner(value, "rejection_info").get("reason"))
    return Decision(
        meta_template_id=text(value.get("message_template_id")),
        name=name,
        language_code=text(value.get("message_template_language")) or "",
        status=status,
        reason=reason,
        at=item.at,
    )


def for_people(item: Item) -> Verdict:
    """Its quality, its parts or its category changed: whoever lists the templates sees it."""
    return Verdict.HELD if connected_waba(item) is None else Verdict.NOTED
