"""Calls of Graph in a link's time line: folded into what they were a part of."""

from collections.abc import Iterable, Sequence

from journal.models import GraphCall
from onboarding.admin.entries import Entry, filled
from organizations.admin.cells import Tone, admin_url, worded

DEEDS = {
    "recovery": "Looked for a token that never came",
    "check": "Checked the number and its account",
    "register": "Registered the number, when asked to",
    "pin": "Set the number's PIN, when asked to",
    "disconnect": "Disconnected the account",
    "revoke_credit_line": "Took the credit line back",
}


class Calls:
    """The calls of one signup, or of what came after it. Each is taken once, by what it was a part of."""

    def __init__(self, calls: Iterable[GraphCall]) -> None:
        self.left = list(calls)

    def take(self, deed: str, request_id: str | None = None) -> tuple[Entry, ...]:
        """Those of a deed; with `request_id` those of one request alone."""
        mine = [call for call in self.left if call.deed == deed and request_id in {None, call.request_id}]
        self.left = [call for call in self.left if call not in mine]
        return entries_of(mine)

    def rest(self) -> Iterable[Entry]:
        """An entry for each deed that nothing else tells of, in the order of their first calls."""
        for deed in dict.fromkeys(call.deed for call in self.left):
            calls = [call for call in self.left if call.deed == deed]
            tone = Tone.GOOD if calls[-1].is_ok else Tone.BAD
            yield Entry(
                DEEDS.get(deed, worded(deed) or "Asked Meta"), tone, calls[0].made_at,
                inside=entries_of(calls), inside_title=counted(calls),
            )  # fmt: skip


def entries_of(calls: Sequence[GraphCall]) -> tuple[Entry, ...]:
    return tuple(map(call_entry, calls))


def call_entry(call: GraphCall) -> Entry:
    facts = [
        ("asked", f"{call.method} {call.path}"),
        ("took", f"{call.ms} ms"),
        ("HTTP", str(call.http_status or "no answer")),
        ("Meta's code", "/".join(str(one) for one in (call.code, call.subcode) if one is not None)),
        ("trace id", call.trace_id),
        ("request id", call.request_id),
    ]
    return Entry(
        call.call,
        Tone.GOOD if call.is_ok else Tone.BAD,
        call.made_at,
        word="" if call.is_ok else worded(call.outcome),
        facts=filled(facts),
        url=admin_url(call),
    )


def counted(calls: Sequence[GraphCall] | Sequence[Entry]) -> str:
    """`3 calls of Meta, 1 failed`."""
    failed = sum(1 for call in calls if is_failed(call))
    words = "1 call of Meta" if len(calls) == 1 else f"{len(calls)} calls of Meta"
    return f"{words}, {failed} failed" if failed else words


def is_failed(call: GraphCall | Entry) -> bool:
    return call.tone == Tone.BAD if isinstance(call, Entry) else not call.is_ok
