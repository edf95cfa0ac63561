"""Reading what Meta writes, and what it would never write."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meta_events.bodies import Place, UnreadableError, found, opened, places
from meta_events.items import MalformedError
from meta_events.texts import moment, stored
from tests.meta_events.world import PORTFOLIO, body_of, change, entry

WABA = "102290129340398"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


def the_only(body: bytes):
    envelope = opened(body)
    (place,) = places(envelope)
    return found(envelope, place)


@pytest.mark.parametrize(
    ("value", "entry_id", "expected"),
    [
        ({"event": "PARTNER_ADDED", "waba_info": {"waba_id": WABA}}, PORTFOLIO, WABA),
        ({"event": "PARTNER_ADDED", "waba_info": {"waba_id": int(WABA)}}, PORTFOLIO, WABA),
        ({"event": "ACCOUNT_DELETED"}, WABA, WABA),
        ({"event": "PARTNER_REMOVED", "waba_info": {"waba_id": ""}}, WABA, WABA),
        ({"event": "PARTNER_REMOVED", "waba_info": "none"}, WABA, WABA),
        ({"event": "PARTNER_REMOVED", "phone_number": "15550783881"}, PORTFOLIO, None),
    ],
)
def test_the_waba_is_what_the_value_names_else_the_entrys_but_never_our_own_portfolio(
    value, entry_id, expected
):
    assert the_only(body_of(entry(change(**value), entry_id=entry_id))).meta_waba_id == expected


def test_a_messages_phone_is_read():
    body = body_of(entry(change("messages", metadata={"phone_number_id": "106540352242922"}), entry_id=WABA))

    assert the_only(body).meta_phone_number_id == "106540352242922"


def test_another_objects_fields_are_told_apart():
    said = the_only(body_of(entry(change("feed", event="x"), entry_id="7"), kind="page"))

    assert (said.name, said.meta_waba_id) == ("page: feed", None)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (1739321024, datetime(2025, 2, 12, 0, 43, 44, tzinfo=UTC)),
        ("1739321024", datetime(2025, 2, 12, 0, 43, 44, tzinfo=UTC)),
        (1739321024000, datetime(2025, 2, 12, 0, 43, 44, tzinfo=UTC)),
        (None, None),
        ("yesterday", None),
        (True, None),
        (-1, None),
        (10**40, None),
        ("٣", None),
        ([], None),
    ],
)
def test_times_are_seconds_as_number_or_text(written, expected):
    assert moment(written) == expected


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"17", b'"entry"', b"{}", b'{"entry":{}}', b"\xff\xfe\x00", b"[" * 100_000]
)
def test_what_has_no_entries_is_unreadable(body):
    with pytest.raises(UnreadableError):
        opened(body)


def test_a_byte_order_mark_and_half_of_an_emoji_are_read():
    body = (
        b'\xef\xbb\xbf{"object":"x","entry":[{"changes":[{"field":"messages","value":{"text":"\\ud83d"}}]}]}'
    )

    assert the_only(body).value == {"text": "\ud83d"}


@pytest.mark.parametrize(
    "broken",
    [
        "x",
        7,
        None,
        {},
        {"field": "messages"},
        {"value": {}},
        {"field": 7, "value": {}},
        {"field": "x", "value": []},
    ],
)
def test_what_is_no_change_is_malformed_at_its_place_alone(broken):
    envelope = opened(body_of(entry(change("a"), broken, change("b"))))

    assert list(places(envelope)) == [Place(0, 0), Place(0, 1), Place(0, 2)]
    assert found(envelope, Place(0, 2)).field == "b"
    with pytest.raises(MalformedError):
        found(envelope, Place(0, 1))


@pytest.mark.parametrize("broken", ["x", 7, None, [], {}, {"changes": None}, {"changes": {"0": 1}}])
def test_an_entry_without_changes_is_one_malformed_place(broken):
    envelope = opened(json.dumps({"object": "x", "entry": [broken]}).encode())

    (place,) = places(envelope)
    with pytest.raises(MalformedError):
        found(envelope, place)


@given(JSON)
def test_no_json_breaks_the_reading(document):
    for body in ({"entry": [document]}, {"object": document, "entry": [{"changes": [document]}]}):
        envelope = opened(json.dumps(body).encode())
        for place in places(envelope):
            try:
                said = found(envelope, place)
            except MalformedError:
                continue
            assert isinstance(said.name, str)
            assert said.event is None or said.event
            assert said.meta_waba_id is None or said.fingerprint is None or len(said.fingerprint) == 32


def test_the_same_change_has_the_same_fingerprint_in_another_body_and_another_time_another():
    alone = the_only(body_of(entry(change(event="X", a=1, b=2), entry_id=WABA, at=1739321024)))
    swapped = the_only(body_of({"changes": [change(b=2, a=1, event="X")], "time": "1739321024", "id": WABA}))
    later = the_only(body_of(entry(change(event="X", a=1, b=2), entry_id=WABA, at=1739321025)))
    timeless = the_only(body_of({"id": WABA, "changes": [change(event="X", a=1, b=2)]}))

    assert alone.fingerprint == swapped.fingerprint != later.fingerprint
    assert timeless.fingerprint is None


def test_stored_text_is_what_every_database_takes():
    assert stored("a\x00b\ud83dc" * 30, 10) == "ab?cab?cab"
    assert stored(None, 10) is None
