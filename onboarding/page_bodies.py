"""The bodies of the hosted page's own calls."""

import re
from typing import Any

from rest_framework import serializers

from api.fields import Choice, PhoneNumberText, Text
from api.serializers import Input
from onboarding.models import Signup
from phones.models import CodeRequest

MAX_SESSION_KEYS = 40


class SignupInput(Input):
    """What every call of the page carries: the UUID that it made for this try."""

    signupId = serializers.UUIDField(source="signup_id")


class OpenedInput(SignupInput):
    """A person is here; and what is in the way of Meta's window, once the page sees that."""

    barrier = Choice(choices=Signup.Barrier.choices, required=False, default=None)


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


class MethodInput(SignupInput):
    """How Meta gets a code to the number."""

    method = Choice(choices=CodeRequest.Method.choices)


class NumberInput(MethodInput):
    """A number for the account that was signed in for."""

    phoneNumber = PhoneNumberText(source="phone_number", max_length=30)
    displayName = Text(source="display_name", min_length=1, max_length=100)


class VerifyInput(SignupInput):
    """The code that Meta sent; people type it with its hyphen."""

    code = serializers.RegexField(r"\A[0-9]{4,10}\Z", error_messages={"invalid": "The code has six digits."})

    def to_internal_value(self, data: Any) -> Any:
        code = data.get("code") if isinstance(data, dict) else None
        digits = {"code": re.sub(r"[\s-]", "", code)} if isinstance(code, str) else {}
        return super().to_internal_value({**data, **digits} if digits else data)
