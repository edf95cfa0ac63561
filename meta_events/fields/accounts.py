"""What Meta tells of accounts and numbers beside `account_update`: reviews, names, quality, PINs, alerts."""

from meta_events.fields.owners import connected_waba
from meta_events.items import Item, MalformedError, Verdict
from meta_events.texts import cleaned, text
from phones import account_updates, number_updates
from wabas.services import check_soon


def review(item: Item) -> Verdict:
    """https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/account_review_update"""
    if text(item.value.get("decision")) is None:
        raise MalformedError("It says no decision.")
    waba = connected_waba(item)
    if waba is None:
        return Verdict.HELD
    account_updates.apply(event=item.field, value=cleaned(item.value), waba=waba, at=item.at)
    return Verdict.DONE


def of_number(item: Item) -> Verdict:
    """One of `phone_number_name_update`, `phone_number_quality_update` and `security`.

    They name the number by its digits alone.
    """
    if not number_updates.digits(item.value):
        raise MalformedError("It names no number.")
    waba = connected_waba(item)
    if waba is None:
        return Verdict.HELD
    try:
        is_known = number_updates.apply(field=item.field, value=cleaned(item.value), waba=waba, at=item.at)
    except number_updates.UnknownNumberError:
        return Verdict.HELD
    return Verdict.DONE if is_known else Verdict.UNKNOWN


def for_people(item: Item) -> Verdict:
    """Nothing of ours follows from it but a look at Meta: `account_alerts`, `business_capability_update`."""
    waba = connected_waba(item)
    if waba is None:
        return Verdict.HELD
    check_soon(waba_id=waba.pk, at=item.received_at)
    return Verdict.NOTED
