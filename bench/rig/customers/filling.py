"""One statement fills one table: what is not said of a column is its model's default."""

import hashlib
import json
import uuid
from typing import Any

from django.db import connection, models
from django.utils import timezone
from psycopg import sql

from vault.ciphers import encrypt

# For every encrypted column: what it says is never looked at.
SECRET = sql.Literal(encrypt("EAAbench-0123456789abcdef")).as_string()
MADE_BY_POSTGRESQL = {timezone.now: "now()", uuid.uuid4: "gen_random_uuid()"}


def fill(model: type[models.Model], source: str, /, **columns: str) -> None:
    """`source`: what stands behind FROM. `columns`: an SQL expression each, by the columns' names."""
    given = defaults(model) | columns
    names = ", ".join(f'"{name}"' for name in given)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(given.values())} FROM {source}'
        )


def defaults(model: type[models.Model]) -> dict[str, str]:
    """What PostgreSQL does not fill in by itself, and a model does."""
    return {
        str(field.column): default_of(field)
        for field in model._meta.concrete_fields
        if field.has_default() or getattr(field, "auto_now", False) or is_empty_text(field)
    }


def is_empty_text(field: "models.Field[Any, Any]") -> bool:
    return isinstance(field, models.CharField) and field.blank and not field.null


def default_of(field: "models.Field[Any, Any]") -> str:
    if getattr(field, "auto_now", False):
        return "now()"
    if field.default in MADE_BY_POSTGRESQL:
        return MADE_BY_POSTGRESQL[field.default]
    value = field.get_default()
    return literal(json.dumps(value) if isinstance(field, models.JSONField) else value)


def literal(value: object) -> str:
    return sql.Literal(value).as_string()


def uid(kind: str, place: str | int) -> str:
    """The id of the row of a kind at a place, counted from 1."""
    return f"md5('{kind}' || ({place}))::uuid"


def row_id(kind: str, place: int = 1) -> uuid.UUID:
    """The same, for who looks a row up."""
    return uuid.UUID(bytes=hashed(f"{kind}{place}"))


def hashed(text: str) -> bytes:
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()


def ago(place: str, of: int, days: int) -> str:
    """The last of `of` rows was made just now, the first one `days` ago."""
    return f"(pg_temp.built_at() - ({of} - ({place})) * interval '{days} days' / {of})"


def text(column: str, width: int = 7) -> str:
    """Digits of a place, with zeros before them."""
    return f"lpad(({column})::text, {width}, '0')"


def chosen(column: str, *values: str) -> str:
    """One of the values, in turn."""
    array = ", ".join(literal(value) for value in values)
    return f"(ARRAY[{array}])[1 + ({column}) % {len(values)}]"


def series(count: int) -> str:
    return f"generate_series(1, {count}) n"
