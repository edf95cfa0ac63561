"""Links as the contract writes them, and the bodies of the hosted page's calls."""

import re
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone
from rest_framework import serializers

from api.fields import Choice, Metadata, PhoneNumberText, Text, Timestamp
from api.serializers import Input, Output, Query
from api.times import timestamp
from onboarding.models import OnboardingLink, StepRun
from onboarding.next_action import hosted_url, published_action
from webhooks.fields import CustomerUrl, EventNames, ReceiverUrl, SecretText
from webhooks.signing import standard_webhooks_secret

STATUSES = [*OnboardingLink.Status.values, "expired"]
BCP_47 = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
MAX_SESSION_KEYS = 40


class LanguageTag(Text):
    """BCP 47, as far as languages, scripts and regions go."""

    default_error_messages = {"language": "A language tag such as en, pt-BR or he is needed."}
    request_schema = {"pattern": f"^{BCP_47.pattern}$"}

    def to_internal_value(self, data: Any) -> str:
        tag = super().to_internal_value(data)
        if not BCP_47.fullmatch(tag):
            self.fail("language")
        return tag


class LinkInput(Input):
    """The body of a create."""

    together = ("webhookUrl", "webhookEvents")

    name = Text(min_length=1, max_length=255)
    externalId = Text(source="external_id", required=False, max_length=255)
    metadata = Metadata(required=False)
    redirectUrl = CustomerUrl(source="redirect_url", required=False)
    webhookUrl = ReceiverUrl(source="webhook_url", required=False)
    webhookSecret = SecretText(source="webhook_secret", required=False)
    webhookEvents = EventNames(source="webhook_events", required=False)
    expiresAt = Timestamp(source="expires_at", required=False)
    mode = Choice(choices=OnboardingLink.Mode.choices, required=False)
    expectedPhoneNumber = PhoneNumberText(source="expected_phone_number", required=False)
    language = LanguageTag(required=False, max_length=35)

    def validate_expiresAt(self, value: datetime) -> datetime:
        if value <= timezone.now():
            raise serializers.ValidationError("It must be in the future.", code="past")
        return value


class LinkQuery(Query):
    """The list's filters."""

    status = Choice(choices=STATUSES, required=False)
    externalId = Text(required=False, max_length=255)
    phoneNumber = PhoneNumberText(required=False)
    createdAfter = Timestamp(required=False)
    createdBefore = Timestamp(required=False)


class ActionOutput(Output):
    """Who has to move now."""

    actor = serializers.ChoiceField(choices=["end_user", "customer", "platform", "meta"])
    code = serializers.CharField()
    message = serializers.CharField()
    url = serializers.URLField(required=False)
    deadline = Timestamp(required=False)


class MetaErrorOutput(Output):
    """What Meta said."""

    code = serializers.IntegerField(allow_null=True)
    subcode = serializers.IntegerField(allow_null=True)
    traceId = serializers.CharField(allow_null=True)


class LinkErrorOutput(Output):
    """Why the last signup did not complete the link."""

    code = serializers.CharField()
    message = serializers.CharField()
    step = serializers.CharField(allow_null=True)
    actor = serializers.ChoiceField(choices=["end_user", "customer", "platform", "meta"])
    at = Timestamp()


class StepErrorOutput(Output):
    code = serializers.CharField()
    message = serializers.CharField()
    meta = MetaErrorOutput(allow_null=True)


class StepOutput(Output):
    """One step of the running or last signup."""

    step = serializers.CharField()
    status = serializers.ChoiceField(choices=StepRun.Status.choices)
    attempts = serializers.IntegerField()
    startedAt = Timestamp(allow_null=True)
    finishedAt = Timestamp(allow_null=True)
    error = StepErrorOutput(allow_null=True)


