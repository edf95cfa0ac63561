"""`manage.py doctor [--json]`: is this installation set up right, here and at Meta."""

import json
import logging
import shutil
import textwrap
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.doctor.findings import Status
from backoffice.doctor.running import Result, run
from backoffice.doctor.table import CHECKS

WORDS = {
    Status.OK: "ok",
    Status.WARNING: "warning",
    Status.FAILED: "failed",
    Status.NOT_CHECKED: "not checked",
}
STATUS_WIDTH, NAME_WIDTH = max(map(len, WORDS.values())), max(len(check.name) for check in CHECKS)
INDENT = " " * (STATUS_WIDTH + NAME_WIDTH + 4)
NARROWEST = 30
STOPPED_BY_HAND = 130


class Command(BaseCommand):
    help = (
        "Checks the configuration here and at Meta, one line a check, with what to do where it fails. Exit"
        " status 1 where one failed. Changes nothing; prints no secret."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print a JSON list of {check, status, message, remedy}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[Result] = []
        try:
            with quiet(options["verbosity"]):
                for result in run(CHECKS):
                    found.append(result)
                    if not options["json"]:
                        self.show(result)
        except KeyboardInterrupt:
            raise CommandError("\nStopped.", returncode=STOPPED_BY_HAND) from None
        if options["json"]:
            self.stdout.write(json.dumps([as_json(result) for result in found], indent=2))
        else:
            self.stdout.write(f"\n{summary(found)}")
        if any(result.finding.status is Status.FAILED for result in found):
            raise SystemExit(1)

    def show(self, result: Result) -> None:
        """The line, and what to do below it."""
        finding = result.finding
        status = self.coloured(finding.status)(WORDS[finding.status].ljust(STATUS_WIDTH))
        first, *others = self.wrapped(finding.message)
        self.stdout.write(f"{status}  {result.check.ljust(NAME_WIDTH)}  {first}")
        for line in others:
            self.stdout.write(f"{INDENT}{line}")
        for number, line in enumerate(self.wrapped(f"To do: {finding.remedy}") if finding.remedy else ()):
            self.stdout.write(f"{INDENT}{'' if number == 0 else '  '}{line}")
        self.stdout.flush()

    def coloured(self, status: Status) -> Callable[[str], str]:
        styles: dict[Status, Callable[[str], str]] = {
            Status.OK: self.style.SUCCESS,
            Status.WARNING: self.style.WARNING,
            Status.FAILED: self.style.ERROR,
            Status.NOT_CHECKED: self.style.HTTP_NOT_MODIFIED,
        }
        return styles[status]

    def wrapped(self, text: str) -> list[str]:
        """Lines that fit on the terminal; one where nobody looks at a terminal."""
        if not self.stdout.isatty():
            return [text]
        room = shutil.get_terminal_size().columns - len(INDENT) - 3
        return textwrap.wrap(text, max(room, NARROWEST), break_long_words=False, break_on_hyphens=False) or [
            ""
        ]


@contextmanager
def quiet(verbosity: int) -> Iterator[None]:
    """Without the log of the calls that the checks make, which would stand between the lines."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL if verbosity < 2 else before)
    try:
        yield
    finally:
        logging.disable(before)


def as_json(result: Result) -> dict[str, str]:
    finding = result.finding
    return {
        "check": result.check,
        "status": finding.status.value,
        "message": finding.message,
        "remedy": finding.remedy,
    }


def summary(found: list[Result]) -> str:
    counts = Counter(result.finding.status for result in found)
    told = ", ".join(f"{counts[status]} {WORDS[status]}" for status in Status if counts[status])
    return f"{len(found)} checks: {told}."
