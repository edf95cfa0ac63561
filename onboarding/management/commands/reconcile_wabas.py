"""`manage.py reconcile_wabas [--repair] [--json]`: Meta's lists of shared WABAs against what is stored."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from api.progress import Progress
from meta_graph.businesses import SharedWaba as Listed
from meta_graph.errors import GraphError
from onboarding.reconciling import (
    Difference,
    differences,
    owned_by_us,
    repaired,
    shared_with_us,
    unknown,
)
from wabas.models import Waba

DIFFERENCES_LEFT, STOPPED_BY_HAND = 1, 130
LINES_APART = 50


class Command(BaseCommand):
    help = (
        "Compares what Meta says is shared with us with what is stored, and lists each difference. Exit"
        " status 1 where differences are left. Safe to stop and start again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="subscribe our app again, disconnect what is gone, put unknown ones to support",
        )
        parser.add_argument("--json", action="store_true", help="one JSON list at the end, and no bar")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.META_SYSTEM_USER_TOKEN or not settings.META_BUSINESS_ID:
            raise CommandError(
                "Set META_BUSINESS_ID and META_SYSTEM_USER_TOKEN: Meta's lists are read by them."
            )
        try:
            shared, owned = shared_with_us(), owned_by_us()
        except GraphError as error:
            raise CommandError(f"Meta's lists could not be read: {error}") from None
        ids = list(Waba.objects.connected().order_by("pk").values_list("pk", flat=True))
        progress = None if options["json"] else Progress(self.stdout, len(ids), every=LINES_APART)
        found: list[Difference] = []
        try:
            for difference in compared(ids, shared, shared | owned, progress, is_repairing=options["repair"]):
                found.append(difference)
                if progress:
                    progress.line(worded(difference))
        except KeyboardInterrupt:
            text = f"\nStopped after {len(found)} differences; the same command begins again."
            raise CommandError(text, returncode=STOPPED_BY_HAND) from None
        self.conclude(found, options)

    def conclude(self, found: list[Difference], options: Mapping[str, Any]) -> None:
        left = [one for one in found if one.repaired is None]
        if options["json"]:
            shown = [asdict(one) for one in found]
            self.stdout.write(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
        elif not found:
            self.stdout.write("No differences.")
        else:
            self.stdout.write(f"{len(found)} differences, {len(found) - len(left)} repaired.")
        if left:
            raise SystemExit(DIFFERENCES_LEFT)


def compared(
    ids: list[UUID],
    shared: Mapping[str, Listed],
    listed: Mapping[str, Listed],
    progress: Progress | None,
    *,
    is_repairing: bool,
) -> Iterator[Difference]:
    """First what is shared and unknown, then each connected row, read just before Meta is asked about it."""
    for one in unknown(shared):
        yield repaired(one, None, shared[one.meta_waba_id]) if is_repairing else one
    for number, waba_id in enumerate(ids, 1):
        waba = Waba.objects.connected().select_related("organization").filter(pk=waba_id).first()
        entry = listed.get(waba.meta_waba_id) if waba else None
        for one in differences(waba, entry) if waba else ():
            yield repaired(one, waba, entry) if is_repairing else one
        if progress:
            progress.show(number, f"{number} of {len(ids)} connected WABAs compared")
    if progress:
        progress.end()


def worded(difference: Difference) -> str:
    whose = f"  {difference.organization}" if difference.organization else ""
    done = f"  [{difference.repaired}]" if difference.repaired else ""
    return f"{difference.meta_waba_id}  {difference.kind}{whose}  {difference.said}{done}"
