"""`manage.py create_organization NAME [--with-key] [--json]`."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from organizations.branding.serializers import OrganizationInput
from organizations.models import ApiKey, Organization, Scope
from organizations.services import create_organization, issue_key


class Command(BaseCommand):
    help = "Makes an organization, and its first API key, which is printed once. Run again it makes neither."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--with-key", action="store_true", help="also make a key with every scope")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        name = checked(options["name"])
        found = Organization.objects.filter(name=name)
        if found.count() > 1:
            raise CommandError(f"{found.count()} organizations are called {name!r} already.")
        is_there = found.exists()
        organization = found.get() if is_there else create_organization(name=name)
        made = {"id": str(organization.pk), "name": organization.name, "created": not is_there}
        if (
            options["with_key"]
            and not ApiKey.objects.filter(organization=organization, revoked_at=None).exists()
        ):
            made["key"] = issue_key(organization=organization, name="first key", scopes=Scope.values).secret
        if options["json"]:
            self.stdout.write(json.dumps(made))
            return
        self.stdout.write(
            f"Organization {made['name']}: {made['id']}{' (is there already)' if is_there else ''}"
        )
        if "key" in made:
            self.stdout.write(f"API key (shown once): {made['key']}")
        elif options["with_key"]:
            self.stdout.write("It has an API key already; issue_api_key makes another one.")


def checked(name: str) -> str:
    """The name as the API would take it. Raises CommandError."""
    asked = OrganizationInput(data={"name": name}, partial=True)
    if not asked.is_valid():
        raise CommandError(f"name: {' '.join(map(str, asked.errors['name']))}")
    return str(asked.validated_data["name"])
