"""Times as the contract writes them: `2026-01-15T10:30:00.000Z`."""

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """ISO 8601, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
