"""What the page told of a signup, in the link's time line."""

from collections.abc import Iterable, Iterator

from onboarding.admin.call_entries import Calls, counted
from onboarding.admin.entries import SESSION, Entry, filled, named, words_of
from onboarding.models import PageEvent, Signup
from organizations.admin.cells import Tone

# The newest of a signup. More is somebody who plays with the page.
MOST_TOLD = 30
TITLES = {
    "session": "Meta's window sent its message",
    "callback": "The page brought a code",
    "pin": "A PIN was entered",
    "skip": "The page's question was put off",
    "number": "A number was entered",
    "request-code": "A code for the number was asked for",
    "verify-code": "The number's code was entered",
    "check": "“I have added it” was pressed",
}


def page_entries(signup: Signup, calls: Calls) -> Iterator[Entry]:
    """In no order: each has its time."""
    yield Entry("Page ready for a signup", Tone.GOOD, signup.created_at)
    if signup.started_at:
        yield window_entry(signup)
    if signup.session_event:
        yield session_entry(signup)
    elif signup.exchanged_at:
        yield Entry("No message came from Meta's window", Tone.IDLE, signup.exchanged_at)
    for event in untold(signup, list(signup.told.all())[-MOST_TOLD:]):
        yield event_entry(event, calls)


def window_entry(signup: Signup) -> Entry:
    """Of the click: what came of it says better than the page whether a window was there."""
    is_blocked = signup.barrier == Signup.Barrier.POPUP_BLOCKED
    if is_blocked and not signup.session_event and not signup.exchanged_at:
        return Entry("Facebook window held back by the browser", Tone.ASKS, signup.started_at)
    return Entry("Facebook window opened", Tone.GOOD, signup.started_at)


def session_entry(signup: Signup) -> Entry:
    """The last message of Meta's window, with all that it said."""
    is_finish = (signup.session_event or "").startswith("FINISH")
    return Entry(
        TITLES["session"],
        Tone.GOOD if is_finish else Tone.ASKS,
        signup.session_at,
        word=signup.session_event or "",
        said="" if is_finish else words_of(signup.error if not signup.exchanged_at else None),
        facts=named(signup.session, SESSION),
    )


def untold(signup: Signup, events: list[PageEvent]) -> Iterable[PageEvent]:
    """Without those that the signup's own columns tell: the last message, and the code that was taken."""
    messages = [event for event in events if event.name == "session" and not event.refusal]
    is_last_told = messages and signup.session_event and messages[-1].detail.startswith(signup.session_event)
    own = {messages[-1].pk} if is_last_told else set()
    own |= {event.pk for event in events if event.name == "callback" and not event.refusal}
    return [event for event in events if event.pk not in own]


def event_entry(event: PageEvent, calls: Calls) -> Entry:
    inside = calls.take(event.name, event.request_id) if event.request_id else ()
    return Entry(
        TITLES.get(event.name, event.name),
        Tone.BAD if event.refusal else Tone.GOOD,
        event.at,
        word=event.refusal,
        facts=filled((("told", event.detail), ("request id", event.request_id if inside else ""))),
        inside=inside,
        inside_title=counted(inside),
    )
