"""What a request costs in the database: the time in each of its queries, and how many they are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from django.db import connection


@dataclass
class Spent:
    """Milliseconds and text of each query, in order."""

    queries: list[tuple[float, str]] = field(default_factory=list)

    @property
    def ms(self) -> float:
        return sum(ms for ms, _ in self.queries)

    @property
    def slowest(self) -> tuple[float, str]:
        return max(self.queries, default=(0.0, ""))


@contextmanager
def spent_in_database() -> Iterator[Spent]:
    spent = Spent()

    def timed(execute: Callable[..., Any], sql: str, *given: Any) -> Any:
        began = perf_counter()
        try:
            return execute(sql, *given)
        finally:
            spent.queries.append(((perf_counter() - began) * 1000, sql))

    with connection.execute_wrapper(timed):
        yield spent
