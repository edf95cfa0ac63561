"""How one value looks on a staff page: badges, times, ids to copy, links, JSON. Everything is escaped."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from api.times import timestamp

NONE = "-"


class Tone(StrEnum):
    """The colour of a badge; its words say the same."""

    GOOD = "good"
    BUSY = "busy"
    ASKS = "asks"
    BAD = "bad"
    IDLE = "idle"


def badge(tone: Tone, words: object) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', tone, words)


def worded(value: str) -> str:
    """A stored value as people read it: `in_flight` is `in flight`."""
    return value.replace("_", " ")


def moment(at: datetime | None) -> SafeString | str:
    """UTC to the second, as the logs have it."""
    if at is None:
        return NONE
    shown = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return format_html('<time datetime="{}">{}</time>', timestamp(at), shown)


def minute(at: datetime | None) -> SafeString | str:
    """The same without the seconds, where many stand below each other."""
    if at is None:
        return NONE
    shown = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return format_html('<time datetime="{0}" title="{0}">{1}</time>', timestamp(at), shown)


def yes_no(value: object) -> str:
    return "yes" if value else "no"


def copyable(value: object) -> SafeString | str:
    """An id or address in full; the script puts a button for copying beside it."""
    return format_html("<code data-copy>{}</code>", value) if value else NONE


def admin_url(row: Model, page: str = "change") -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}"
    return reverse(name, args=[quote(row.pk)])


def list_url(model: type[Model], page: str = "changelist") -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")


def add_url(model: type[Model]) -> str:
    return list_url(model, "add")


def link_to(row: Model | None, words: object = None) -> SafeString | str:
    if row is None:
        return NONE
    return format_html('<a href="{}">{}</a>', admin_url(row), words or row)


def json_block(document: object) -> SafeString | str:
    """`document` is JSON as text or bytes, or what JSON can hold."""
    if document is None:
        return NONE
    return format_html('<pre class="document">{}</pre>', pretty(document))


def pretty(document: object) -> str:
    """Indented, where that changes nothing but the spaces: numbers stay as they were written."""
    if not isinstance(document, str | bytes | memoryview):
        return json.dumps(document, indent=2, ensure_ascii=False, default=str)
    text = document if isinstance(document, str) else bytes(document).decode(errors="replace")
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    same = json.dumps(parsed, separators=(",", ":"), ensure_ascii=False) == text
    return json.dumps(parsed, indent=2, ensure_ascii=False) if same else text


def listed(values: Iterable[object]) -> SafeString | str:
    return format_html_join("", '<span class="chip">{}</span> ', ((value,) for value in values)) or NONE


Cell = Callable[[Any, Any], SafeString | str]


def column(show: Callable[[Any], SafeString | str], path: str, title: str, by: str | None = None) -> Cell:
    """A column or field of an admin class: the value at `path` of the row, shown by `show`.

    Dots in `path` lead to related rows. The list sorts by `by`.
    """

    def cell(_: Any, row: Any) -> SafeString | str:
        value = row
        for name in path.split("."):
            value = getattr(value, name, None)
        return show(value)

    return admin.display(description=title, ordering=by)(cell)


def times(path: str, title: str) -> Cell:
    return column(moment, path, title, by=path)


def minutes(path: str, title: str) -> Cell:
    return column(minute, path, title, by=path)


def copies(path: str, title: str) -> Cell:
    return column(copyable, path, title, by=path)


def links(path: str, title: str, by: str | None = None) -> Cell:
    return column(link_to, path, title, by=by)


def documents(path: str, title: str) -> Cell:
    return column(json_block, path, title)
