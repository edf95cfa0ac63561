"""`manage.py create_organization NAME [--with-key] [--json]`."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from organizations.models import Scope
from organizations.services import create_organization, issue_key


class Command(BaseCommand):
    help = "Makes an organization, and its first API key, which is printed once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--with-key", action="store_true", help="also make a key with every scope")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = create_organization(name=options["name"])
        made = {"id": str(organization.pk), "name": organization.name}
        if options["with_key"]:
            made["key"] = issue_key(organization=organization, name="first key", scopes=Scope.values).secret
        if options["json"]:
            self.stdout.write(json.dumps(made))
            return
        self.stdout.write(f"Organization {made['name']}: {made['id']}")
        if "key" in made:
            self.stdout.write(f"API key (shown once): {made['key']}")
