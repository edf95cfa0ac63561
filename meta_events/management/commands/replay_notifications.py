"""`manage.py replay_notifications [--since TIME] [--until TIME] [--phone ID] [--unknown]`."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from api.progress import Progress
from meta_events.replaying import Batch, Chosen, replay
from meta_events.tasks import ring
from phones.models import PhoneNumber

STOPPED_BY_HAND = 130


class Command(BaseCommand):
    help = (
        "Handles again what Meta told us. Customers are told nothing twice. Safe to stop and to start again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", help="received from then on, such as 2026-01-15T10:30:00Z")
        parser.add_argument("--until", help="received before then")
        parser.add_argument("--phone", help="of this number: our id, or Meta's")
        parser.add_argument(
            "--unknown", action="store_true", help="only what was unknown, and is not since an update"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not any(options[name] for name in ("since", "until", "phone", "unknown")):
            raise CommandError("Say what: --since, --until, --phone or --unknown.")
        chosen = Chosen(
            since=moment("since", options["since"]),
            until=moment("until", options["until"]),
            meta_phone_number_id=metas_id(options["phone"]) if options["phone"] else None,
            is_unknown=options["unknown"],
        )
        done, total = Batch(), chosen.notifications().count()
        progress = Progress(self.stdout, total)
        try:
            for batch in replay(chosen, timezone.now()):
                done = done.plus(batch)
                progress.show(done.notifications, f"{done.notifications} of {total} notifications")
                ring()
        except KeyboardInterrupt:
            text = f"\nStopped. {worded(done)}; the same command begins anew."
            raise CommandError(text, returncode=STOPPED_BY_HAND) from None
        progress.end()
        self.stdout.write(f"{worded(done)}, one after another.")


def worded(done: Batch) -> str:
    return f"{done.changes} changes of {done.notifications} notifications are handled again"


def moment(name: str, given: str | None) -> datetime | None:
    """Raises CommandError."""
    if not given:
        return None
    try:
        at = parse_datetime(given)
    except ValueError:
        at = None
    if at is None:
        raise CommandError(f"--{name}: it is no time such as 2026-01-15T10:30:00Z.")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def metas_id(given: str) -> str:
    """Raises CommandError."""
    if given.isdigit():
        return given
    try:
        phone = PhoneNumber.objects.filter(pk=UUID(given)).only("meta_phone_number_id").first()
    except ValueError:
        phone = None
    if phone is None:
        raise CommandError("There is no such number.")
    return phone.meta_phone_number_id
