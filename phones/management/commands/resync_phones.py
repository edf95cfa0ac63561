"""`manage.py resync_phones [--stale-for 1h]`."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from api.progress import Progress
from phones.models import PhoneNumber
from phones.sync import check_waba
from wabas.models import Waba
from webhooks.tasks import ring

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
STOPPED_BY_HAND = 130


def duration(given: str) -> timedelta:
    """`90s`, `30m`, `1h`, `2d`."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", given, re.ASCII)
    if not found:
        raise ArgumentTypeError("must be like 90s, 30m, 1h or 2d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


class Command(BaseCommand):
    help = (
        "Checks connected numbers at Meta now, three calls a WABA, one WABA after another; a WABA that Meta "
        "wants left alone is left to the schedule. Safe to stop and start again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = (
            "only numbers that were not checked for so long, such as 90s, 30m, 1h or 2d; all when left out"
        )
        parser.add_argument("--stale-for", type=duration, metavar="DURATION", help=words)

    def handle(self, *args: Any, **options: Any) -> None:
        started, stale_for = timezone.now(), options["stale_for"]
        numbers = PhoneNumber.objects.filter(disconnected_at=None, waba__status=Waba.Status.CONNECTED)
        if stale_for is not None:
            numbers = numbers.filter(Q(synced_at=None) | Q(synced_at__lte=started - stale_for))
        waba_ids = list(numbers.order_by("waba_id").values_list("waba_id", flat=True).distinct())
        bar, events, done = Progress(self.stdout, len(waba_ids), every=100), 0, 0
        try:
            for waba_id in waba_ids:
                events += check_waba(waba_id)
                done += 1
                bar.show(done, f"{done} of {len(waba_ids)} WABAs, {events} events")
        except KeyboardInterrupt:
            text = f"\nStopped after {done} of {len(waba_ids)} WABAs. --stale-for goes on with the rest."
            raise CommandError(text, returncode=STOPPED_BY_HAND) from None
        finally:
            if events:
                ring()
        bar.end()
        checked = PhoneNumber.objects.filter(waba_id__in=waba_ids)
        answered, failed = (
            checked.filter(**{f"{column}__gte": started}).count()
            for column in ("synced_at", "sync_failed_at")
        )
        self.stdout.write(
            f"{answered} numbers were checked, {failed} checks failed, {events} events were made."
        )