class LinkWebhookOutput(Output):
    """The outgoing webhook that was made from the link."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    events = serializers.ListField(child=serializers.CharField())


class LinkOutput(Output):
    """A link. `webhookEvents` is absent once completed; `webhookUrl` is then the phone's inbound URL here."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    externalId = serializers.CharField(allow_null=True)
    metadata = Metadata(allow_null=True)
    redirectUrl = serializers.URLField(allow_null=True)
    hostedUrl = serializers.URLField()
    phoneNumberId = serializers.UUIDField(allow_null=True, help_text="Our id of the phone.")
    phoneNumber = serializers.CharField(allow_null=True)
    wabaId = serializers.UUIDField(allow_null=True, help_text="Our id of the WABA.")
    isPhoneRegistered = serializers.BooleanField(allow_null=True)
    webhookUrl = serializers.URLField(allow_null=True)
    webhookEvents = serializers.ListField(child=serializers.CharField(), required=False)
    outgoingWebhook = LinkWebhookOutput(allow_null=True)
    mode = serializers.ChoiceField(choices=OnboardingLink.Mode.choices)
    expectedPhoneNumber = serializers.CharField(allow_null=True)
    language = serializers.CharField(allow_null=True)
    expiresAt = Timestamp(allow_null=True)
    createdAt = Timestamp()
    completedAt = Timestamp(allow_null=True)
    lastError = LinkErrorOutput(allow_null=True)
    nextAction = ActionOutput(allow_null=True)

    def to_representation(self, instance: OnboardingLink) -> dict[str, Any]:
        return link_json(instance, timezone.now())


class LinkDetailOutput(LinkOutput):
    """A link with the steps of its running or last signup."""

    progress = StepOutput(many=True)

    def to_representation(self, instance: OnboardingLink) -> dict[str, Any]:
        return link_json(instance, timezone.now()) | {"progress": progress_json(instance)}


class NewLinkOutput(LinkDetailOutput):
    """The answer to a create: the only one with the secret."""

    webhookSecret = serializers.CharField(allow_null=True)
    standardWebhooksSecret = serializers.CharField(
        allow_null=True, help_text="The same secret in the form that Standard Webhooks libraries take."
    )

    def to_representation(self, instance: OnboardingLink) -> dict[str, Any]:
        return with_secret(super().to_representation(instance), str(instance.webhook_secret or "") or None)


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
    """The link's fields, in the documentation's order. Written by hand: it is the hottest read of all."""
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
        "expiresAt": timestamp(link.expires_at) if link.expires_at else None,
        "createdAt": timestamp(link.created_at),
        "completedAt": timestamp(link.completed_at) if link.completed_at else None,
        "lastError": error_json(link.last_error),
        "nextAction": published_action(link, now),
    }
    if is_completed:
        del shown["webhookEvents"]
    return shown


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


class SignupInput(Input):
    """What every call of the page carries: the UUID that it made for this try."""

    signupId = serializers.UUIDField(source="signup_id")


class SessionInput(SignupInput):
    """Meta's message to the page, as it came."""

    event = Text(min_length=1, max_length=64)
    data = serializers.DictField(required=False, default=dict)  # type: ignore[assignment]

    def validate_data(self, value: dict[str, Any]) -> dict[str, Any]:
        kept = {name: scalar_or_list(one) for name, one in list(value.items())[:MAX_SESSION_KEYS]}
        return {name: one for name, one in kept.items() if one is not None}


def scalar_or_list(value: Any) -> Any:
    """Texts and lists of texts of Meta's message; ids that came as numbers become texts."""
    if isinstance(value, list):
        return [one for one in map(scalar, value[:50]) if one is not None]
    return scalar(value)


def scalar(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).replace("\x00", "")[:500].encode(errors="replace").decode()


class CodeInput(SignupInput):
    code = Text(min_length=1, max_length=2048)


class PinInput(SignupInput):
    pin = serializers.RegexField(r"\A[0-9]{6}\Z", error_messages={"invalid": "The PIN has six digits."})
