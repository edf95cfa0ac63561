"""Fields of a link's body that no other body has."""

import re
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import CONTROLS, UUID_FORM, Choice, Text, TextList
from onboarding.countries import COUNTRIES
from onboarding.starter_templates.rows import NAMES

BCP_47 = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
# What stands in an address without being seen: soft hyphens, joiners, marks of direction.
UNSEEN = CONTROLS + r"\xad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff"
ADDRESS = re.compile(rf'[^"\s@{UNSEEN}]+@[^"\s@{UNSEEN}]+')
DIGITS = re.compile(r"[0-9]{1,20}", re.ASCII)
# The offsets that are in use somewhere, and their neighbours of a quarter of an hour.
UTC_OFFSET = re.compile(
    r"UTC(-(0[0-9]|1[01]):(00|15|30|45)|-12:00|\+(0[0-9]|1[0-3]):(00|15|30|45)|\+14:00)", re.ASCII
)


class LanguageTag(Text):
    """BCP 47, as far as languages, scripts and regions go."""

    default_error_messages = {"language": "A language tag such as en, pt-BR or he is needed."}
    request_schema = {"pattern": f"^{BCP_47.pattern}$"}

    def to_internal_value(self, data: Any) -> str:
        tag = super().to_internal_value(data)
        if not BCP_47.fullmatch(tag):
            self.fail("language")
        return tag


class Email(Text):
    """An e-mail address, of characters that can be seen; a name in quotation marks is none."""

    default_error_messages = {"email": "This is not an e-mail address."}
    request_schema = {"format": "email", "pattern": f"^{ADDRESS.pattern}$"}

    def to_internal_value(self, data: Any) -> str:
        address = super().to_internal_value(data)
        if not ADDRESS.fullmatch(address):
            self.fail("email")
        try:
            validate_email(address)
        except ValidationError:
            self.fail("email")
        return address


class RegistrationId(Text):
    """What a business is registered under, in digits alone."""

    default_error_messages = {"digits": "1 to 20 digits are needed, and nothing else."}
    request_schema = {"pattern": f"^{DIGITS.pattern}$"}

    def to_internal_value(self, data: Any) -> str:
        number = super().to_internal_value(data)
        if not DIGITS.fullmatch(number):
            self.fail("digits")
        return number


class Country(Choice):
    """Two capital letters of ISO 3166-1."""

    default_error_messages = {"invalid_choice": "A country's two capital letters are needed, such as IL."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=tuple(COUNTRIES), **kwargs)


class UtcOffset(Text):
    """`UTC-07:00`."""

    default_error_messages = {"offset": "A time zone in the form UTC-07:00 is needed."}
    request_schema = {"pattern": f"^{UTC_OFFSET.pattern}$"}

    def to_internal_value(self, data: Any) -> str:
        zone = super().to_internal_value(data)
        if not UTC_OFFSET.fullmatch(zone):
            self.fail("offset")
        return zone


class Reference(Text):
    """The UUID of a row of ours."""

    default_error_messages = {"uuid": "This is not an id of ours."}
    request_schema = {"pattern": f"^{UUID_FORM}$"}

    def to_internal_value(self, data: Any) -> UUID:  # type: ignore[override]
        given = super().to_internal_value(data)
        if not re.fullmatch(UUID_FORM, given):
            self.fail("uuid")
        return UUID(given)


@extend_schema_field({"type": ["boolean", "array"], "items": {"enum": NAMES}, "maxItems": len(NAMES)})
class StarterTemplates(serializers.Field[Any, Any, Any, Any]):
    """`true` for all of them, `false` for none, or a list of names."""

    def to_internal_value(self, data: Any) -> list[str]:
        if isinstance(data, bool):
            return list(NAMES) if data else []
        names: list[str] = TextList(choices=NAMES, max_length=len(NAMES)).run_validation(data)
        return names
