"""`manage.py resume_signups`: takes up whatever is due, as the sweep does."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from api.doorbell import ring
from api.progress import Progress
from onboarding import overdue, recovery, resuming
from onboarding.tasks import look_at_shared, run_step

STOPPED_BY_HAND = 130


class Command(BaseCommand):
    help = (
        "Takes unfinished signups up again: those whose time has come, those whose worker fell silent, and"
        " those whose code was lost. Safe to stop and start again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--here", action="store_true", help="do the work in this process, without workers"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        freed = overdue.fail_unanswered(now)
        looks = [(look_at_shared, {"shared_id": pk}, f"shared WABA {pk}") for pk in recovery.due(now)]
        steps = [
            (run_step, {"signup_id": str(signup_id), "step": step}, f"{signup_id}  {step}")
            for signup_id, step in dict.fromkeys(
                [*resuming.due(now), *resuming.unblock_silent(now), *resuming.cooled(now)]
            )
        ]
        self.take_up([*looks, *steps], is_here=options["here"])
        self.stdout.write(
            f"{len(steps)} steps and {len(looks)} lost signups taken up, {freed} interrupted sign-ins freed."
        )

    def take_up(self, work: list[tuple[Any, dict[str, Any], str]], *, is_here: bool) -> None:
        progress = Progress(self.stdout, len(work))
        try:
            for number, (task, given, words) in enumerate(work, 1):
                if is_here:
                    task(**given)
                else:
                    ring(task, **given)
                progress.show(number, words)
        except KeyboardInterrupt:
            raise CommandError("\nStopped; the same command goes on.", returncode=STOPPED_BY_HAND) from None
        progress.end()
