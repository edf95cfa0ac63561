"""Changes that hold lists: a row an element, each by itself, and each known again by what it means."""

import pytest

from meta_events.bodies import Place, found, opened, places
from meta_events.elements import PARTS
from meta_events.items import Verdict
from meta_events.models import Change, Notification
from tests.meta_events.conftest import WABA_ID, fails
from tests.meta_events.world import body_of, change, entry, post, states, told, worked

PHONE = {"metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}}
TEXT = {"from": "5491155551234", "id": "wamid.A", "timestamp": "1739321024", "type": "text"}
READ = {"id": "wamid.B", "status": "read", "timestamp": "1739321030", "recipient_id": "5491155551234"}


def print_of(
    field: str, value: dict, *, at: int | None = 1739321025, place: Place | None = None
) -> bytes | None:
    stands = {"id": WABA_ID, "changes": [change(field, **value)]} | ({} if at is None else {"time": at})
    envelope = opened(body_of(stands))
    return found(envelope, place or next(iter(places(envelope)))).fingerprint


def message(**differs: object) -> dict:
    return PHONE | {"messages": [TEXT | differs]}


def status(**differs: object) -> dict:
    return PHONE | {"statuses": [READ | differs]}


@pytest.fixture
def taken(handling):
    """What the handler of messages was given, which breaks on an element that says so."""
    items = []

    def take(item):
        if item.element.get("type") == "broken":
            fails(item)
        items.append(item)
        return Verdict.DONE

    handling("messages", take)
    return items


@pytest.mark.django_db
def test_a_change_is_taken_apart_into_its_messages_statuses_and_errors(taken):
    value = PHONE | {
        "messages": [TEXT, TEXT | {"id": "wamid.C"}],
        "statuses": [READ],
        "errors": [{"code": 130429}],
    }
    told(change("messages", **value), change("messages", **PHONE), entry_id=WABA_ID)

    worked()

    assert [(item.part, item.element.get("id")) for item in taken] == [
        ("messages", "wamid.A"), ("messages", "wamid.C"), ("statuses", "wamid.B"), ("errors", None),
        ("", None),
    ]  # fmt: skip
    assert {item.meta_phone_number_id for item in taken} == {"106540352242922"}
    assert taken[0].at.timestamp() == 1739321024
    assert list(Change.objects.order_by("pk").values_list("part", "number", "event")) == [
        ("messages", 0, "text"), ("messages", 1, "text"), ("statuses", 0, "read"), ("errors", 0, "130429"),
        ("", 0, None),
    ]  # fmt: skip
    assert Notification.objects.get().change_count == 5


@pytest.mark.django_db
def test_a_broken_element_stops_no_sibling(taken):
    told(
        change(
            "messages", messages=[TEXT, TEXT | {"id": "wamid.X", "type": "broken"}, "x", TEXT | {"id": "w"}]
        )
    )

    worked()

    assert states() == ["done", "waiting", "failed", "done"]
    assert (
        Change.objects.get(status="failed").error == "MalformedError: Number 2 of its messages is no object."
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("odd", "failed"), [("x", 1), ({"id": "1"}, 1), (7, 1), (None, 0), ([], 0)])
def test_a_list_that_is_none_is_malformed_beside_the_others(taken, odd, failed):
    told(change("messages", messages=odd, statuses=[READ]))

    worked()

    assert states().count("failed") == failed
    assert [item.part for item in taken] == ["statuses"]


@pytest.mark.django_db
def test_another_objects_lists_are_left_alone(client):
    post(client, body_of(entry(change("messages", messages=[TEXT, TEXT])), kind="instagram"))

    worked()

    assert states() == ["unknown"]


@pytest.mark.django_db
def test_messages_that_meta_regroups_and_repeats_are_handled_once(taken):
    other = TEXT | {"id": "wamid.C"}
    told(change("messages", **PHONE, messages=[TEXT]), at=1739321025)
    told(change("messages", **PHONE, messages=[TEXT | {"text": {"body": "x"}}, other]), at=1739321099)
    told(change("messages", **PHONE, messages=[other], statuses=[READ]), at=1739321100)

    worked()

    assert [item.element["id"] for item in taken] == ["wamid.A", "wamid.C", "wamid.B"]


@pytest.mark.django_db
def test_chats_and_contacts_in_bulk_stay_whole_and_are_handled_apart():
    told(change("history", history=[{"threads": []}, {}]), change("smb_app_state_sync", state_sync=[{}, {}]))

    worked()

    assert set(Change.objects.values_list("field", "part", "is_bulk")) == {
        ("history", "", True), ("smb_app_state_sync", "", True),
    }  # fmt: skip


def test_a_message_is_its_id_at_its_number_whatever_else_differs():
    first = print_of("messages", message())

    assert first == print_of("messages", message(timestamp="1", text={"body": "x"}), at=None)
    assert first != print_of("messages", message(id="wamid.C"))
    assert first != print_of("messages", message() | {"metadata": {"phone_number_id": "77"}})
    assert first != print_of("smb_message_echoes", PHONE | {"message_echoes": [TEXT]})


@pytest.mark.parametrize(
    "other", [{"id": "w"}, {"status": "sent"}, {"timestamp": "1739321031"}, {"recipient_id": "1"}]
)
def test_a_status_is_its_message_state_time_and_recipient(other):
    first = print_of("messages", status())

    assert first == print_of("messages", status(conversation={"id": "1"}, pricing={}), at=1)
    assert first != print_of("messages", status(**other))


def test_what_has_a_time_of_its_own_needs_none_of_the_entry():
    wish = {"user_id": "AR.1", "category": "marketing_messages", "value": "stop", "timestamp": 1739321024}
    value = PHONE | {"user_preferences": [wish]}
    later = PHONE | {"user_preferences": [wish | {"timestamp": 1739321025}]}

    assert print_of("user_preferences", value, at=None) == print_of("user_preferences", value)
    assert print_of("user_preferences", value) != print_of("user_preferences", later)


def test_an_error_without_any_time_may_happen_twice():
    value = PHONE | {"errors": [{"code": 130429}]}

    assert print_of("messages", value, at=None) is None
    assert (
        print_of("messages", value, at=1) == print_of("messages", value, at=1) != print_of("messages", value)
    )


def test_every_list_that_is_taken_apart_is_found_again_by_its_places():
    for field, parts in PARTS.items():
        value = {part: [{"id": f"{part} {number}"} for number in range(3)] for part in parts}
        envelope = opened(body_of({"changes": [change(field, **value)]}))
        said = [found(envelope, place).element["id"] for place in places(envelope)]
        assert said == [f"{part} {number}" for part in parts for number in range(3)]
