"""Fields out of Meta's JSON: ids always text, times always with a zone, what is missing is None."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from meta_graph.errors import Broken, GraphError

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Named:
    """Something of Meta's of which we only want to know what it is called."""

    id: str
    name: str | None


@contextmanager
def reading(call: str) -> Iterator[None]:
    """Turns an answer of a shape that Meta does not document into a GraphError of that call."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as unread:
        raise GraphError(
            call=call,
            broken=Broken.MALFORMED,
            message=f"the answer has another shape than documented ({type(unread).__name__})",
        ) from None


def identifier(answer: Answer, key: str = "id") -> str:
    """An id, which some edges send as a JSON number. Raises KeyError or ValueError when there is none."""
    value = answer[key]
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError(key)
    return str(value)


def text(answer: Answer, key: str) -> str | None:
    """A string, or None when it is missing, null or empty. A number is written out."""
    value = answer.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(key)
    return str(value)


def flag(answer: Answer, key: str) -> bool | None:
    value = answer.get(key)
    if value is not None and not isinstance(value, bool):
        raise TypeError(key)
    return value


def mapping(answer: Answer, key: str) -> dict[str, Any] | None:
    value = answer.get(key)
    if value is not None and not isinstance(value, dict):
        raise TypeError(key)
    return value


def rows(answer: Answer, key: str = "data") -> tuple[dict[str, Any], ...]:
    """A list of objects; a missing one is empty."""
    value = answer.get(key) or ()
    if not isinstance(value, Sequence) or not all(isinstance(row, dict) for row in value):
        raise TypeError(key)
    return tuple(value)


def texts(answer: Answer, key: str) -> tuple[str, ...]:
    """A list of strings; a missing one is empty."""
    value = answer.get(key) or ()
    if not isinstance(value, list | tuple) or not all(isinstance(row, str) for row in value):
        raise TypeError(key)
    return tuple(value)


def moment(answer: Answer, key: str) -> datetime | None:
    """Unix seconds. 0 is how Meta writes never."""
    value = answer.get(key)
    return datetime.fromtimestamp(int(value), UTC) if value else None


def status(answer: Answer, key: str) -> str | None:
    """A status that is a string on one node and an object with `status` on another."""
    value = answer.get(key)
    return text(value, "status") if isinstance(value, dict) else text(answer, key)


def named(answer: Answer) -> Named:
    return Named(id=identifier(answer), name=text(answer, "name"))


def accepted(answer: Answer) -> None:
    """Raises ValueError when Meta answers 200 and says in it that nothing was done."""
    if answer.get("success") is False:
        raise ValueError("success")
