"""Which function handles a change, by its field. A new field is one line here and a handler of its own.

Meta gives no order, several workers handle side by side, and what failed is tried later: a handler sees by
`at` whether it comes too late.
"""

from collections.abc import Callable

from inbox.receiving import UnreadableError
from meta_events.fields import account_update, accounts, coexistence, messages, people, templates
from meta_events.items import Item, MalformedError, Verdict

Handle = Callable[[Item], Verdict]

HANDLERS: dict[str, Handle] = {
    "account_update": account_update.handle,
    "account_review_update": accounts.review,
    "account_alerts": accounts.for_people,
    "business_capability_update": accounts.for_people,
    "phone_number_name_update": accounts.of_number,
    "phone_number_quality_update": accounts.of_number,
    "security": accounts.of_number,
    "message_template_status_update": templates.status,
    "message_template_quality_update": templates.for_people,
    "message_template_components_update": templates.for_people,
    "template_category_update": templates.for_people,
    "messages": messages.handle,
    "smb_message_echoes": messages.handle,
    "message_echoes": messages.handle,
    "history": coexistence.history,
    "smb_app_state_sync": coexistence.state_sync,
    "user_preferences": people.user_preferences,
    "user_id_update": people.user_id_update,
}
# What has no key that would tell a repetition from news: once it is done it is never handled again.
TOLD_ONCE = frozenset({"message_template_status_update"})


def dispatch(item: Item) -> Verdict:
    """Handles a change. Raises what the handler raises; MalformedError is not worth another try."""
    handle = HANDLERS.get(item.field)
    if handle is None:
        return Verdict.UNKNOWN
    try:
        return handle(item)
    except UnreadableError as wrong:
        raise MalformedError(str(wrong)) from wrong
