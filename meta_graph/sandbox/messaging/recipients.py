"""Recipients whose number chooses what becomes of a message, by its last seven digits."""

from meta_graph.sandbox.numbers import digits_of
from meta_graph.sandbox.wsgi import Json

LENGTH = 7
REFUSED, FAILED = "0", "1"  # before a code of six digits
NAMED: dict[str, Json] = {
    "9000001": {"name": "statuses", "statuses": ["sent"]},
    "9000002": {"name": "statuses", "statuses": ["sent", "delivered"]},
    "9000003": {"name": "statuses_out_of_order"},
    "9000004": {"name": "statuses_twice"},
    "9000005": {"name": "statuses_first"},
    "9000006": {"name": "statuses", "statuses": []},
    "9000007": {"name": "hang", "when": "after"},
    "9000008": {"name": "graph_down"},
    "9000009": {"name": "reset_after_work", "when": "after"},
    "9000010": {"name": "graph_down", "how": "reset"},
}


def chosen(call: str, fields: Json) -> list[Json]:
    """What the recipient of this call chooses, in the form of active scenarios."""
    if call != "send_message":
        return []
    last = digits_of(str(fields.get("to", "")))[-LENGTH:]
    if last in NAMED:
        return [{"when": "before", **NAMED[last]}]
    if len(last) == LENGTH and last[0] in (REFUSED, FAILED) and 130_000 <= int(last[1:]) < 140_000:
        name = "message_refused" if last[0] == REFUSED else "message_failed"
        return [{"name": name, "when": "before", "code": int(last[1:])}]
    return []
