"""Secrets from older keys to the newest one, while everybody else goes on reading and writing.

Nothing is remembered of how far it came: a value that the newest key opens is read and left alone, a thousand
in some hundredths of a second, so that a second run passes by what the first one did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db.models import F, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from vault.fields import EncryptedTextField

BATCH = 1000
# So many places of values that no key opens are named; there may be a million of them.
NAMED = 100


@dataclass(frozen=True)
class Table:
    """A model with the names of its encrypted fields."""

    model: type[Model]
    names: tuple[str, ...]

    @property
    def rows(self) -> QuerySet[Any]:
        """Those that hold a secret."""
        held = Q()
        for name in self.names:
            held |= Q(**{f"{name}__isnull": False})
        return self.model._base_manager.filter(held)


@dataclass
class Tally:
    """What was found so far: rows, values by what opens them, and what was done with those of older keys.

    `overtaken`: somebody else wrote or deleted the value between our reading and our writing, and won.
    """

    rows: int = 0
    newest: int = 0
    older: int = 0
    rotated: int = 0
    overtaken: int = 0
    unopened: int = 0
    places: list[str] = field(default_factory=list)

    @property
    def values(self) -> int:
        return self.newest + self.older + self.unopened


def tables() -> list[Table]:
    """Every model with an encrypted field, whichever app it is of."""
    found = (
        (
            model,
            tuple(
                one.name for one in model._meta.local_concrete_fields if isinstance(one, EncryptedTextField)
            ),
        )
        for model in apps.get_models()
    )
    return [Table(model, names) for model, names in found if names]


def stored(name: str) -> Cast:
    """A field as it is stored: as plain text, so that the field does not open it."""
    return Cast(F(name), TextField())


def total() -> int:
    return sum(table.rows.count() for table in tables())


def walk(*, is_dry: bool) -> Iterator[Tally]:
    """The same tally after each batch. `is_dry`: only looks."""
    newest, *older = (Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS)
    tally = Tally()
    for table in tables():
        for rows in batches(table):
            for pk, *values in rows:
                for name, sealed in zip(table.names, values, strict=True):
                    if sealed is not None:
                        look(tally, table, name, (pk, sealed), newest, older, is_dry=is_dry)
            tally.rows += len(rows)
            yield tally


def batches(table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """(primary key, then each field as it is stored), in the order of the primary key."""
    raw = {f"stored_{name}": stored(name) for name in table.names}
    rows = table.rows.annotate(**raw).order_by("pk").values_list("pk", *raw)
    batch = list(rows[:BATCH])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1][0])[:BATCH])


def look(
    tally: Tally,
    table: Table,
    name: str,
    found: tuple[Any, str],
    newest: Fernet,
    older: list[Fernet],
    *,
    is_dry: bool,
) -> None:
    """One value; `found` is the row's primary key and what is stored."""
    pk, sealed = found
    if opened(newest, sealed) is not None:
        tally.newest += 1
        return
    clear = next((text for key in older if (text := opened(key, sealed)) is not None), None)
    if clear is None:
        tally.unopened += 1
        if tally.unopened <= NAMED:
            tally.places.append(f"{table.model._meta.label} {pk} {name}")
        return
    tally.older += 1
    if is_dry:
        return
    if replace(table.model, name, pk, old=sealed, new=newest.encrypt(clear).decode()):
        tally.rotated += 1
    else:
        tally.overtaken += 1


def opened(key: Fernet, sealed: str) -> bytes | None:
    try:
        return key.decrypt(sealed.encode())
    except InvalidToken:
        return None


def replace(model: type[Model], name: str, pk: Any, *, old: str, new: str) -> bool:
    """False where what is stored is not `old` any more: whoever wrote it since wins.

    A statement of its own for each value: nobody waits for a row longer than that, and no two rows are held
    at once, so that no writer's transaction can lock up with ours.
    """
    row = model._base_manager.annotate(stored_value=stored(name)).filter(pk=pk, stored_value=old)
    return row.update(**{name: Value(new, output_field=TextField())}) == 1
