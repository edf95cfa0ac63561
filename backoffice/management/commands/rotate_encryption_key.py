"""`manage.py rotate_encryption_key [--check]`."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from api.progress import Progress
from backoffice.key_rotation import Tally, total, walk

STOPPED_BY_HAND = 130
UNOPENED, OLDER_LEFT = 1, 3
# Seconds between two lines where nobody looks at a terminal.
PAUSE = 1.0


class Command(BaseCommand):
    help = (
        "Encrypts what older keys of FIELD_ENCRYPTION_KEYS wrote with the newest one, while everything runs,"
        " and then says what is left. Safe to stop and start again. Exit status 1: a value that no key opens;"
        " 3: older keys are still needed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing: only say which keys are needed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if not options["check"]:
                done = self.walked("looked at", is_dry=False)
                self.stdout.write(f"{done.rotated} secrets were encrypted anew.")
            # A second look: meanwhile a process may have written with an older key.
            self.conclude(self.walked("checked", is_dry=True))
        except KeyboardInterrupt:
            text = "\nStopped; the same command passes by what is done and goes on."
            raise CommandError(text, returncode=STOPPED_BY_HAND) from None

    def walked(self, verb: str, *, is_dry: bool) -> Tally:
        rows, tally, said_at = total(), Tally(), time.monotonic()
        progress = Progress(self.stdout, rows)
        for tally in walk(is_dry=is_dry):
            if self.stdout.isatty() or time.monotonic() - said_at >= PAUSE:
                said_at = time.monotonic()
                progress.show(tally.rows, f"{tally.rows} of {rows} rows {verb}")
        progress.end()
        return tally

    def conclude(self, found: Tally) -> None:
        keys = len(settings.FIELD_ENCRYPTION_KEYS)
        self.stdout.write(
            f"{found.values} secrets, {keys} {'key' if keys == 1 else 'keys'}: {found.newest} by the newest,"
            f" {found.older} by older ones, {found.unopened} that no key opens."
        )
        for place in found.places:
            self.stdout.write(f"No key opens {place}")
        if found.unopened > len(found.places):
            self.stdout.write(f"... and {found.unopened - len(found.places)} more")
        if found.older:
            self.stdout.write("Keep the older keys.")
        elif not found.unopened and keys > 1:
            self.stdout.write("The older keys may go from FIELD_ENCRYPTION_KEYS; backups still need them.")
        if found.unopened or found.older:
            raise SystemExit(UNOPENED if found.unopened else OLDER_LEFT)
