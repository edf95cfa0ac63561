"""A number that clients know of, and what they were told of it."""

import json
from typing import Any

from django.utils import timezone

from organizations.models import Organization
from phones.models import PhoneNumber
from phones.services import adopt_link
from tests.wabas.world import Meta
from wabas.models import Waba
from webhooks.models import Event

ALL = ["canReceiveMessages", "canSendMessages", "canSendTemplates"]
OUTGOING = ["canSendMessages", "canSendTemplates"]
ABLE = {"can_send_message": "AVAILABLE", "entities": []}


def known_phone(organization: Organization, meta: Meta, **options: Any) -> PhoneNumber:
    """Registered at Meta, its link completed, not checked yet."""
    phone = meta.registered_phone(organization, **options)
    adopt_link(phone=phone, metadata=None, external_id=None)
    return phone


def healthy_phone(
    organization: Organization, waba: Waba | None = None, number: int = 1, **columns: Any
) -> PhoneNumber:
    """Rows alone, as after a check that found all well, of which clients were told."""
    waba = waba or healthy_waba(organization)
    now = timezone.now()
    return PhoneNumber.objects.create(
        organization=organization,
        waba=waba,
        meta_phone_number_id=f"10654035224292{number}",
        phone_number=f"+549115555123{number}",
        is_registered=True,
        status="CONNECTED",
        platform_type="CLOUD_API",
        health=ABLE,
        synced_at=now,
        announced={"capabilities": dict.fromkeys(ALL, True), "warnings": [], "at": now.isoformat()},
        **columns,
    )


def healthy_waba(organization: Organization, number: int = 1, **columns: Any) -> Waba:
    healthy = {"access_token": "EAAG", "is_subscribed": True, "health": ABLE}
    return Waba.objects.create(
        organization=organization, meta_waba_id=f"10229012934039{number}", **healthy | columns
    )


def told() -> list[tuple[str, Any]]:
    """Every event so far, oldest first: its name and data."""
    return [(event.name, json.loads(bytes(event.body))["data"]) for event in Event.objects.order_by("pk")]


def names() -> list[str]:
    return [name for name, _ in told()]
