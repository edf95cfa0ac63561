"""`manage.py create_onboarding_link ORG --name ... [--json]`: the same service and rules as the API."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from api.errors import ApiError, flattened
from onboarding.serializers import LinkInput, NewLinkOutput
from onboarding.services import create_link
from organizations.management.commands.issue_api_key import organization_named

TEXTS = {
    "name": "name",
    "external_id": "externalId",
    "redirect_url": "redirectUrl",
    "webhook_url": "webhookUrl",
    "mode": "mode",
    "expected_phone_number": "expectedPhoneNumber",
    "language": "language",
    "expires_at": "expiresAt",
    "display_name": "displayName",
    "registered_number": "registeredNumberId",
}


class Command(BaseCommand):
    help = "Makes an onboarding link for an organization and prints its hosted URL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", help="its id, or its name")
        for option, field in TEXTS.items():
            parser.add_argument(f"--{option.replace('_', '-')}", required=option == "name", help=field)
        parser.add_argument("--webhook-events", help="webhookEvents, comma separated")
        parser.add_argument("--metadata", help="a JSON object")
        parser.add_argument("--business", help="a JSON object with the fields of business")
        parser.add_argument("--branding", help="a JSON object with the fields of branding; a logo is fetched")
        parser.add_argument("--starter-templates", help="all, or their names, comma separated")
        parser.add_argument("--landing-page", action="store_true", help="needs the fields that it shows")
        parser.add_argument("--json", action="store_true", help="print the link as the API answers it")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_named(options["organization"])
        body = LinkInput(data=self.body(options), context={"organization": organization})
        try:
            if not body.is_valid():
                raise refused(flattened(body.errors))
            made = NewLinkOutput(create_link(organization=organization, **body.validated_data)).data
        except ApiError as error:
            raise refused(error.details) if error.details else CommandError(str(error)) from error
        shown = orjson.dumps(made, option=orjson.OPT_INDENT_2).decode()
        self.stdout.write(shown if options["json"] else made["hostedUrl"])

    def body(self, options: dict[str, Any]) -> dict[str, Any]:
        given = {field: options[option] for option, field in TEXTS.items() if options[option] is not None}
        if options["webhook_events"]:
            given["webhookEvents"] = options["webhook_events"].split(",")
        if names := options["starter_templates"]:
            given["starterTemplates"] = True if names == "all" else names.split(",")
        for option in ("metadata", "business", "branding"):
            if options[option]:
                given[option] = parsed(option, options[option])
        return given | ({"landingPage": True} if options["landing_page"] else {})


def parsed(option: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as wrong:
        raise CommandError(f"{option}: {wrong}") from None


def refused(details: Iterable[Mapping[str, str]]) -> CommandError:
    return CommandError("; ".join(f"{detail['field']}: {detail['message']}" for detail in details))
