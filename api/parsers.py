"""A JSON parser that keeps what a client sent: number literals, key order, and the mistakes.

Numbers keep their text, so that stored metadata is given back as it came. Duplicate keys and NaN
are kept as marks, so that the error can name the field they stand in.
"""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from api.errors import ApiError, PayloadTooLargeError

# Where a parser leaves the bytes of the body, in its context.
RAW_BODY = "raw_body"


class JsonInt(int):
    """An integer that remembers how it was written."""

    literal: str

    def __new__(cls, literal: str) -> "JsonInt":
        number = super().__new__(cls, literal)
        number.literal = literal
        return number


class JsonFloat(float):
    """A number that remembers how it was written."""

    literal: str

    def __new__(cls, literal: str) -> "JsonFloat":
        number = super().__new__(cls, literal)
        number.literal = literal
        return number


class NotJson:
    """`NaN`, `Infinity` or `-Infinity`: what Python accepts and JSON does not."""

    def __init__(self, literal: str) -> None:
        self.literal = literal


class JsonObject(dict[str, Any]):
    """An object, with the key that came twice if one did."""

    duplicate: str | None = None


# Python converts no longer integers by default; their text is what is kept anyway.
MAX_INT_DIGITS = 4000


def integer(literal: str) -> JsonInt | JsonFloat:
    return JsonInt(literal) if len(literal) <= MAX_INT_DIGITS else JsonFloat(literal)


def object_of(pairs: list[tuple[str, Any]]) -> JsonObject:
    parsed = JsonObject(pairs)
    if len(parsed) < len(pairs):
        seen: set[str] = set()
        parsed.duplicate = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return parsed


class StrictJSONParser(BaseParser):
    """UTF-8 JSON of 1 MiB at most, or a 400 or 413 that says what is wrong with it."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise PayloadTooLargeError
        if isinstance(parser_context, dict):
            parser_context[RAW_BODY] = raw
        parsed = parsed_json(raw)
        if isinstance(parsed, JsonObject) and parsed.duplicate is not None:
            raise ApiError(
                details=[
                    {"field": parsed.duplicate, "message": "This key comes twice.", "code": "duplicate_key"}
                ]
            )
        return parsed


def parsed_json(raw: bytes) -> Any:
    try:
        return json.loads(
            raw.decode(),
            object_pairs_hook=object_of,
            parse_int=integer,
            parse_float=JsonFloat,
            parse_constant=NotJson,
        )
    except UnicodeDecodeError:
        refuse("The body is not UTF-8.")
    except json.JSONDecodeError as wrong:
        refuse(f"The body is not JSON: {wrong.msg} at line {wrong.lineno}, column {wrong.colno}.")
    except RecursionError:
        refuse("The body is nested too deep.")


def refuse(message: str) -> NoReturn:
    raise ParseError(message) from None
