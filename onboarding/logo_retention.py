"""What is deleted: pictures that neither an organization nor a link shows any more.

In small transactions: it may be stopped at any time and begun again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from onboarding.models import OnboardingLink
from organizations.branding.logos import TAKEN_AGAIN_FOR
from organizations.models import Logo, Organization

# A new link may take a picture again for a day.
KEPT = TAKEN_AGAIN_FOR + timedelta(days=1)
BATCH = 100


def prune(now: datetime, *, is_dry: bool = False) -> Iterator[int]:
    """Deletes a batch at a time and yields how many these were.

    `is_dry`: deletes nothing, and yields the number of all at once.
    """
    if is_dry:
        yield unused(now).count()
        return
    while deleted := prune_some(now):
        yield deleted


def unused(now: datetime) -> QuerySet[Logo]:
    of_organization = Organization.objects.filter(logo=OuterRef("pk"))
    of_link = OnboardingLink.objects.filter(logo=OuterRef("pk"))
    old = Logo.objects.filter(fetched_at__lte=now - KEPT)
    return old.filter(~Exists(of_organization), ~Exists(of_link))


def prune_some(now: datetime) -> int:
    with transaction.atomic():
        rows = unused(now).select_for_update(skip_locked=True, of=("self",)).order_by("fetched_at")
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        deleted, _ = unused(now).filter(pk__in=ids).delete()
    return deleted
