"""`manage.py redeliver_webhooks --webhook ID --since TIME [--status failed]`."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from api.errors import ApiError
from api.progress import Progress
from webhooks.models import OutgoingWebhook
from webhooks.redelivery import Batch, ended, replay_in_batches
from webhooks.serializers import OUTCOMES, ReplayInput

STOPPED_BY_HAND = 130


class Command(BaseCommand):
    help = (
        "Sends again what went to an endpoint since a time, as `replay` does; safe to stop and start again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--webhook", required=True, type=UUID, help="the endpoint's id")
        parser.add_argument("--since", required=True, help="such as 2026-01-15T10:30:00Z, within 30 days")
        parser.add_argument("--status", choices=[one.value for one in OUTCOMES], help="both when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        webhook = OutgoingWebhook.objects.filter(pk=options["webhook"], deleted_at=None).first()
        if webhook is None:
            raise CommandError("There is no such endpoint.")
        asked = {name: options[name] for name in ("since", "status") if options[name]}
        body = ReplayInput(data=asked)
        if not body.is_valid():
            raise CommandError("; ".join(f"--{name}: {wrong[0]}" for name, wrong in body.errors.items()))
        self.replay(webhook, body.validated_data)

    def replay(self, webhook: OutgoingWebhook, asked: dict[str, Any]) -> None:
        total, done = ended(webhook=webhook, **asked).count(), Batch(0, 0)
        progress = Progress(self.stdout, total)
        try:
            for batch in replay_in_batches(webhook=webhook, **asked):
                done = Batch(done.seen + batch.seen, done.added + batch.added)
                progress.show(done.seen, f"{done.seen} of {total} looked at, {done.added} to be sent again")
        except KeyboardInterrupt:
            text = f"\nStopped. {done.added} are sent again; the same command sends the rest."
            raise CommandError(text, returncode=STOPPED_BY_HAND) from None
        except ApiError as refused:
            raise CommandError(f"{refused} {done.added} are sent again.") from None
        progress.end()
        self.stdout.write(f"{done.added} are sent again, one after another.")
