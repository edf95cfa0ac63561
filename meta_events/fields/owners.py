"""Whose a change is: the connected account or number of ours that it is about."""

from django.db.models import Q

from meta_events.items import Item, MalformedError
from meta_events.texts import text
from phones.models import PhoneNumber
from wabas.models import Waba


def connected_waba(item: Item) -> Waba | None:
    """The connected account that it is about: by its id, or by the number that some events name instead.

    Where it names an account, the number says nothing: it may have moved to another one since.
    """
    connected = Waba.objects.connected().select_related("organization")
    if item.meta_waba_id is not None:
        return connected.filter(meta_waba_id=item.meta_waba_id).first()
    number = "".join(filter(str.isdigit, text(item.value.get("phone_number")) or ""))
    if not number:
        return None
    phones = PhoneNumber.objects.filter(phone_number=f"+{number}", waba__in=connected)
    owners = list(connected.filter(pk__in=phones.values("waba_id"))[:2])
    return owners[0] if len(owners) == 1 else None


def connected_number(item: Item) -> PhoneNumber | None:
    """The connected number whose messages it is about. Raises MalformedError where it names none.

    Meta gives a number that moves to another account another id. Should two rows have one all the same, the
    one in the account that the entry names is meant.
    """
    if item.meta_phone_number_id is None:
        raise MalformedError("It names no number.")
    ours = Q(disconnected_at=None, waba__status=Waba.Status.CONNECTED)
    rows = PhoneNumber.objects.filter(ours, meta_phone_number_id=item.meta_phone_number_id)
    without_secrets = rows.select_related("organization", "waba").defer(
        "pin", "new_pin", "waba__access_token"
    )
    found = list(without_secrets[:2])
    if len(found) < 2:
        return found[0] if found else None
    return without_secrets.filter(waba__meta_waba_id=item.meta_waba_id).first()
