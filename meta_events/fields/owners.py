"""Whose a change is: the connected account or number of ours that it is about."""

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
    """The connected number whose messages it is about. Raises MalformedError where it names none."""
    if item.meta_phone_number_id is None:
        raise MalformedError("It names no number.")
    return item.numbers.connected(item.meta_phone_number_id, item.meta_waba_id)
