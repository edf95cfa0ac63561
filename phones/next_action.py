"""Who has to move now so that a number can do all that it should."""

from dataclasses import dataclass
from datetime import datetime

from phones.health import Health
from phones.reasons import Actor


@dataclass(frozen=True)
class NextAction:
    actor: Actor
    code: str
    message: str
    url: str | None = None
    deadline: datetime | None = None


def next_action(health: Health) -> NextAction | None:
    """The first issue that turns something off, else the first warning; None when nobody has to move."""
    off = [issue for issue in health.issues if issue.capability is not None]
    warnings = [issue for issue in health.issues if issue.warning]
    for issue in (*off, *warnings):
        return NextAction(issue.actor, issue.code, issue.solution, deadline=issue.deadline)
    return None
