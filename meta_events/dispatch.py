"""Which function handles a change, by its field. A new field is one line here and a handler of its own."""

from collections.abc import Callable
from dataclasses import dataclass

from meta_events import account_update
from meta_events.items import Item, Verdict

Handle = Callable[[Item], Verdict]


@dataclass(frozen=True)
class Handler:
    """`is_ordered`: a WABA's changes of this field are handled one after another, in the order they came.

    Then one that fails holds those behind it until its tries are used up. What is not ordered passes by.
    """

    handle: Handle
    is_ordered: bool = False


HANDLERS = {
    "account_update": Handler(account_update.handle, is_ordered=True),
}
ORDERED = tuple(field for field, handler in HANDLERS.items() if handler.is_ordered)


def dispatch(item: Item) -> Verdict:
    """Handles a change. Raises what the handler raises; MalformedError is not worth another try."""
    handler = HANDLERS.get(item.field)
    return handler.handle(item) if handler else Verdict.UNKNOWN
