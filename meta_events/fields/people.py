"""What Meta tells of people who write: another id of theirs, and whether they want marketing messages."""

from inbox.receiving import receive_preference, receive_user_id_update
from meta_events.fields.owners import connected_number
from meta_events.items import Item, Verdict


def user_id_update(item: Item) -> Verdict:
    """https://developers.facebook.com/docs/whatsapp/business-scoped-user-ids"""
    if not item.part:
        return Verdict.UNKNOWN
    phone = connected_number(item)
    if phone is None:
        return Verdict.HELD
    receive_user_id_update(phone=phone, item=item.element, at=item.at)
    return Verdict.DONE


def user_preferences(item: Item) -> Verdict:
    """https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/user_preferences"""
    if not item.part:
        return Verdict.UNKNOWN
    phone = connected_number(item)
    if phone is None:
        return Verdict.HELD
    receive_preference(phone=phone, item=item.element, at=item.at)
    return Verdict.DONE
