"""`manage.py prune [--dry-run]`."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from inbox import retention as inbox
from meta_events import retention
from onboarding import logo_retention as logos
from organizations import retention as keys
from webhooks.retention import Pruned, prune

# Seconds between two lines.
PAUSE = 1.0


class Command(BaseCommand):
    help = "Deletes what is older than the documentation says; safe to stop and start again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how much that is")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = "Would delete" if options["dry_run"] else "Deleted"
        said_at, told = time.monotonic(), ""
        for told in totals(timezone.now(), is_dry=options["dry_run"]):
            if time.monotonic() - said_at >= PAUSE:
                said_at = time.monotonic()
                self.stdout.write(f"{told} so far")
        self.stdout.write(f"{verb} {told}.")


def totals(now: datetime, *, is_dry: bool) -> Iterator[str]:
    """What is deleted by then, in words: at the beginning, and after each batch."""
    outgoing = Pruned()
    others = {
        "notifications from Meta": retention,
        "idempotency keys": keys,
        "messages": inbox,
        "logos": logos,
    }
    deleted = dict.fromkeys(others, 0)
    yield worded(outgoing, deleted)
    for pruned in prune(now, is_dry=is_dry):
        outgoing = outgoing.plus(pruned)
        yield worded(outgoing, deleted)
    for what, room in others.items():
        for count in room.prune(now, is_dry=is_dry):
            deleted[what] += count
            yield worded(outgoing, deleted)


def worded(outgoing: Pruned, deleted: dict[str, int]) -> str:
    return ", ".join([str(outgoing), *(f"{count} {what}" for what, count in deleted.items())])
