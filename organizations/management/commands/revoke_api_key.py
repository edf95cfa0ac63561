"""`manage.py revoke_api_key PREFIX`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from organizations.models import ApiKey
from organizations.services import PREFIX_LENGTH, revoke_key


class Command(BaseCommand):
    help = "Revokes the API key with this prefix, at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", help="what the key starts with, as lists and logs show it")

    def handle(self, *args: Any, **options: Any) -> None:
        # Whoever gives the whole key does not see it again in a message.
        prefix = options["prefix"][:PREFIX_LENGTH]
        api_key = ApiKey.objects.filter(prefix=prefix).first()
        if api_key is None:
            raise CommandError(f"No API key starts with {prefix!r}.")
        revoke_key(api_key=api_key)
        self.stdout.write(f"Revoked {api_key.prefix} ({api_key.name}).")
