"""`manage.py make_staff_groups`: the groups of the staff, as docs/guides/support.md has them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backoffice.groups import make_groups


class Command(BaseCommand):
    help = "Makes the groups support, operator and owner, or gives them their permissions back."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = make_groups()
        except LookupError as missing:
            raise CommandError(str(missing)) from missing
        for name, count in made.items():
            self.stdout.write(f"{name}: {count} permissions")
