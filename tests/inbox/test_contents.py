"""What each type of message says, in the words of the contract."""

import json
from datetime import timedelta

import pytest

from inbox.models import Media, Message
from tests.inbox.world import message, receive
from tests.phones.world import told

pytestmark = pytest.mark.django_db
IMAGE = {"id": "1234567890", "mime_type": "image/jpeg", "sha256": "aGFzaA==", "url": "https://x.fbsbx.com/1"}
CONTACTS = [{"name": {"formatted_name": "Bo"}, "phones": [{"phone": "+1"}], "origin": "other"}]
ORDER = {"catalog_id": "1", "text": "two", "product_items": [{"product_retailer_id": "a", "quantity": 2}]}
REPLY = {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}
FLOW = {"type": "nfm_reply", "nfm_reply": {"response_json": "{}", "body": "Sent", "name": "flow"}}


@pytest.mark.parametrize(
    ("kind", "said", "content"),
    [
        ("text", {"body": "Hi"}, {"body": "Hi"}),
        ("location", {"latitude": -34.6, "longitude": 58, "name": "Here"},
         {"latitude": -34.6, "longitude": 58, "name": "Here"}),
        ("contacts", CONTACTS, {"contacts": CONTACTS}),
        ("button", {"text": "Yes", "payload": "y"}, {"text": "Yes", "payload": "y"}),
        ("interactive", REPLY, REPLY),
        ("interactive", FLOW, FLOW),
        ("interactive", {"list_reply": {"id": "1", "title": "One"}},
         {"type": "list_reply", "list_reply": {"id": "1", "title": "One"}}),
        ("reaction", {"message_id": "wamid.0", "emoji": "👍"},
         {"emoji": "👍", "wamid": "wamid.0", "messageId": None}),
        ("reaction", {"message_id": "wamid.0"}, {"emoji": "", "wamid": "wamid.0", "messageId": None}),
        ("order", ORDER, {"raw": {"order": ORDER}}),
        ("request_welcome", None, {"raw": {}}),
        ("group_join", {"x": [1]}, {"raw": {"group_join": {"x": [1]}}}),
        ("text", {"body": 7}, {"raw": {"text": {"body": 7}}}),
        ("text", [], {"raw": {"text": []}}),
        ("location", {"latitude": "1"}, {"raw": {"location": {"latitude": "1"}}}),
        ("interactive", None, {"raw": {}}),
        ("image", {"mime_type": "image/png"}, {"raw": {"image": {"mime_type": "image/png"}}}),
    ],
)  # fmt: skip
def test_content_is_what_the_contract_says_of_the_type(phone, kind, said, content):
    receive(phone, message(kind, said))

    [(name, data)] = told()
    assert (name, data["type"], data["content"]) == ("message.received", kind, content)
    assert list(data["content"])[:1] == list(content)[:1]


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
def test_a_file_is_named_by_our_id_and_our_address(phone, settings, kind):
    extra = {"caption": "Look", "filename": "a.jpg", "voice": kind == "audio"}

    receive(phone, message(kind, IMAGE | extra))

    [(_, data)] = told()
    media = Media.objects.get()
    assert data["content"] == {
        "mediaId": str(media.pk),
        "url": f"{settings.PUBLIC_BASE_URL}/v1/phones/{phone.pk}/media/{media.pk}",
        "mimeType": "image/jpeg",
        "caption": "Look",
        "filename": "a.jpg",
    } | ({"voice": True} if kind == "audio" else {})
    assert list(data["content"])[:3] == ["mediaId", "url", "mimeType"]
    assert (media.meta_media_id, media.sha256) == ("1234567890", "aGFzaA==")
    assert media.expires_at == Message.objects.get().timestamp + timedelta(days=7)
    assert "http" not in json.dumps(Message.objects.get().content)


def test_the_same_file_in_two_messages_is_one_row(phone):
    receive(phone, message("image", IMAGE))
    receive(phone, message("image", IMAGE, number=2))

    assert Media.objects.get().messages.count() == 2


def test_what_whatsapp_does_not_support_comes_with_its_error(phone):
    errors = [{"code": 131051, "title": "Message type unknown", "error_data": {"details": "Not supported"}}]

    receive(phone, message("unsupported", {"type": "poll"}, errors=errors))

    [(_, data)] = told()
    assert data["error"] == {"code": "131051", "title": "Message type unknown", "details": "Not supported"}
    assert data["content"] == {"raw": {"unsupported": {"type": "poll"}, "errors": errors}}


def test_what_comes_with_a_message_is_its_context(phone):
    receive(phone, message())
    referral = {"source_url": "https://fb.me/1", "ctwa_clid": "x"}
    context = {"id": "wamid.1", "forwarded": True, "referred_product": {"catalog_id": "1"}}

    receive(phone, message(number=2, context=context, referral=referral, group_id="g1"))

    data = told()[1][1]
    assert data["replyTo"] == {"messageId": told()[0][1]["messageId"], "wamid": "wamid.1"}
    assert data["context"] == {
        "forwarded": True,
        "referredProduct": {"catalog_id": "1"},
        "referral": referral,
        "groupId": "g1",
    }


def test_what_no_database_takes_is_taken_out_and_the_rest_is_kept(phone):
    deep: dict = {}
    for _ in range(500):
        deep = {"in": deep}
    odd = {"a\x00": "b\ud800\x00c", "big": 10**30, "nan": float("nan"), "inf": [float("-inf")], "deep": deep}

    receive(phone, message("odd", odd))
    receive(phone, message("text", {"body": "x\x00y\udfff"}, number=2))

    raw = Message.objects.get(wamid="wamid.1").content["raw"]["odd"]
    assert (raw["a"], raw["big"], raw["nan"], raw["inf"]) == ("b?c", None, None, [None])
    assert Message.objects.get(wamid="wamid.2").content == {"body": "xy?"}


def test_of_what_is_too_large_to_be_told_the_longest_texts_are_left_out(phone):
    cards: list[dict[str, object]] = [
        {"name": {"formatted_name": "Bo"}, "phones": [{"phone": "+1"}], "vcard": "x" * 140_000},
        {"name": {"formatted_name": "Cy"}, "vcard": "x" * 2_000},
    ]

    receive(phone, message("contacts", cards))
    receive(phone, message("odd", {"x": "y" * 200_000, "z": 1}, number=2))

    cards[0]["vcard"] = None
    assert Message.objects.get(type="contacts").content == {"contacts": cards}
    assert Message.objects.get(type="odd").content == {"raw": {"odd": {"x": None, "z": 1}}}


def test_nothing_is_told_of_what_is_too_large_in_small_parts(phone):
    receive(phone, message("odd", ["y" * 900] * 200))

    assert Message.objects.get().content == {"raw": None}


def test_a_text_is_told_however_long(phone):
    receive(phone, message("text", {"body": "\x01" * 200_000}))

    assert Message.objects.get().content == {"body": "\x01" * 16_384}
