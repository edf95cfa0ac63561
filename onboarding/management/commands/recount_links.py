"""`manage.py recount_links`: how many links each organization made on each day, counted anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding import link_counts


class Command(BaseCommand):
    help = (
        "Counts the links of each organization and day anew, by which lists know totals and pages. The"
        " database keeps these counts itself; run this when the doctor says that some are wrong. Links"
        " cannot be made or changed while it counts: about a second for a million."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not link_counts.are_kept():
            raise CommandError("Counts are kept on PostgreSQL alone: there is nothing to mend.")
        wrong = link_counts.recount()
        self.stdout.write(f"{wrong} days were wrong." if wrong else "All counts were right.")
