"""What is in the tables: secrets that the keys open, right counts, nothing that should be deleted by now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from backoffice.doctor.findings import Finding, failed, not_checked, ok, warning
from backoffice.key_rotation import stored, tables
from inbox import retention as inbox
from journal import retention as calls
from meta_events import retention as incoming
from onboarding import link_counts
from organizations import retention as answered
from webhooks import retention as outgoing

# So many of each field are opened, from both ends of the table.
SAMPLE = 200
# `prune` may be this late: it is run once a day.
LATE = timedelta(days=2)


@dataclass
class Opened:
    """What came of opening a sample: by key of FIELD_ENCRYPTION_KEYS the last time it wrote, and failures."""

    total: int = 0
    tried: int = 0
    counts: dict[int, int] = field(default_factory=dict)
    written_at: dict[int, datetime] = field(default_factory=dict)
    unopened: dict[str, int] = field(default_factory=dict)

    def note(self, place: str, key: int | None, at: datetime) -> None:
        self.tried += 1
        if key is None:
            self.unopened[place] = self.unopened.get(place, 0) + 1
            return
        self.counts[key] = self.counts.get(key, 0) + 1
        self.written_at[key] = max(at, self.written_at.get(key, at))


def encryption_keys() -> Finding:
    """Every stored secret opens, in a sample; the first key is the one that writes."""
    found = Opened()
    keys = [Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS]
    for model, name in ((table.model, name) for table in tables() for name in table.names):
        sealed_rows = model._base_manager.exclude(**{f"{name}__isnull": True})
        found.total += sealed_rows.count()
        for sealed in sample(model, name):
            found.note(f"{model._meta.label}.{name}", *opened(sealed, keys))
    return judged(found, len(keys))


def sample(model: type[Model], name: str) -> set[str]:
    rows = model._base_manager.exclude(**{f"{name}__isnull": True}).annotate(sealed=stored(name))
    return {
        sealed
        for order in ("pk", "-pk")
        for sealed in rows.order_by(order).values_list("sealed", flat=True)[:SAMPLE]
    }


def opened(sealed: str, keys: list[Fernet]) -> tuple[int | None, datetime]:
    """The place of the key that opens it, None when none does, and when it was written."""
    for place, key in enumerate(keys):
        try:
            key.decrypt(sealed.encode())
            return place, datetime.fromtimestamp(key.extract_timestamp(sealed), UTC)
        except InvalidToken:
            continue
    return None, datetime.now(UTC)


def judged(found: Opened, keys: int) -> Finding:
    words = f"{found.tried} of {found.total} secrets opened, {keys} {'key' if keys == 1 else 'keys'}"
    if found.unopened:
        where = ", ".join(f"{count} in {place}" for place, count in sorted(found.unopened.items()))
        return failed(
            f"{sum(found.unopened.values())} of {found.tried} secrets do not open: {where}",
            "Put the key that wrote them back into FIELD_ENCRYPTION_KEYS, behind the first.",
        )
    older = [at for key, at in found.written_at.items() if key > 0]
    if not older:
        return ok(words)
    first = found.written_at.get(0)
    if first is None or max(older) > first:
        return warning(
            f"{words}; what was written last ({max(older):%Y-%m-%d %H:%M}) was not by the first",
            "Just after a new key this is as it should be. Else the newest key is not the first, or a process"
            " still runs with the old list: restart all.",
        )
    behind = found.tried - found.counts[0]
    return ok(f"{words}; {behind} still need an older one: keep it, or run manage.py rotate_encryption_key")


def retention() -> Finding:
    """Seen by what is left: nothing is much older than it may get."""
    late = timezone.now() - LATE
    is_there = {
        "events": outgoing.outdated_events(late).exists(),
        "notifications of Meta's": incoming.outdated(late).exists(),
        "idempotency keys": answered.outdated(late).exists(),
        "messages": inbox.outdated(late).exists(),
        "calls of Graph": calls.outdated(late).exists(),
    }
    if not any(is_there.values()):
        return ok("nothing is older than it may get")
    what = " and ".join(name for name, found in is_there.items() if found)
    return warning(
        f"{what} are kept longer than they should be", "Run manage.py prune once a day, by a timer."
    )


def link_totals() -> Finding:
    """Lists take totals and pages from counts that the database's triggers keep."""
    if not link_counts.are_kept():
        return not_checked("PostgreSQL alone keeps counts of links: lists count them each time")
    wrong = link_counts.wrong_days()
    if not wrong:
        return ok("links are as many as their counts say")
    return failed(
        f"{wrong} counts of a day's links are wrong: lists of links show wrong totals and pages",
        "Run manage.py recount_links, and find out who wrote past the triggers of onboarding_onboardinglink.",
    )
