"""Serializer fields of a message: whom it is sent to, what it says, where that is."""

import re
from typing import Any

from rest_framework import serializers

from api.fields import Text

FORMATTING = frozenset("+ -()[]\u00a0")
DIGITS = re.compile(r"[0-9]{5,20}", re.ASCII)
MAX_RECIPIENT = 160


class Recipient(Text):
    """Digits, written as people write numbers, or whatever a webhook gave as `contactReplyTo`."""

    request_schema = {"pattern": r"^(\+?[0-9]{5,20}|[A-Z]{2}\.[A-Za-z0-9]{1,128})$"}
    default_error_messages = {"recipient": "A number in international form is needed, or a contactReplyTo."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_RECIPIENT, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        given = super().to_internal_value(data)
        plain = "".join(character for character in given if character not in FORMATTING)
        if plain.isascii() and plain.isdigit():
            if not DIGITS.fullmatch(plain):
                self.fail("recipient")
            return plain
        if any(character.isspace() for character in given) or given.startswith("+"):
            self.fail("recipient")
        return given


class WrittenText(Text):
    """Text as its writer left it: neither trimmed nor empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        given = super().to_internal_value(data)
        if not given.strip() and not self.allow_blank:
            self.fail("blank")
        return given


class Coordinate(serializers.FloatField):
    """Degrees, as a JSON number."""

    default_error_messages = {"not_number": "A number is needed."}

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(min_value=-most, max_value=most, **kwargs)

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("not_number")
        return float(super().to_internal_value(float(data)))
