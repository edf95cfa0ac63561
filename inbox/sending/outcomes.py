"""What a call to Meta came to, as far as sending is concerned."""

from dataclasses import dataclass
from typing import Any

from meta_graph.errors import Cause, GraphError
from meta_graph.messages import SentMessage

TEMPORARY = frozenset({Cause.RATE_LIMITED, Cause.PAIR_LIMITED, Cause.TEMPORARY})
MAINTENANCE = frozenset({131057, 2494100})
NOT_REACHED = "NOT_REACHED"


@dataclass(frozen=True)
class Sent:
    """Meta accepted it."""

    message: SentMessage


@dataclass(frozen=True)
class PutOff:
    """Not sent, as far as one can tell, and worth another try, in `wait` seconds at the earliest.

    What is of the number holds up all that it sends, what is of the pair the messages to one person.
    Doubtful: Meta calls it temporary, and now and then sends such a message all the same.
    """

    reason: dict[str, Any]
    wait: float = 0.0
    is_of_number: bool = False
    is_of_pair: bool = False
    is_doubtful: bool = False
    error: GraphError | None = None


@dataclass(frozen=True)
class Refused:
    """Meta's no, or ours where the number can send nothing any more. `reason` is `{code, title, details}`."""

    reason: dict[str, Any]
    error: GraphError | None = None


@dataclass(frozen=True)
class Unknown:
    """It may have been sent: it never is again."""


Outcome = Sent | PutOff | Refused | Unknown


def of_error(error: GraphError) -> PutOff | Refused | Unknown:
    """Sent again is what never reached Meta, and what Meta itself calls temporary. Without Meta's own word in
    an answer nobody knows; any other word of Meta's is a no."""
    if not error.was_sent:
        title = "Meta could not be reached."
        return PutOff(reason(NOT_REACHED, title, error.message), is_of_number=True, error=error)
    if error.broken is not None or error.code is None:
        return Unknown()
    # The code comes before the text too.
    said = reason(str(error.code), error.message.removeprefix(f"(#{error.code}) "), error.details)
    if error.cause not in TEMPORARY:
        return Refused(said, error)
    is_of_number = error.cause is Cause.RATE_LIMITED or error.code in MAINTENANCE
    is_of_pair = error.cause is Cause.PAIR_LIMITED
    return PutOff(
        said,
        error.retry_after or 0.0,
        is_of_number=is_of_number,
        is_of_pair=is_of_pair,
        is_doubtful=error.cause is Cause.TEMPORARY and not is_of_number,
        error=error,
    )


def reason(code: str, title: str, details: str | None = None) -> dict[str, Any]:
    return {"code": code, "title": title or "Meta refused the message.", "details": details or None}
