"""Registered numbers: the bodies of the calls, the filters of the list, and the answer."""

import re
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from rest_framework import serializers

from api.fields import Choice, PhoneNumberText, Text, Timestamp
from api.serializers import Input, Output, Query
from onboarding.models import OnboardingLink, RegisteredNumber
from onboarding.registered_numbers.taking import is_open
from onboarding.serializers import LanguageTag
from phones.models import CodeRequest
from phones.verification import SENT

STATUSES = [*RegisteredNumber.Status.values, "expired"]
METHODS = ["sms", "voice"]
SIX_DIGITS = re.compile(r"[0-9]{6}", re.ASCII)


class CodeText(Text):
    """Six digits, as text: the first may be 0. People type them with Meta's hyphen, or in groups."""

    request_schema = {"pattern": "^([ -]*[0-9]){6}[ -]*$"}
    default_error_messages = {"code": "The code has six digits."}

    def to_internal_value(self, data: Any) -> str:
        digits = re.sub(r"[ -]", "", super().to_internal_value(data))
        if not SIX_DIGITS.fullmatch(digits):
            self.fail("code")
        return digits


class NumberInput(Input):
    phoneNumber = PhoneNumberText(source="phone_number", max_length=30)
    method = Choice(choices=METHODS, help_text="How Meta gets the code to the number.")
    language = LanguageTag(
        required=False,
        max_length=35,
        help_text="Of the code's message; English where Meta's message is not spoken in it.",
    )
    comment = Text(required=False, max_length=255, help_text="For your own use.")


class CodeRequestInput(Input):
    method = Choice(choices=METHODS, required=False, help_text="As the last time, where it is left out.")
    language = LanguageTag(required=False, max_length=35)


class CodeInput(Input):
    code = CodeText()


class NumberQuery(Query):
    """The list's filters."""

    status = Choice(choices=STATUSES, required=False)
    phoneNumber = PhoneNumberText(source="phone_number", required=False)


class NumberOutput(Output):
    """A number as `shown` reads it."""

    id = serializers.UUIDField()
    phoneNumber = Text(source="phone_number")
    status = serializers.ChoiceField(choices=STATUSES)
    expiresAt = Timestamp(source="expires_at", allow_null=True, help_text="Until when it stays verified.")
    onboardingLinkId = serializers.UUIDField(
        source="link_id",
        allow_null=True,
        help_text="The open link that has it, else the one that connected it.",
    )
    comment = Text(allow_null=True)
    codeSentAt = Timestamp(
        source="code_sent_at", allow_null=True, help_text="When Meta last took up a request for a code."
    )
    verifiedAt = Timestamp(source="verified_at", allow_null=True)
    createdAt = Timestamp(source="created_at")

    def to_representation(self, instance: RegisteredNumber) -> dict[str, Any]:
        document = super().to_representation(instance)
        return document | {"status": instance.published_status(timezone.now())}


def shown(numbers: QuerySet[RegisteredNumber]) -> QuerySet[RegisteredNumber]:
    """With what the answer tells besides the row's own columns: `link_id` and `code_sent_at`."""
    links = OnboardingLink.objects.filter(registered_number=OuterRef("pk")).order_by("-created_at", "-id")
    # One that still names a number which another link has connected is not what the number is in.
    holding = links.filter(is_open(timezone.now())).exclude(
        registered_number__status=RegisteredNumber.Status.USED
    )
    completed = links.filter(status=OnboardingLink.Status.COMPLETED)
    sent = CodeRequest.objects.filter(
        Q(meta_phone_number_id=OuterRef("meta_preverified_id")), outcome=SENT
    ).order_by("-requested_at")
    return numbers.annotate(
        link_id=Coalesce(
            Subquery(holding.values("pk")[:1]),
            Subquery(completed.values("pk")[:1]),
        ),
        code_sent_at=Subquery(sent.values("requested_at")[:1]),
    )
