"""`manage.py update_catalogues`: after a text was changed, and after it was translated."""

from typing import Any

from django.core.management.base import BaseCommand

from development import catalogues


class Command(BaseCommand):
    help = "Brings locale/*/LC_MESSAGES up to date with code and templates, and compiles it."

    def handle(self, *args: Any, **options: Any) -> None:
        for language in catalogues.languages():
            catalogues.bring_up_to_date(language)
            left = catalogues.problems(language)
            self.stdout.write(f"{language}: {'whole' if not left else f'{len(left)} to do'}")
            for problem in left:
                self.stdout.write(f"  {problem}")
