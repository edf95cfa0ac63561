"""`manage.py prune [--dry-run]`."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from api.progress import Progress
from inbox import retention as inbox
from journal import retention as calls
from meta_events import retention
from onboarding import logo_retention as logos
from organizations import retention as keys
from webhooks.retention import Pruned, prune

# Seconds between two lines.
PAUSE = 1.0
STOPPED_BY_HAND = 130


class Command(BaseCommand):
    help = "Deletes what is older than the documentation says; safe to stop and start again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how much that is")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        *_, over = totals(now, is_dry=True)
        if options["dry_run"]:
            self.stdout.write(f"Would delete {over}.")
            return
        progress, said_at, done = Progress(self.stdout, over.count), time.monotonic(), Done()
        try:
            for done in totals(now, is_dry=False):
                if self.stdout.isatty() or time.monotonic() - said_at >= PAUSE:
                    said_at = time.monotonic()
                    progress.show(done.count, f"{done} so far")
        except KeyboardInterrupt:
            text = f"\nStopped. Deleted {done}; the same command goes on."
            raise CommandError(text, returncode=STOPPED_BY_HAND) from None
        progress.end()
        self.stdout.write(f"Deleted {done}.")


@dataclass(frozen=True)
class Done:
    """What is deleted by then, of each kind."""

    outgoing: Pruned = field(default_factory=Pruned)
    others: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Events stand for their attempts too, which go with them."""
        return self.outgoing.events + self.outgoing.endpoints + sum(self.others.values())

    def __str__(self) -> str:
        return ", ".join([str(self.outgoing), *(f"{count} {what}" for what, count in self.others.items())])


def totals(now: datetime, *, is_dry: bool) -> Iterator[Done]:
    """At the beginning, and after each batch."""
    outgoing = Pruned()
    others = {
        "notifications from Meta": retention,
        "idempotency keys": keys,
        "messages": inbox,
        "logos": logos,
        "calls of Graph": calls,
    }
    deleted = dict.fromkeys(others, 0)
    yield Done(outgoing, dict(deleted))
    for pruned in prune(now, is_dry=is_dry):
        outgoing = outgoing.plus(pruned)
        yield Done(outgoing, dict(deleted))
    for what, room in others.items():
        for count in room.prune(now, is_dry=is_dry):
            deleted[what] += count
            yield Done(outgoing, dict(deleted))
