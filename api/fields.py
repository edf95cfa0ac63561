"""Serializer fields that take exactly what the contract says, and no near misses.

A field's `request_schema` is what the OpenAPI document says of it on the way in, besides its type.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import phonenumbers
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.documents import DocumentError, stored
from api.times import timestamp

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
UUID_FORM = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
WHOLE_NUMBER = re.compile(r"-?\d{1,19}", re.ASCII)


class Text(serializers.CharField):
    """A JSON string: a number or a boolean is not one. NUL and lone surrogates are refused."""

    default_error_messages = {"not_text": "A string is needed."}
    # What is blank here and not by JSON Schema's `\s`: four separators, and the next line.
    request_schema: Mapping[str, Any] = {"pattern": r"^[^\x00]*[^\x00\s\x1c-\x1f\x85][^\x00]*$"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_text")
        return str(super().to_internal_value(data))


class EitherId(Text):
    """Our UUID of a thing or Meta's number of it, as the condition that finds it.

    `ours`, `metas`: the lookups. `code`: the published one of what is neither.
    """

    code, ours, metas = "", "pk", ""
    request_schema = {"pattern": f"^([0-9]{{1,32}}|{UUID_FORM})$"}

    def to_internal_value(self, data: Any) -> Any:
        given = super().to_internal_value(data)
        if given.isascii() and given.isdigit():
            return {self.metas: given}
        try:
            return {self.ours: UUID(given)}
        except ValueError:
            raise serializers.ValidationError(
                "This is neither a UUID nor an id of Meta's.", code=self.code
            ) from None


LINE_BREAKS = r"\n\r\u2028\u2029"
# Other control characters, and those that turn the direction of what stands around them.
CONTROLS = r"\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"


class PlainText(Text):
    """What people read on a page, in any language: trimmed, one line, without control characters.

    `lines`: it may have several, whose ends become `\\n`.
    """

    default_error_messages = {
        "line_break": "It has a line break: give it in one line, the page breaks it where it has to.",
        "control": "It has a control character, which no page can show: leave it out.",
    }

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lines = lines
        refused = CONTROLS if lines else CONTROLS + LINE_BREAKS
        self.request_schema = {"pattern": rf"^[^{refused}]*[^{refused}\s][^{refused}]*$"}

    def to_internal_value(self, data: Any) -> str:
        given = data if isinstance(data, str) else ""
        if not self.lines and re.search(f"[{LINE_BREAKS}]", given):
            self.fail("line_break")
        if re.search(f"[{CONTROLS}]", given):
            self.fail("control")
        return super().to_internal_value(data).replace("\r\n", "\n").replace("\r", "\n")


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


class WholeNumber(serializers.IntegerField):
    """An integer in a query, in plain digits: neither `1.0` nor `1_000`."""

    def to_internal_value(self, data: Any) -> int:
        if not WHOLE_NUMBER.fullmatch(str(data)):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Timestamp(serializers.DateTimeField):
    """RFC 3339 with its zone, which ISO 8601 leaves open; UTC, milliseconds and `Z` on the way out."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not RFC_3339.fullmatch(value):
            self.fail("invalid", format="2026-01-15T10:30:00.000Z")
        return super().to_internal_value(value)

    def to_representation(self, value: Any) -> str:
        return timestamp(value)


class PhoneNumberText(Text):
    """E.164 with `+`. Spaces, hyphens and brackets are accepted and removed, a missing `+` is added."""

    default_error_messages = {"phone_number": "This is not a phone number in international form."}
    request_schema = {"format": "phone-number"}

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


@extend_schema_field({"type": "object", "additionalProperties": True})
class Metadata(serializers.Field[Any, Any, Any, Any]):
    """A JSON object, kept as text and given back as it was written."""

    default_error_messages = {"not_object": "A JSON object is needed.", "document": "{reason}"}
    request_schema = {
        "description": "A JSON object, at most 16 KiB and 32 levels deep, without NUL. "
        "Given back as it was written: key order, case, numbers."
    }

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
        self.most = max_length
        super().__init__(child=child, max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        # Before its items are looked at: a body has room for half a million wrong ones.
        if isinstance(data, list) and len(data) > self.most:
            self.fail("max_length", max_length=self.most)
        texts: list[str] = super().to_internal_value(data)
        return texts
