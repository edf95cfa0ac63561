"""What clients were told last that a number can do, and the events that tell them what has changed since.

A number is told of from its first completed link on; until then nobody could place the events.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from api.times import timestamp
from phones.health import Capabilities, Health, Issue, assess
from phones.models import PhoneNumber
from phones.reasons import Capability
from wabas.models import Waba
from webhooks.events import publish

log = structlog.get_logger("phones.readiness")
READY, NOT_READY = "phone_number.ready", "phone_number.not_ready"
NOTHING = dict.fromkeys(Capability, False)


def begin(phone: PhoneNumber, now: datetime) -> None:
    """From now on clients are told; of a number that they know already, what they were told stands."""
    unknown = PhoneNumber.objects.filter(pk=phone.pk, announced__isnull=True)
    unknown.update(announced=told(NOTHING, [], now))


def forget(phone: PhoneNumber, now: datetime) -> None:
    """The number can do nothing, which another event says. The caller saves the row."""
    if phone.announced is not None:
        phone.announced = told(NOTHING, [], now)


@transaction.atomic
def announce(*, waba: Waba, phones: Iterable[PhoneNumber], now: datetime) -> int:
    """Publishes what has become true, false, or is going to. Returns how many events that took.

    The caller has locked the WABA's row, so that of several who look at once one tells, and rings.
    """
    count = 0
    for phone in phones:
        phone.waba = waba
        count += _announce(phone, now)
    return count


def _announce(phone: PhoneNumber, now: datetime) -> int:
    if phone.announced is None or phone.disconnected_at or not phone.waba.is_connected:
        return 0
    health = assess(phone, now)
    can, could = as_json(health.capabilities), phone.announced["capabilities"]
    gained = [name for name in can if can[name] and not could.get(name)]
    lost = [name for name in can if could.get(name) and not can[name]]
    warnings = sorted({f"{issue.code} {issue.warning}" for issue in health.issues if issue.warning})
    is_warned = bool(set(warnings) - set(phone.announced["warnings"]))
    if not (gained or lost or warnings != phone.announced["warnings"]):
        return 0
    phone.announced = told(can, warnings, now)
    phone.save(update_fields=["announced", "updated_at"])
    events = [(READY, gained)] * bool(gained) + [(NOT_READY, lost)] * bool(lost)
    # A warning comes with what changed; alone it says how the number stands, and that nothing changed.
    if is_warned and not events:
        events = [(READY if any(can.values()) else NOT_READY, [])]
    for name, changed in events:
        publish(
            organization=phone.organization,
            waba=phone.waba,
            name=name,
            data=data_of(phone, health, changed),
        )
    log.info("readiness", phone=str(phone.pk), gained=gained, lost=lost, warnings=warnings)
    return len(events)


def told(capabilities: dict[Any, bool], warnings: list[str], at: datetime) -> dict[str, Any]:
    """What the column `announced` holds."""
    able = {str(name): is_on for name, is_on in capabilities.items()}
    return {"capabilities": able, "warnings": warnings, "at": timestamp(at)}


def as_json(capabilities: Capabilities) -> dict[str, bool]:
    return {
        "canReceiveMessages": capabilities.can_receive_messages,
        "canSendMessages": capabilities.can_send_messages,
        "canSendTemplates": capabilities.can_send_templates,
    }


def data_of(phone: PhoneNumber, health: Health, changed: list[str]) -> dict[str, Any]:
    """The data of both events."""
    links = phone.onboarding_links.order_by("-completed_at").values_list("pk", flat=True)
    link_id = links.first()
    return {
        "onboardingLinkId": str(link_id) if link_id else None,
        "externalId": phone.external_id,
        "phoneNumberId": str(phone.pk),
        "phoneNumber": phone.phone_number,
        "wabaId": str(phone.waba.pk),
        "metaWabaId": phone.waba.meta_waba_id,
        "isPhoneRegistered": phone.is_registered,
        "capabilities": as_json(health.capabilities),
        "changed": changed,
        "issues": [issue_json(issue) for issue in health.issues],
    }


def issue_json(issue: Issue) -> dict[str, str | None]:
    """As `GET /v1/phones/{id}/health` shows it."""
    return {
        "entity": issue.entity,
        "code": issue.code,
        "message": issue.message,
        "solution": issue.solution,
        "capability": issue.capability and str(issue.capability),
    }
