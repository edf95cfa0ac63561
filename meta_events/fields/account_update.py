"""`account_update`: what became of an account that customers share with us, or have just shared.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/account_update
"""

from meta_events.fields.owners import connected_waba
from meta_events.items import Item, MalformedError, Verdict
from meta_events.texts import cleaned, inner, text
from onboarding import recovery
from phones import account_updates

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
    is_known = account_updates.apply(event=event, value=cleaned(item.value), waba=waba, at=item.at)
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
