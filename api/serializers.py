"""What every serializer of the contract shares: strict on the way in, cheap on the way out."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.parsers import JsonObject


class Input(serializers.Serializer[Any]):
    """A request body. Unknown fields are refused by name; `null` for an optional field is its absence.

    In a PATCH (`partial=True`) `null` stays and clears the field. The fields of `together` come all or
    none. `rules` are what `validate` says of fields beside each other, as JSON Schema.
    """

    together: tuple[str, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        unknown: dict[str, Any] = {
            name: [ErrorDetail("Unknown field.", code="unknown")] for name in data if name not in self.fields
        }
        known = {
            name: value
            for name, value in data.items()
            if name in self.fields and not self.absent(name, value)
        }
        refused = unknown | self.lonely(known) | twice(data)
        try:
            validated = super().to_internal_value(known)
        except ValidationError as wrong:
            raise ValidationError(refused | dict(wrong.detail)) from wrong  # type: ignore[arg-type]
        if refused:
            raise ValidationError(refused)
        return validated

    def lonely(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Errors of the fields that are missing beside others of `together`."""
        given = [name for name in self.together if name in known]
        message = f"Needed with {' and '.join(given)}."
        missing = [name for name in self.together if given and name not in known]
        return {name: [ErrorDetail(message, code="required")] for name in missing}

    def absent(self, name: str, value: Any) -> bool:
        return value is None and not self.partial and not self.fields[name].required


def twice(data: Mapping[str, Any]) -> dict[str, Any]:
    """The error of a key that an object has twice, of which one would be lost."""
    name = data.duplicate if isinstance(data, JsonObject) else None
    return {} if name is None else {name: [ErrorDetail("This key comes twice.", code="duplicate_key")]}


class Query(Input):
    """Query parameters. `page` and `limit` belong to the paginator and pass."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({k: data[k] for k in data if k not in {"page", "limit"}})


class Output(serializers.Serializer[Any]):
    """An answer. Its fields are bound once a class instead of once a row, which halves the cost."""

    bound: dict[type, list[Any]] = {}

    @cached_property
    def _readable_fields(self) -> Any:
        kind = type(self)
        if kind not in Output.bound:
            Output.bound[kind] = [field for field in self.fields.values() if not field.write_only]
        return Output.bound[kind]
