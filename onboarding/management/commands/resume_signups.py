"""`manage.py resume_signups`: rings for every step that is due, as the sweep does."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from api.doorbell import ring
from onboarding import overdue, resuming
from onboarding.tasks import run_step


class Command(BaseCommand):
    help = "Takes unfinished signups up again: those whose time has come, and those whose worker fell silent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--here", action="store_true", help="run the steps in this process, without workers"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        freed = overdue.fail_unanswered(now)
        due = [*resuming.due(now), *resuming.unblock_silent(now)]
        for signup_id, step in due:
            if options["here"]:
                run_step(signup_id=str(signup_id), step=step)
            else:
                ring(run_step, signup_id=str(signup_id), step=step)
            self.stdout.write(f"{signup_id}  {step}")
        self.stdout.write(f"{len(due)} steps taken up, {freed} interrupted sign-ins freed.")
