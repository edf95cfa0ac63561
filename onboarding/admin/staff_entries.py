"""What staff did about a link, its number, its account and its endpoint, in the link's time line."""

from collections.abc import Iterable

from django.contrib.admin.models import LogEntry

from onboarding.admin.entries import Entry, filled
from organizations.admin.cells import Tone, worded
from organizations.models import StaffAction

Outcome = StaffAction.Outcome
TONES = {Outcome.ASKED: Tone.ASKS, Outcome.DONE: Tone.GOOD, Outcome.REFUSED: Tone.BAD}


def staff_entry(line: LogEntry) -> Entry:
    """`line` comes with its user, its content type and what stands beside it."""
    action: StaffAction | None = getattr(line, "staff_action", None)
    row = f"{line.content_type.name} {line.object_repr}" if line.content_type else line.object_repr
    facts = [
        ("by", line.user.get_username()),
        ("to", row),
        ("reason", action.reason if action else ""),
        ("why not", action.refusal if action else ""),
    ]
    words = line.get_change_message().partition(" Reason: ")[0]
    if action and action.refusal:
        # It stands beside them.
        words = words.replace(action.refusal, "").strip()
    outcome = Outcome(action.outcome) if action else Outcome.DONE
    return Entry(
        words.rstrip(".") or line.get_action_flag_display(),
        TONES[outcome],
        line.action_time,
        word="" if outcome == Outcome.DONE else worded(outcome),
        facts=filled(facts),
    )


def staff_entries(lines: Iterable[LogEntry]) -> tuple[Entry, ...]:
    return tuple(map(staff_entry, lines))
