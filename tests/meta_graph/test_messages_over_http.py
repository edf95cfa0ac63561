"""Messages, media and templates against a whole fake Meta over real HTTP."""

from __future__ import annotations

import io

import pytest

from meta_graph import media, messages, oauth, phone_numbers, templates, wabas
from meta_graph.client import business_token
from meta_graph.errors import Action, Cause, GraphError

ANA = "16315550123"
TEXT = {"to": ANA, "type": "text", "text": {"body": "Hello"}}
BODY = {"type": "BODY", "text": "Hello {{1}}, how are you?", "example": {"body_text": [["Ana"]]}}
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000


@pytest.fixture
def number(signup):
    """What each call of a number is given: its id and the token."""
    customer = business_token(oauth.exchange_code(code=signup["code"]).value)
    given = {"phone_number_id": signup["phoneNumberId"], "token": customer}
    wabas.subscribe_app(waba_id=signup["wabaId"], token=customer)
    phone_numbers.register(pin="482913", **given)
    return given


def refused(number, body=TEXT) -> GraphError:
    with pytest.raises(GraphError) as caught:
        messages.send(body=body, **number)
    return caught.value


def test_a_message_is_sent_to_a_number_and_to_a_user_id(sandbox, number):
    user_id = sandbox.write(number["phone_number_id"])["userId"]

    to_number = messages.send(body=TEXT, **number)
    to_user = messages.send(body={"recipient": user_id, "type": "text", "text": {"body": "Hi"}}, **number)

    assert (to_number.wa_id, to_number.user_id) == (ANA, None)
    assert (to_user.wa_id, to_user.user_id) == (None, user_id)
    assert [entry["wamid"] for entry in sandbox.chat(number["phone_number_id"], ANA, "out")] == [
        to_number.wamid,
        to_user.wamid,
    ]


def test_a_message_is_marked_read_while_an_answer_is_written(sandbox, number):
    (wamid,) = sandbox.write(number["phone_number_id"])["wamids"]

    messages.mark_read(wamid=wamid, is_typing=True, **number)

    (entry,) = sandbox.chat(number["phone_number_id"])
    assert (entry["isRead"], entry["isTyping"]) == (True, True)


@pytest.mark.parametrize(
    ("code", "action", "cause"),
    [
        (131047, Action.FAIL, Cause.MESSAGE_REFUSED),
        (131056, Action.RETRY, Cause.PAIR_LIMITED),
        (130429, Action.RETRY, Cause.RATE_LIMITED),
        (131016, Action.RETRY, Cause.TEMPORARY),
        (131042, Action.ASK, Cause.PAYMENT),
    ],
)
def test_a_refusal_has_its_meaning(sandbox, number, code, action, cause):
    sandbox.set_scenario("message_refused", code=code)

    error = refused(number)

    assert (error.code, error.action, error.cause, error.was_sent) == (code, action, cause, True)
    assert error.details


@pytest.mark.parametrize(
    ("scenario", "options", "is_sent"),
    [("reset_after_work", {}, True), ("graph_down", {"how": "reset"}, False), ("hang", {"seconds": 3}, True)],
)
def test_a_lost_answer_does_not_say_whether_it_was_sent(
    sandbox, number, settings, scenario, options, is_sent
):
    settings.META_REQUEST_TIMEOUT = 0.5
    sandbox.set_scenario(scenario, call="send_message", **options)

    error = refused(number)

    assert (error.code, error.was_sent) == (None, True)
    assert len(sandbox.chat(number["phone_number_id"])) == is_sent


def test_a_stopped_meta_got_nothing(sandbox, number):
    sandbox.stop()

    assert refused(number).was_sent is False


def test_a_file_goes_up_and_comes_down(number):
    made = media.upload(content=io.BytesIO(PICTURE), mime_type="image/png", filename="a.png", **number)

    info = media.read(media_id=made, **number)
    with media.download(url=info.url, token=number["token"], max_bytes=len(PICTURE)) as found:
        content = b"".join(found.chunks)

    assert (info.id, info.mime_type, info.file_size) == (made, "image/png", len(PICTURE))
    assert (content, found.content_type, found.length) == (PICTURE, "image/png", len(PICTURE))


def test_a_file_of_a_person_comes_down(sandbox, number):
    written = sandbox.write(number["phone_number_id"], "voice", file=b"OggS")
    (message,) = written["value"]["messages"]

    info = media.read(media_id=message["audio"]["id"], **number)
    with media.download(url=info.url, token=number["token"], max_bytes=100) as found:
        assert b"".join(found.chunks) == b"OggS"


def test_a_file_that_meta_does_not_take_is_refused(number):
    with pytest.raises(GraphError) as caught:
        media.upload(content=io.BytesIO(b"GIF89a"), mime_type="image/gif", filename="a.gif", **number)

    assert caught.value.code == 100


def test_a_file_that_is_not_there_is_gone(number):
    with pytest.raises(GraphError) as caught:
        media.read(media_id="123456", **number)

    assert caught.value.cause is Cause.OBJECT_GONE


def test_a_template_is_handed_in_listed_sent_and_deleted(sandbox, signup, number):
    waba = {"waba_id": signup["wabaId"], "token": number["token"]}
    sandbox.messaging(review_ms=None)
    made = templates.create(name="hello", language="es", category="UTILITY", components=[BODY], **waba)
    sandbox.template(made.id, "APPROVED")

    (listed,) = templates.list_templates(name="hello", language="es", status="APPROVED", **waba)
    given = [{"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}]
    content = {"name": "hello", "language": {"code": "es"}, "components": given}
    sent = messages.send(body={"to": ANA, "type": "template", "template": content}, **number)
    templates.delete(name="hello", **waba)

    assert (made.status, listed.status, listed.components) == ("PENDING", "APPROVED", [BODY])
    assert sent.message_status == "accepted"
    assert templates.list_templates(**waba) == ()
