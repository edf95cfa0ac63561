"""Every type of message: what Meta gets for it, what we show of it, and what is refused by name."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from inbox.models import Media, Message
from inbox.sending.examples import BODIES
from inbox.sending.serializers import input_for
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.graph_server import GraphServer
from tests.inbox.sending.world import TO
from tests.phones.world import told

pytestmark = pytest.mark.django_db
URL = "https://shop.example.com/a.png"
NOBODY = "c0ffee00-0000-4000-8000-000000000000"
PRICE = {"type": "currency", "currency": {"fallback_value": "$1", "code": "USD", "amount_1000": 1000}}
CARD = {"name": {"formatted_name": "Ana"}, "phones": [{"phone": "+1 555"}]}
BUTTONS = {
    "type": "button",
    "body": {"text": "Today?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
}
LIST = {
    "type": "list",
    "body": {"text": "Choose"},
    "action": {"button": "Open", "sections": [{"title": "A", "rows": [{"id": "1", "title": "One"}]}]},
}
PLACE = {"latitude": -34.6, "longitude": -58.4, "name": "Shop"}


def post(api: Api, phone: PhoneNumber, kind: str, **fields: Any) -> Any:
    return api.post(f"phones/{phone.pk}/messages", {"type": kind, "to": TO} | fields)


def named(answer: Any) -> set[str]:
    assert answer.status_code == 400, answer.content
    return {detail["field"] for detail in answer.json()["error"]["details"]}


@pytest.mark.parametrize(
    ("kind", "fields", "metas", "content"),
    [
        ("text", {"text": " Hi\n", "previewUrl": True}, {"body": " Hi\n", "preview_url": True},
         {"body": " Hi\n"}),
        ("image", {"mediaUrl": URL, "caption": "c"}, {"link": URL, "caption": "c"},
         {"mediaId": None, "url": None, "mimeType": None, "link": URL, "caption": "c"}),
        ("audio", {"mediaUrl": URL}, {"link": URL},
         {"mediaId": None, "url": None, "mimeType": None, "link": URL}),
        ("document", {"mediaUrl": URL, "filename": "a.pdf"}, {"link": URL, "filename": "a.pdf"},
         {"mediaId": None, "url": None, "mimeType": None, "link": URL, "filename": "a.pdf"}),
        ("location", {"location": PLACE}, PLACE, PLACE),
        ("contacts", {"contacts": [CARD]}, [CARD], {"contacts": [CARD]}),
        ("interactive", {"interactive": BUTTONS}, BUTTONS, BUTTONS),
        ("interactive", {"interactive": LIST}, LIST, LIST),
        ("reaction", {"reaction": {"wamid": "wamid.x", "emoji": "👍"}},
         {"message_id": "wamid.x", "emoji": "👍"}, {"emoji": "👍", "messageId": None, "wamid": "wamid.x"}),
    ],
)  # fmt: skip
def test_each_type_is_metas_object_and_our_content(
    api: Api, phone: PhoneNumber, graph: GraphServer, kind: str, fields: Any, metas: Any, content: Any
) -> None:
    answer = post(api, phone, kind, **fields)

    assert answer.status_code == 201, answer.content
    body = graph.calls[0].body
    assert (body["type"], body[kind]) == (kind, metas)
    assert (told()[-1][1]["type"], told()[-1][1]["content"]) == (kind, content)


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
@pytest.mark.parametrize("by_metas_id", [False, True])
def test_a_file_is_sent_by_our_id_or_metas(
    api: Api, phone: PhoneNumber, graph: GraphServer, kind: str, by_metas_id: bool
) -> None:
    media = Media.objects.create(phone=phone, meta_media_id="1037543291543636", mime_type="image/png")

    answer = post(api, phone, kind, mediaId=media.meta_media_id if by_metas_id else str(media.pk))

    assert answer.status_code == 201, answer.content
    assert graph.calls[0].body[kind] == {"id": "1037543291543636"}
    content = told()[-1][1]["content"]
    assert (content["mediaId"], content["mimeType"]) == (str(media.pk), "image/png")
    assert content["url"].endswith(f"/v1/phones/{phone.pk}/media/{media.pk}")


def test_a_file_that_meta_has_deleted_or_another_numbers_is_refused(
    api: Api, stranger: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    old = timezone.now() - timedelta(days=1)
    deleted = Media.objects.create(phone=phone, meta_media_id="1", expires_at=old)
    other = PhoneNumber.objects.create(
        organization=api.organization,
        waba=phone.waba,
        meta_phone_number_id="7",
        phone_number="+5491155550000",
    )
    theirs = Media.objects.create(phone=other, meta_media_id="2")

    for given in (str(deleted.pk), str(theirs.pk), "no id", NOBODY):
        assert named(post(api, phone, "image", mediaId=given)) == {"mediaId"}
    assert (graph.calls, Message.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("text", {}, "text"),
        ("text", {"text": " \n"}, "text"),
        ("text", {"text": "x" * 4097}, "text"),
        ("text", {"text": "x", "previewUrl": "yes"}, "previewUrl"),
        ("text", {"text": "x", "caption": "c"}, "caption"),
        ("text", {"text": "x", "replyTo": "wamid.x"}, "replyTo"),
        ("text", {"text": "x", "replyTo": NOBODY}, "replyTo"),
        ("image", {}, "mediaId"),
        ("image", {"mediaId": "1", "mediaUrl": URL}, "mediaId"),
        ("image", {"mediaUrl": "ftp://a.example/x"}, "mediaUrl"),
        ("audio", {"mediaUrl": URL, "caption": "c"}, "caption"),
        ("sticker", {"mediaUrl": URL, "caption": "c"}, "caption"),
        ("image", {"mediaUrl": URL, "filename": "c"}, "filename"),
        ("template", {"templateName": "t"}, "languageCode"),
        ("template", {"languageCode": "en"}, "templateName"),
        ("location", {"location": {"latitude": 91, "longitude": 0}}, "location.latitude"),
        ("location", {"location": {"latitude": "1", "longitude": 0}}, "location.latitude"),
        ("location", {"location": {"latitude": 1}}, "location.longitude"),
        ("location", {"location": {"latitude": 1, "longitude": 2, "zoom": 3}}, "location.zoom"),
        ("location", {"latitude": 1, "longitude": 2}, "location"),
        ("contacts", {"contacts": []}, "contacts"),
        ("contacts", {"contacts": [{"phones": []}]}, "contacts.0.name.formatted_name"),
        ("reaction", {"reaction": {"emoji": "x"}}, "reaction.messageId"),
        ("reaction", {"reaction": {"wamid": "w"}}, "reaction.emoji"),
        ("reaction", {"reaction": {"messageId": NOBODY, "emoji": "x"}},
         "reaction.messageId"),
        ("interactive", {}, "interactive"),
        ("interactive", {"interactive": "x"}, "interactive"),
        ("interactive", {"interactive": {}}, "interactive.type"),
        ("interactive", {"interactive": BUTTONS | {"body": {}}}, "interactive.body.text"),
        ("interactive", {"interactive": BUTTONS | {"action": {}}}, "interactive.action.buttons"),
        ("interactive", {"interactive": BUTTONS | {"action": {"buttons": [{}] * 4}}},
         "interactive.action.buttons"),
        ("interactive", {"interactive": BUTTONS | {"action": {"buttons": ["x"]}}},
         "interactive.action.buttons.0.reply.id"),
        ("interactive", {"interactive": LIST | {"action": {"button": "b", "sections": [{"rows": []}]}}},
         "interactive.action.sections.0.rows"),
        ("interactive", {"interactive": {"type": "cta_url", "body": {"text": "x"}}},
         "interactive.action.parameters.display_text"),
        ("interactive", {"interactive": BUTTONS | {"header": {"type": "gif"}}}, "interactive.header.type"),
        ("interactive", {"interactive": BUTTONS | {"header": {"type": "image", "image": {"id": NOBODY}}}},
         "interactive.header.image.id"),
        ("fax", {"text": "x"}, "type"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_stored(
    api: Api, phone: PhoneNumber, graph: GraphServer, kind: str, fields: Any, field: str
) -> None:
    assert field in named(post(api, phone, kind, **fields))
    assert (graph.calls, Message.objects.count()) == ([], 0)


@pytest.mark.parametrize("body", [{}, {"type": 7, "to": TO}, {"type": ["text"], "to": TO}, {"type": None}])
def test_a_body_without_a_type_says_so(api: Api, phone: PhoneNumber, graph: GraphServer, body: Any) -> None:
    assert "type" in named(api.post(f"phones/{phone.pk}/messages", body))


def test_a_form_that_is_newer_than_we_are_is_passed_on(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    given = {"type": "hologram", "action": {"name": "beam", "parameters": {"a": 1, "b": 1.5, "c": None}}}

    assert post(api, phone, "interactive", interactive=given).status_code == 201
    assert graph.calls[0].body["interactive"] == given


def test_an_actions_only_name_is_filled_in(api: Api, phone: PhoneNumber, graph: GraphServer) -> None:
    given = {"type": "location_request_message", "body": {"text": "Where are you?"}}

    assert post(api, phone, "interactive", interactive=given).status_code == 201
    assert graph.calls[0].body["interactive"]["action"] == {"name": "send_location"}


def test_an_answer_and_a_reaction_name_the_message_by_metas_id(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    first = post(api, phone, "text", text="One").json()["data"]

    answer = post(api, phone, "text", text="Two", replyTo=first["messageId"])
    reaction = post(api, phone, "reaction", reaction={"messageId": first["messageId"], "emoji": ""})

    assert (answer.status_code, reaction.status_code) == (201, 201), reaction.content
    assert graph.calls[1].body["context"] == {"message_id": first["wamid"]}
    assert graph.calls[2].body["reaction"] == {"message_id": first["wamid"], "emoji": ""}
    assert Message.objects.get(type="text", content__body="Two").reply_to_wamid == first["wamid"]


def test_a_message_to_somebody_else_cannot_be_answered(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    first = post(api, phone, "text", text="One").json()["data"]

    answer = post(api, phone, "text", to="5491155559999", text="Two", replyTo=first["messageId"])

    assert named(answer) == {"replyTo"}


# ---- templates ------------------------------------------------------------------------------------------


def template(api: Api, phone: PhoneNumber, parameters: Any) -> Any:
    return post(api, phone, "template", templateName="t", languageCode="en_US", parameters=parameters)


def test_a_template_without_parameters_has_no_components(
    api: Api, phone: PhoneNumber, graph: GraphServer
) -> None:
    given: list[Any] = [None, {}, {"header": [], "body": [], "buttons": []}]
    for parameters in given:
        assert template(api, phone, parameters).status_code == 201
    for call in graph.calls:
        assert call.body["template"] == {"name": "t", "language": {"code": "en_US"}}
    assert told()[-1][1]["content"] == {"raw": {"name": "t", "language": {"code": "en_US"}}}


def test_parameters_become_metas_components(api: Api, phone: PhoneNumber, graph: GraphServer) -> None:
    media = Media.objects.create(phone=phone, meta_media_id="99")

    answer = template(
        api,
        phone,
        {
            "header": [{"type": "image", "mediaId": str(media.pk)}],
            "body": [
                "Ana",
                {"name": "order", "text": "17"},
                {
                    "type": "currency",
                    "currency": {"fallback_value": "$1", "code": "USD", "amount_1000": 1000},
                },
            ],
            "buttons": [
                "track/17",
                None,
                {"type": "quick_reply", "payload": "yes"},
                {"type": "copy_code", "code": "SAVE", "index": 7},
                {"type": "FLOW", "parameters": [{"type": "action", "action": {"flow_token": "f"}}]},
            ],
        },
    )

    assert answer.status_code == 201, answer.content
    assert graph.calls[0].body["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "image", "image": {"id": "99"}}]},
        {"type": "body", "parameters": [
            {"type": "text", "text": "Ana"},
            {"type": "text", "parameter_name": "order", "text": "17"},
            PRICE,
        ]},
        {"type": "button", "sub_type": "url", "index": "0",
         "parameters": [{"type": "text", "text": "track/17"}]},
        {"type": "button", "sub_type": "quick_reply", "index": "2",
         "parameters": [{"type": "payload", "payload": "yes"}]},
        {"type": "button", "sub_type": "copy_code", "index": "7",
         "parameters": [{"type": "coupon_code", "coupon_code": "SAVE"}]},
        {"type": "button", "sub_type": "flow", "index": "4",
         "parameters": [{"type": "action", "action": {"flow_token": "f"}}]},
    ]  # fmt: skip


@pytest.mark.parametrize("empty", [None, []])
def test_a_part_that_is_null_is_not_there(
    api: Api, phone: PhoneNumber, graph: GraphServer, empty: Any
) -> None:
    answer = template(api, phone, {"header": empty, "body": ["Ana"], "buttons": empty})

    assert answer.status_code == 201, answer.content
    assert graph.calls[0].body["template"]["components"] == [
        {"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}
    ]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ([], "parameters"),
        ({"footer": None}, "parameters.footer"),
        ({"footer": []}, "parameters.footer"),
        ({"body": "Ana"}, "parameters.body"),
        ({"body": [7]}, "parameters.body.0"),
        ({"body": ["a", ""]}, "parameters.body.1"),
        ({"body": [{"name": "x"}]}, "parameters.body.0.text"),
        ({"header": [{"type": "image"}]}, "parameters.header.0.mediaId"),
        ({"header": [{"type": "video", "mediaId": "x"}]}, "parameters.header.0.mediaId"),
        ({"buttons": [{"text": "x"}]}, "parameters.buttons.0.type"),
        ({"buttons": [{"type": "url"}]}, "parameters.buttons.0.text"),
        ({"buttons": [{"type": "url", "text": "x", "index": -1}]}, "parameters.buttons.0.index"),
        ({"buttons": [{"type": "flow"}]}, "parameters.buttons.0.parameters"),
        ({"body": ["x"] * 101}, "parameters.body"),
    ],
)
def test_a_wrong_parameter_is_named(
    api: Api, phone: PhoneNumber, graph: GraphServer, parameters: Any, field: str
) -> None:
    assert field in named(template(api, phone, parameters))
    assert graph.calls == []


# ---- what is written of it ------------------------------------------------------------------------------


def shown_bodies() -> list[Any]:
    """The bodies of the guide's commands, and those of the OpenAPI document."""
    guide = (Path(__file__).parents[3] / "docs/guides/messages.md").read_text()
    return [json.loads(body) for body in re.findall(r"-d '(.*?)'", guide, re.DOTALL)] + [*BODIES.values()]


@pytest.mark.parametrize("body", shown_bodies(), ids=lambda body: body["type"])
def test_what_is_shown_is_taken(body: Any) -> None:
    form = input_for(body)(data=body)

    assert form.is_valid(), form.errors
