"""What Meta documents, with something else in it: it ends as something readable, and breaks nothing."""

import copy
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.models import Contact, ContactAlias, Conversation, Media, Message
from meta_events.dispatch import HANDLERS
from meta_events.models import Change
from tests.meta_events.conftest import WABA_ID
from tests.meta_events.test_account_fields import FORMS
from tests.meta_events.test_account_update import FORMS as ACCOUNT_FORMS
from tests.meta_events.test_coexistence import chat, chunk
from tests.meta_events.test_message_fields import ANA, BASE, message, status, value
from tests.meta_events.types_of_messages import TYPES
from tests.meta_events.world import change, told, worked
from wabas.models import Waba
from webhooks.models import Event

SYNC: dict[str, Any] = {
    "type": "contact",
    "contact": {"full_name": "Ana", "phone_number": "5491155551234"},
    "action": "add",
}
WISH: dict[str, Any] = {
    "wa_id": "5491155551234",
    "category": "marketing_messages",
    "value": "stop",
    "timestamp": 1739321099,
}
NEW_ID: dict[str, Any] = {
    "wa_id": "5491155551234",
    "user_id": {"previous": "AR.1001", "current": "AR.9"},
    "timestamp": "1739321099",
}
FAILED = status("failed", errors=[{"code": 131047, "title": "x", "error_data": {"details": "y"}}])
# Every form that is documented, by its field.
WHOLE: list[tuple[str, dict[str, Any]]] = [
    *((field, said) for field, said, _ in FORMS if field in HANDLERS),
    (
        "account_update",
        {"event": "PARTNER_ADDED", "waba_info": {"waba_id": WABA_ID, "owner_business_id": "1"}},
    ),
    *(("account_update", {"event": event} | said) for event, said, _ in ACCOUNT_FORMS),
    *(("messages", value(message(kind, **said))) for kind, said in TYPES),
    ("messages", BASE | {"statuses": [status("sent", pricing={"billable": True}), FAILED]}),
    ("messages", BASE | {"errors": [{"code": 130429}]}),
    ("smb_message_echoes", BASE | {"message_echoes": [message(to="5491155551234", text={"body": "x"})]}),
    ("messages", {"metadata": {"phone_number_id": "\x00"}, "messages": [message()]}),
    ("account_review_update", {"decision": "APPROVED", "waba_info": {"waba_id": "1\x00"}}),
    ("history", BASE | {"history": [chunk(chat(1, 2)), {"errors": [{"code": 2593109}]}]}),
    ("history", BASE | {"messages": [message()], "message_echoes": [message(to="549")]}),
    ("smb_app_state_sync", BASE | {"state_sync": [SYNC, SYNC | {"action": "remove"}]}),
    ("user_preferences", BASE | {"contacts": [ANA], "user_preferences": [WISH]}),
    ("user_id_update", BASE | {"user_id_update": [NEW_ID]}),
]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats(allow_nan=False)
    | st.sampled_from(["", "\x00", "\ud83d", "x" * 70_000, "-1", "9" * 40, "wamid.1", "AR.1001", "sent"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "type", "x"]), inner),
    max_leaves=4,
)  # fmt: skip
serial = itertools.count(1)


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every container with a key of it, at any depth."""
    keys = (
        list(document)
        if isinstance(document, dict)
        else range(len(document))
        if isinstance(document, list)
        else []
    )
    return [(document, key) for key in keys] + [place for key in keys for place in places(document[key])]


@st.composite
def odd_payloads(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    field, said = draw(st.sampled_from(WHOLE))
    said = copy.deepcopy(said)
    for _ in range(draw(st.integers(0, 2))):
        found = places(said)
        if not found:
            break
        container, key = draw(st.sampled_from(found))
        if draw(st.booleans()):
            container[key] = draw(ODD)
        else:
            del container[key]
    return field, said


def stored() -> list[int]:
    """How much there is of all that a change may leave."""
    return [model.objects.count() for model in (Event, Contact, ContactAlias, Conversation, Message, Media)]


@pytest.mark.django_db
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=odd_payloads())
def test_no_payload_breaks_a_handler(phone, payload):
    field, said = payload
    Waba.objects.update(status="connected", disconnected_at=None)
    # What of an earlier one came too early is not tried again beside this one.
    Change.objects.filter(status="waiting").update(status="skipped", due_at=None)
    before = stored()
    row = told(change(field, **said, serial=next(serial)), entry_id=WABA_ID)

    worked()

    for found in Change.objects.filter(notification=row):
        error = str(found.error)
        assert found.status != "waiting" or error.startswith("TooEarlyError: "), error
        assert found.status != "failed" or error.startswith("MalformedError: "), error
    if not Change.objects.filter(notification=row, status="done").exists():
        assert stored() == before
