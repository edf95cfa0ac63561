"""`manage.py prune [--dry-run]`."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from meta_events import retention
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
    outgoing, incoming, answered = Pruned(), 0, 0
    yield worded(outgoing, incoming, answered)
    for pruned in prune(now, is_dry=is_dry):
        outgoing = outgoing.plus(pruned)
        yield worded(outgoing, incoming, answered)
    for notifications in retention.prune(now, is_dry=is_dry):
        incoming += notifications
        yield worded(outgoing, incoming, answered)
    for deleted in keys.prune(now, is_dry=is_dry):
        answered += deleted
        yield worded(outgoing, incoming, answered)


def worded(outgoing: Pruned, incoming: int, answered: int) -> str:
    return f"{outgoing}, {incoming} notifications from Meta, {answered} idempotency keys"
