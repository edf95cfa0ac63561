"""What becomes of a message: the statuses that follow it, from its type, this Meta's habits and scenarios."""

from collections.abc import Iterable
from dataclasses import dataclass

from meta_graph.sandbox.wsgi import Json


@dataclass(frozen=True)
class Outcome:
    """Statuses in the order in which they are sent, each `each` times; `code` is that of `failed`."""

    statuses: tuple[str, ...]
    code: int | None = None
    each: int = 1
    is_first: bool = False  # the call is answered after the statuses were


def outcome(type_: str, habits: Json, chosen: Iterable[Json], *, code: int | None = None) -> Outcome:
    """`chosen` are the outcomes of scenarios, of which the first counts; `code` makes any message fail."""
    if code is not None:
        return Outcome(("sent", "failed"), code)
    for one in chosen:
        statuses = one["statuses"] if "statuses" in one else habits["statuses"]
        return Outcome(
            tuple(statuses), one.get("code", 131026), int(one.get("each", 1)), bool(one.get("isFirst", False))
        )
    if type_ == "reaction":  # nothing is told of a reaction but that it was sent
        return Outcome(tuple(status for status in habits["statuses"] if status in ("sent", "failed")))
    return Outcome(tuple(habits["statuses"]), 131026)
