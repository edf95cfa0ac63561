"""A small table of related rows on a row's page."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """`rows` hold cells as `cells` makes them. `more`: words and addresses of what leads on."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str = "None."
    more: Sequence[tuple[str, str]] = ()
