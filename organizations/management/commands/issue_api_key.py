"""`manage.py issue_api_key ORG [--scopes read,write] [--expires DATE] [--json]`."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from organizations.models import Organization, Scope
from organizations.services import issue_key


def organization_named(given: str) -> Organization:
    """By id, or by a name that only one has."""
    try:
        found = Organization.objects.filter(pk=UUID(given))
    except ValueError:
        found = Organization.objects.filter(name=given)
    if found.count() != 1:
        raise CommandError(f"{found.count()} organizations are called {given!r}; give the id.")
    return found.get()


def moment(given: str) -> datetime:
    day = parse_date(given)
    parsed = parse_datetime(given) or (datetime(day.year, day.month, day.day) if day else None)  # noqa: DTZ001
    if parsed is None:
        raise CommandError("--expires takes 2026-12-31 or 2026-12-31T12:00:00Z.")
    return parsed if timezone.is_aware(parsed) else timezone.make_aware(parsed)


class Command(BaseCommand):
    help = "Makes an API key for an organization and prints it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", help="its id, or its name")
        parser.add_argument("--name", default="issued by an operator")
        parser.add_argument("--scopes", default="read,write", help="read,write,keys")
        parser.add_argument("--expires", help="a date or a time, UTC")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = [scope.strip() for scope in options["scopes"].split(",")]
        if unknown := [scope for scope in scopes if scope not in Scope.values]:
            raise CommandError(f"Unknown scopes: {', '.join(unknown)}. There are: {', '.join(Scope.values)}.")
        issued = issue_key(
            organization=organization_named(options["organization"]),
            name=options["name"],
            scopes=scopes,
            expires_at=moment(options["expires"]) if options["expires"] else None,
        )
        if options["json"]:
            self.stdout.write(
                json.dumps({"prefix": issued.api_key.prefix, "scopes": scopes, "key": issued.secret})
            )
        else:
            self.stdout.write(f"API key (shown once): {issued.secret}")
