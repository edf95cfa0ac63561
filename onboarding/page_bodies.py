"""The bodies of the hosted page's own calls."""

from typing import Any

from rest_framework import serializers

from api.fields import Text
from api.serializers import Input

MAX_SESSION_KEYS = 40


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
