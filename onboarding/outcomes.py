"""How a step can end: the values it returns, the exceptions it raises, the error it leaves behind."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils import timezone

from api.times import timestamp
from meta_graph.errors import GraphError

NO_PHONE_NUMBER = "NO_PHONE_NUMBER"


class Settled(StrEnum):
    """What a step returns when it need not run again."""

    DONE = "done"
    SKIPPED = "skipped"


class Actor(StrEnum):
    """Who has to move."""

    END_USER = "end_user"
    CUSTOMER = "customer"
    PLATFORM = "platform"
    META = "meta"


@dataclass(frozen=True)
class Problem:
    """Why a step did not end well, as rows and answers keep it: plain words and Meta's numbers."""

    code: str
    message: str
    actor: Actor
    meta: dict[str, Any] | None = None

    def as_json(self, at: datetime | None = None) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "actor": str(self.actor),
            "at": timestamp(at or timezone.now()),
            "meta": self.meta,
        }


class StepError(Exception):
    """Base of what a step raises."""

    def __init__(self, code: str, message: str, actor: Actor, *, cause: GraphError | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.problem = Problem(code, message, actor, meta_of(cause))


class StepFailed(StepError):  # noqa: N818 -- it says what happened
    """The step cannot end well; a required one fails its signup."""


class NeedsCustomer(StepError):  # noqa: N818
    """A person has to give something before the step can go on."""


class NotYet(StepError):  # noqa: N818
    """Too early: the step is run again at `at`, and this run does not count as a try."""

    def __init__(self, code: str, message: str, actor: Actor, *, at: datetime) -> None:
        super().__init__(code, message, actor)
        self.at = at


def meta_of(error: GraphError | None) -> dict[str, Any] | None:
    """What Meta said, for support: code, subcode and trace id."""
    if error is None:
        return None
    return {"code": error.code, "subcode": error.subcode, "traceId": error.fbtrace_id}
