"""Signups that finished at Meta and whose code never came: found, and their token fetched instead."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from onboarding.models import SharedWaba

Outcome = SharedWaba.Outcome


@transaction.atomic
def note_partner_added(*, meta_waba_id: str, owner_business_id: str | None, at: datetime) -> None:
    """Meta said that a WABA was shared with us. May be called any number of times, in any order.

    `at` is Meta's time of the event, the same however often it is delivered: a later one is a new sign-up,
    which is looked at again whatever became of the one before.
    """
    row, is_new = SharedWaba.objects.select_for_update(of=("self",)).get_or_create(
        meta_waba_id=meta_waba_id,
        defaults={
            "owner_business_id": owner_business_id,
            "first_told_at": at,
            "last_told_at": at,
            "next_look_at": first_look(at),
        },
    )
    if is_new:
        return
    row.owner_business_id = row.owner_business_id or owner_business_id
    row.first_told_at = min(row.first_told_at, at)
    if at > row.last_told_at:
        row.owner_business_id = owner_business_id or row.owner_business_id
        row.last_told_at = at
        if row.settled_at and at > row.settled_at:
            row.outcome, row.signup, row.error = Outcome.WAITING, None, None
            row.settled_at, row.settled_by, row.next_look_at = None, None, first_look(at)
    row.save()


def first_look(at: datetime) -> datetime:
    """Long enough after Meta's word for the code of an ordinary signup to be there first."""
    return at + timedelta(seconds=settings.RECOVERY_SILENCE_SECONDS)
