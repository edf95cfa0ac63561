"""What Meta says of a WABA and its numbers: the calls of a check, and the columns that the answers fill."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings

from meta_graph import phone_numbers, wabas
from meta_graph.client import Token
from meta_graph.errors import GraphError
from meta_graph.phone_numbers import PhoneNumberInfo
from phones.models import PhoneNumber
from wabas import services as waba_services
from wabas.models import Waba

log = structlog.get_logger("phones.reading")
UNREGISTERED = frozenset({"PENDING", "UNVERIFIED", "DISCONNECTED", "MIGRATED", "DELETED"})


@dataclass
class Reading:
    """What Meta answered until its first failure; what it was not asked for is empty.

    `phones` are columns and `refusals` failures of single numbers, by Meta's id. `error` ended the reading.
    """

    phones: dict[str, dict[str, Any]] = field(default_factory=dict)
    waba: dict[str, Any] = field(default_factory=dict)
    is_subscribed: bool | None = None
    refusals: dict[str, GraphError] = field(default_factory=dict)
    error: GraphError | None = None

    def failure(self, phone: PhoneNumber) -> GraphError | None:
        """Why the number's check did not succeed; None where it did."""
        return self.refusals.get(phone.meta_phone_number_id) or self.error


def read(phone: PhoneNumber, token: Token) -> Reading:
    """One number, in three calls. A failure ends it: the others would fail alike, out of the same budget."""
    reading = Reading()
    try:
        read_phone(reading, phone, token)
        read_waba(reading, phone.waba, token)
    except GraphError as error:
        reading.error = noted(error, phone.waba)
    return reading


def read_all(waba: Waba, phones: Iterable[PhoneNumber], token: Token) -> Reading:
    """All numbers of a WABA, in three calls for a hundred. One that Meta leaves out is asked for alone."""
    reading = Reading()
    try:
        read_waba(reading, waba, token)
        listed = wabas.list_phone_numbers(waba_id=waba.meta_waba_id, token=token)
        reading.phones = {info.id: facts(info) for info in listed}
        for phone in phones:
            if phone.meta_phone_number_id not in reading.phones:
                read_left_out(reading, phone, token)
    except GraphError as error:
        reading.error = noted(error, waba)
    return reading


def read_phone(reading: Reading, phone: PhoneNumber, token: Token) -> None:
    info = phone_numbers.read_phone_number(phone_number_id=phone.meta_phone_number_id, token=token)
    reading.phones[phone.meta_phone_number_id] = facts(info)


def read_left_out(reading: Reading, phone: PhoneNumber, token: Token) -> None:
    """What it says of this number is said of no other."""
    try:
        read_phone(reading, phone, token)
    except GraphError as error:
        reading.refusals[phone.meta_phone_number_id] = noted(error, phone.waba)


def read_waba(reading: Reading, waba: Waba, token: Token) -> None:
    reading.waba = waba_services.facts(wabas.read_waba(waba_id=waba.meta_waba_id, token=token))
    reading.is_subscribed = is_subscribed(waba, token)


def is_subscribed(waba: Waba, token: Token) -> bool:
    apps = wabas.list_subscribed_apps(waba_id=waba.meta_waba_id, token=token)
    return settings.META_APP_ID in {app.id for app in apps}


def subscribe_again(waba: Waba, token: Token) -> bool:
    """A subscription that was lost while the token is good is nobody's wish: only we could end it.

    Whoever disconnected the WABA in this very moment is obeyed, unless somebody has connected it again: the
    subscription is one for all organizations. Whether Meta lists us now.
    """
    log.warning("the subscription was lost", waba=str(waba.pk))
    try:
        wabas.subscribe_app(waba_id=waba.meta_waba_id, token=token)
        if not Waba.objects.connected().filter(meta_waba_id=waba.meta_waba_id).exists():
            wabas.unsubscribe_app(waba_id=waba.meta_waba_id, token=token)
        return is_subscribed(waba, token)
    except GraphError as error:
        noted(error, waba)
        return False


def noted(error: GraphError, waba: Waba) -> GraphError:
    log.info("check failed", waba=str(waba.pk), call=error.call, cause=str(error.cause), code=error.code)
    return error


def facts(info: PhoneNumberInfo) -> dict[str, Any]:
    """The columns that Meta's answer fills. What it left out is not among them: the last known stays."""
    answered = {
        "phone_number": info.phone_number,
        "display_name": info.verified_name,
        "verified_name": info.verified_name,
        "is_registered": is_registered(info),
        "status": info.status,
        "quality_rating": info.quality_rating,
        "code_verification_status": info.code_verification_status,
        "name_status": info.name_status,
        "platform_type": info.platform_type,
        "throughput_level": info.throughput_level,
        "health": info.health,
    }
    return {name: value for name, value in answered.items() if value is not None}


def is_registered(info: PhoneNumberInfo) -> bool | None:
    """True where it is CONNECTED on the Cloud API; None where the state does not tell, such as FLAGGED."""
    if info.platform_type is None or info.status is None:
        return None
    if info.platform_type != "CLOUD_API" or info.status in UNREGISTERED:
        return False
    return True if info.status == "CONNECTED" else None
