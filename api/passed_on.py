"""JSON objects that go on to Meta as a client wrote them, and errors that name a part inside of one."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.documents import DocumentError, checked, written


@extend_schema_field({"type": "object", "additionalProperties": True})
class PassedOn(serializers.Field[Any, Any, Any, Any]):
    """A JSON object, as plain values."""

    default_error_messages = {"not_object": "A JSON object is needed.", "document": "{reason}"}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("not_object")
        try:
            checked(data)
        except DocumentError as wrong:
            self.fail("document", reason=str(wrong))
        plain: dict[str, Any] = json.loads(written(data))
        return plain

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


def wrong_part(path: str, message: str, code: str = "invalid") -> ValidationError:
    """The error of a part inside a passed-on object, which it names: `action.buttons.0.reply`."""
    detail: Any = [ErrorDetail(message, code)]
    for name in reversed(path.split(".")):
        detail = {name: detail}
    return ValidationError(detail)
