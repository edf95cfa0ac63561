"""Which function handles a change, by its field. A new field is one line here and a handler of its own.

Meta gives no order, several workers handle side by side, and what failed is tried later: a handler sees by
`at` whether it comes too late.
"""

from collections.abc import Callable

from meta_events import account_update
from meta_events.items import Item, Verdict

Handle = Callable[[Item], Verdict]

HANDLERS: dict[str, Handle] = {
    "account_update": account_update.handle,
}


def dispatch(item: Item) -> Verdict:
    """Handles a change. Raises what the handler raises; MalformedError is not worth another try."""
    handle = HANDLERS.get(item.field)
    return handle(item) if handle else Verdict.UNKNOWN
