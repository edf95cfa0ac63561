"""Serializer fields that take exactly what the contract says, and no near misses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import phonenumbers
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.documents import DocumentError, stored
from api.times import timestamp


class Text(serializers.CharField):
    """A JSON string: a number or a boolean is not one. NUL and lone surrogates are refused."""

    default_error_messages = {"not_text": "A string is needed."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_text")
        return str(super().to_internal_value(data))


class Flag(serializers.BooleanField):
    """A JSON boolean: `"true"`, 1 and "yes" are not."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Choice(serializers.ChoiceField):
    """One of the published values, as a string."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return str(super().to_internal_value(data))


class Timestamp(serializers.DateTimeField):
    """ISO 8601; UTC, milliseconds and `Z` on the way out."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="2026-01-15T10:30:00.000Z")
        return super().to_internal_value(value)

    def to_representation(self, value: Any) -> str:
        return timestamp(value)


class PhoneNumberText(Text):
    """E.164 with `+`. Spaces, hyphens and brackets are accepted and removed, a missing `+` is added."""

    default_error_messages = {"phone_number": "This is not a phone number in international form."}

    def to_internal_value(self, data: Any) -> str:
        given = "".join(c for c in super().to_internal_value(data) if c not in "+ -()[]\u00a0")
        if not (given.isascii() and given.isdigit()):
            self.fail("phone_number")
        try:
            number = phonenumbers.parse("+" + given)
        except phonenumbers.NumberParseException:
            self.fail("phone_number")
        if not phonenumbers.is_possible_number(number):
            self.fail("phone_number")
        return "+" + given


@extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
class Metadata(serializers.Field[Any, Any, Any, Any]):
    """A JSON object, kept as text and given back as it was written."""

    default_error_messages = {"not_object": "A JSON object is needed.", "document": "{reason}"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, dict):
            self.fail("not_object")
        try:
            return stored(data)
        except DocumentError as wrong:
            self.fail("document", reason=str(wrong))

    def to_representation(self, value: str) -> orjson.Fragment:
        return orjson.Fragment(value)


class TextList(serializers.ListField):
    """A JSON array of strings."""

    def __init__(self, *, choices: Sequence[str] | None = None, max_length: int = 50, **kwargs: Any) -> None:
        child = Choice(choices=list(choices)) if choices else Text()
        super().__init__(child=child, max_length=max_length, **kwargs)
