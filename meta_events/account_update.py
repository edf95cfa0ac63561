"""`account_update`: what became of an account that customers share with us, or have just shared.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/account_update
"""

from meta_events.items import Item, MalformedError, Verdict
from meta_events.texts import inner, text
from onboarding import recovery
from phones import account_updates
from phones.models import PhoneNumber
from wabas.models import Waba

PARTNER_ADDED = "PARTNER_ADDED"
# What these took away from an account that is not connected has nothing to be taken away from. Kept until
# the account is connected, they would end a connection that is newer than they are.
OVER_BY_CONNECTING = frozenset(
    {
        "PARTNER_REMOVED",
        "PARTNER_APP_UNINSTALLED",
        "ACCOUNT_DELETED",
        "ACCOUNT_OFFBOARDED",
        "ACCOUNT_RECONNECTED",
    }
)


def handle(item: Item) -> Verdict:
    event = text(item.value.get("event"))
    if event is None:
        raise MalformedError("It names no event.")
    if event == PARTNER_ADDED:
        note_partner_added(item)
        return Verdict.DONE
    waba = connected_waba(item)
    if waba is None:
        return Verdict.SKIPPED if event in OVER_BY_CONNECTING else Verdict.HELD
    is_known = account_updates.apply(event=event, value=item.value, waba=waba, at=item.at)
    return Verdict.DONE if is_known else Verdict.UNKNOWN


def note_partner_added(item: Item) -> None:
    """A customer finished Meta's window: it may be all that we ever hear of a browser that was lost.

    The entry's id does not help here: in this event it is our own portfolio's.
    """
    info = inner(item.value, "waba_info")
    meta_waba_id = text(info.get("waba_id"))
    if meta_waba_id is None:
        raise MalformedError("It names no WABA.")
    owner = text(info.get("owner_business_id"))
    recovery.note_partner_added(meta_waba_id=meta_waba_id, owner_business_id=owner, at=item.at)


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
