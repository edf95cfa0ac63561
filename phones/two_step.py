"""A number's two-step PIN on its way to Meta: kept before it is sent, whatever becomes of the process.

Meta never shows a PIN. One whose fate is not known is set again at the next check: that needs no older PIN.
https://developers.facebook.com/docs/whatsapp/cloud-api/reference/two-step-verification
"""

from collections.abc import Iterable

import structlog
from django.db import transaction
from django.utils import timezone

from meta_graph import phone_numbers
from meta_graph.client import Token
from meta_graph.errors import Action, Cause, GraphError
from phones.models import PhoneNumber

# Of several callers at once each may have to send once more; what is left then is sent at the next check.
TRIES = 3
log = structlog.get_logger("phones.two_step")


def keep_new(phone: PhoneNumber, pin: str) -> None:
    """`pin` is about to be sent."""
    PhoneNumber.objects.filter(pk=phone.pk).update(new_pin=pin, pin_sent_at=timezone.now())
    phone.new_pin = pin


@transaction.atomic
def take_over(phone: PhoneNumber, pin: str) -> bool:
    """Meta took `pin`. False: another came meanwhile, and only by sending that again is it the last one."""
    row = PhoneNumber.objects.select_for_update(no_key=True).only("pin", "new_pin").get(pk=phone.pk)
    is_last: bool = row.new_pin == pin
    row.pin, row.new_pin = (pin, None) if is_last else (row.pin, row.new_pin or row.pin)
    row.pin_sent_at, row.pin_changed_at = timezone.now(), None
    row.save(update_fields=["pin", "new_pin", "pin_sent_at", "pin_changed_at"])
    phone.pin, phone.new_pin = row.pin, row.new_pin
    return is_last


@transaction.atomic
def drop_new(phone: PhoneNumber, pin: str) -> None:
    """Meta refused `pin`: the number has the one before."""
    row = PhoneNumber.objects.select_for_update(no_key=True).only("new_pin").get(pk=phone.pk)
    if row.new_pin == pin:
        row.new_pin = phone.new_pin = None
        row.save(update_fields=["new_pin"])


def is_refusal(error: GraphError) -> bool:
    """Meta has answered, and done nothing."""
    return error.action is not Action.RETRY or error.cause is Cause.RATE_LIMITED


def send_new(phone: PhoneNumber, token: Token) -> None:
    """Sets the kept PIN at Meta, as often as it takes. Raises GraphError."""
    for _ in range(TRIES):
        pin = str(phone.new_pin)
        try:
            phone_numbers.set_pin(phone_number_id=phone.meta_phone_number_id, pin=pin, token=token)
        except GraphError as error:
            if is_refusal(error):
                drop_new(phone, pin)
            raise
        if take_over(phone, pin):
            return


def finish(phones: Iterable[PhoneNumber], token: Token) -> None:
    """PINs whose sending was cut off, of numbers that are registered; others need theirs to register."""
    for phone in phones:
        if phone.new_pin and phone.is_registered:
            try:
                send_new(phone, token)
            except GraphError as error:
                log.warning("PIN still unknown", phone=str(phone.pk), cause=str(error.cause), code=error.code)
