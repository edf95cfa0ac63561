"""`manage.py prune [--dry-run]`."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from webhooks.retention import Pruned, prune

# Seconds between two lines.
PAUSE = 1.0


class Command(BaseCommand):
    help = "Deletes what is older than the documentation says; safe to stop and start again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how much that is")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = "Would delete" if options["dry_run"] else "Deleted"
        total, said_at = Pruned(), time.monotonic()
        for pruned in prune(timezone.now(), is_dry=options["dry_run"]):
            total = total.plus(pruned)
            if time.monotonic() - said_at >= PAUSE:
                said_at = time.monotonic()
                self.stdout.write(f"{total} so far")
        self.stdout.write(f"{verb} {total}.")
