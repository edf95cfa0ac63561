"""`manage.py revoke_api_key PREFIX`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from organizations.models import ApiKey
from organizations.services import revoke_key


class Command(BaseCommand):
    help = "Revokes the API key with this prefix, at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("prefix", help="what the key starts with, as lists and logs show it")

    def handle(self, *args: Any, **options: Any) -> None:
        api_key = ApiKey.objects.filter(prefix=options["prefix"]).first()
        if api_key is None:
            raise CommandError(f"No API key starts with {options['prefix']!r}.")
        revoke_key(api_key=api_key)
        self.stdout.write(f"Revoked {api_key.prefix} ({api_key.name}).")
