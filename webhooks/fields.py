"""Serializer fields for what a customer's endpoint is made of."""

from typing import Any

from rest_framework import serializers

from api.fields import Choice, Text
from webhooks.events import CHOICES


class SecretText(Text):
    """16 to 256 printable ASCII characters without spaces at the ends."""

    request_schema = {"pattern": r"^[!-~]([ -~]*[!-~])?$"}
    default_error_messages = {"secret": "Only printable ASCII characters, without spaces at the ends."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, min_length=16, max_length=256, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        secret = super().to_internal_value(data)
        if not (secret.isascii() and secret.isprintable()) or secret.strip() != secret:
            self.fail("secret")
        return secret


class Number(serializers.IntegerField):
    """A JSON number without a fraction: `"24"` and true are none."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float) or data % 1 != 0:
            self.fail("invalid")
        return int(data)


class EventNames(serializers.ListField):
    """At least one name of the catalogue, or `*`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=Choice(choices=CHOICES), min_length=1, max_length=50, **kwargs)
