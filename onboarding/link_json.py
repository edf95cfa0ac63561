"""A link, its steps and its secret as the API writes them: by hand, since it is the hottest read of all."""

from datetime import datetime
from typing import Any

import orjson
from django.conf import settings

from api.times import timestamp
from onboarding.landing import landing_url
from onboarding.models import OnboardingLink, StepRun
from onboarding.next_action import hosted_url, published_action
from onboarding.preview import preview_url
from onboarding.starter_templates import rows
from webhooks.signing import standard_webhooks_secret

# Every field of the two objects, in the documentation's order; a client may give some of them.
BUSINESS = ("name", "email", "website", "registrationId", "address", "addressLine2", "city", "state",
            "postalCode", "country", "phoneNumber", "timezone", "category", "description")  # fmt: skip
BRANDING = ("logoUrl", "welcomeMessage", "buttonText", "successMessage", "failureMessage")


def with_secret(shown: dict[str, Any], secret: str | None) -> dict[str, Any]:
    """`shown` with the secret where the documentation has it: behind `webhookUrl`."""
    secrets = {
        "webhookSecret": secret,
        "standardWebhooksSecret": standard_webhooks_secret(secret) if secret else None,
    }
    names = list(shown)
    place = names.index("webhookUrl") + 1
    return {name: shown[name] for name in names[:place]} | secrets | {n: shown[n] for n in names[place:]}


def link_json(link: OnboardingLink, now: datetime) -> dict[str, Any]:
    """The link's fields, in the documentation's order."""
    phone = link.phone
    is_completed = link.status == OnboardingLink.Status.COMPLETED
    shown = {
        "id": link.pk,
        "name": link.name,
        "status": link.published_status(now),
        "externalId": link.external_id,
        "metadata": orjson.Fragment(link.metadata) if link.metadata is not None else None,
        "redirectUrl": link.redirect_url,
        "hostedUrl": hosted_url(link),
        "previewUrl": preview_url(link),
        "phoneNumberId": phone.pk if phone else None,
        "phoneNumber": phone.phone_number if phone else None,
        "wabaId": link.waba_id,
        "isPhoneRegistered": phone.is_registered if phone else None,
        "webhookUrl": inbound_url(link) if is_completed else link.webhook_url,
        "webhookEvents": link.webhook_events,
        "outgoingWebhook": webhook_json(link),
        "mode": link.mode,
        "expectedPhoneNumber": link.expected_phone_number,
        "language": link.language,
        "business": whole(link.business, BUSINESS),
        "displayName": link.display_name,
        "branding": whole(link.branding, BRANDING),
        "registeredNumberId": link.registered_number_id,
        "landingPageUrl": landing_url(link.landing_slug),
        "starterTemplates": rows.published(link.starter_templates),
        "expiresAt": timestamp(link.expires_at) if link.expires_at else None,
        "createdAt": timestamp(link.created_at),
        "completedAt": timestamp(link.completed_at) if link.completed_at else None,
        "lastError": error_json(link.last_error),
        "nextAction": published_action(link, now),
    }
    if is_completed:
        del shown["webhookEvents"]
    return shown


def whole(given: dict[str, Any] | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    """What was given, with null for each field that was left out; null where nothing was."""
    return {name: given.get(name) for name in names} if given else None


def inbound_url(link: OnboardingLink) -> str | None:
    return f"{settings.PUBLIC_BASE_URL}/webhook/phone/{link.phone_id}" if link.phone_id else None


def webhook_json(link: OnboardingLink) -> dict[str, Any] | None:
    webhook = link.outgoing_webhook
    return {"id": webhook.pk, "url": webhook.url, "events": webhook.events} if webhook else None


def error_json(error: dict[str, Any] | None) -> dict[str, Any] | None:
    return {name: error.get(name) for name in ("code", "message", "step", "actor", "at")} if error else None


def progress_json(link: OnboardingLink) -> list[dict[str, Any]]:
    """The steps of the signup whose code was exchanged last, in order."""
    latest = link.signups.exclude(exchanged_at=None).order_by("-exchanged_at").values("pk")[:1]
    return [step_json(run) for run in StepRun.objects.filter(signup=latest).order_by("position")]


def step_json(run: StepRun) -> dict[str, Any]:
    error = run.error
    return {
        "step": run.step,
        "status": run.status,
        "attempts": run.attempts,
        "startedAt": timestamp(run.started_at) if run.started_at else None,
        "finishedAt": timestamp(run.finished_at) if run.finished_at else None,
        "error": {name: error.get(name) for name in ("code", "message", "meta")} if error else None,
    }
