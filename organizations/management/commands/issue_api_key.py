"""`manage.py issue_api_key ORG [--scopes read,write] [--expires DATE] [--json]`."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from api.errors import flattened
from organizations.models import Organization
from organizations.serializers import ApiKeyInput
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


def moment(given: str) -> str:
    """A date or a time as the API takes it: a date is its first moment, a time without a zone is UTC."""
    try:
        at = parse_datetime(given)
    except ValueError:
        at = None
    if at is None:
        raise CommandError("--expires: it is no date or time such as 2026-12-31 or 2026-12-31T12:00:00Z.")
    return (at if timezone.is_aware(at) else at.replace(tzinfo=UTC)).isoformat()


class Command(BaseCommand):
    help = "Makes an API key for an organization and prints it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", help="its id, or its name")
        parser.add_argument("--name", default="issued by an operator")
        parser.add_argument("--scopes", default="read,write", help="read,write,keys")
        parser.add_argument("--expires", help="a date or a time, UTC")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_named(options["organization"])
        asked = {"name": options["name"], "scopes": [one.strip() for one in options["scopes"].split(",")]}
        if options["expires"] is not None:
            asked["expiresAt"] = moment(options["expires"])
        body = ApiKeyInput(data=asked)
        if not body.is_valid():
            raise CommandError("; ".join(told(body.errors)))
        issued = issue_key(organization=organization, **body.validated_data)
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "prefix": issued.api_key.prefix,
                        "scopes": issued.api_key.scopes,
                        "key": issued.secret,
                    }
                )
            )
        else:
            self.stdout.write(f"API key (shown once): {issued.secret}")


def told(errors: Any) -> Iterator[str]:
    """What the API's rules say, by the command's own words."""
    for detail in flattened(errors):
        yield f"--{detail['field'].removesuffix('At').partition('.')[0]}: {detail['message']}"
