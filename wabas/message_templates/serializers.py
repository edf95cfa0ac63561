"""Templates as the contract shows and takes them."""

import re
from typing import Any

from rest_framework import serializers

from api.fields import Choice, Text
from api.passed_on import PassedOn
from api.serializers import Input, Output, Query

NAME = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?", re.ASCII)
CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
STATUSES = (
    "APPROVED",
    "PENDING",
    "REJECTED",
    "PAUSED",
    "DISABLED",
    "IN_APPEAL",
    "LIMIT_EXCEEDED",
    "ARCHIVED",
    "PENDING_DELETION",
    "DELETED",
)


class TemplateName(Text):
    """Small letters, digits and underscores."""

    request_schema = {"pattern": f"^{NAME.pattern}$"}
    default_error_messages = {"name": "Only small letters, digits and underscores are allowed."}

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if not NAME.fullmatch(name):
            self.fail("name")
        return name


class TemplateLanguage(Text):
    """As Meta writes languages: `en`, `en_US`, `pt_BR`."""

    request_schema = {"pattern": f"^{LANGUAGE.pattern}$"}
    default_error_messages = {"language": "A language in Meta's form is needed, such as en, en_US or pt_BR."}

    def to_internal_value(self, data: Any) -> str:
        language = super().to_internal_value(data)
        if not LANGUAGE.fullmatch(language):
            self.fail("language")
        return language


class TemplateFilters(Query):
    name = TemplateName(required=False)
    status = Choice(choices=STATUSES, required=False)
    language = TemplateLanguage(required=False)


class TemplateInput(Input):
    name = TemplateName()
    language = TemplateLanguage()
    category = Choice(choices=CATEGORIES)
    components = serializers.ListField(
        child=PassedOn(),
        min_length=1,
        max_length=20,
        help_text="Meta's components: header, body, footer, buttons. Passed on as they are.",
    )


class TemplateOutput(Output):
    id = Text(help_text="Meta's.")
    name = Text()
    language = Text(allow_null=True)
    status = Text(allow_null=True, help_text="As Meta calls it; APPROVED can be sent.")
    category = Text(allow_null=True)
    components = serializers.ListField(child=PassedOn())
    rejectedReason = Text(source="rejected_reason", allow_null=True)
