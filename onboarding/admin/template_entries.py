"""Starter templates in a link's time line: what was handed in, and what Meta decided."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from onboarding.admin.entries import Entry, filled
from onboarding.models import OnboardingLink
from organizations.admin.cells import Tone, worded

TITLES = {
    "start_conversation": "Template to start a conversation",
    "welcome": "Template to welcome somebody",
    "send_file": "Template to send a file",
}
TONES = {"APPROVED": Tone.GOOD, "PENDING": Tone.BUSY}


def template_entries(link: OnboardingLink) -> Iterator[Entry]:
    """One a template, from the completion on."""
    return map(entry_of, link.starter_templates) if link.completed_at else iter(())


def entry_of(row: dict[str, Any]) -> Entry:
    status, reason, decided_at = row["status"], row["reason"], row["decidedAt"]
    facts = [
        ("name", row["name"] or ""),
        ("language", row["languageCode"] or ""),
        ("Meta's id", row["metaTemplateId"] or ""),
        ("Meta's reason", (reason or "") if status else ""),
    ]
    return Entry(
        TITLES[row["template"]],
        tone_of(status, reason),
        datetime.fromisoformat(decided_at) if decided_at else None,
        word=worded(status.lower()) if status else "not handed in",
        said="" if status else reason or "",
        facts=filled(facts),
    )


def tone_of(status: str | None, reason: str | None) -> Tone:
    if status is None:
        return Tone.BAD if reason else Tone.IDLE
    return TONES.get(status, Tone.BAD)
