"""The chat page: who the person is, what was said, what can be answered, and nothing that runs."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox.messaging import ANA, Number, connected

EVIL = "<script>alert(1)</script>"
BUTTONS = {
    "type": "button",
    "body": {"text": "Shall we?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes, please"}}]},
}
LIST = {
    "type": "list",
    "body": {"text": "Which?"},
    "action": {"button": "Choose", "sections": [{"rows": [{"id": "1", "title": "Large"}]}]},
}


@pytest.fixture
def number(sandbox, graph, told) -> Number:
    sandbox.messaging(statuses=[], review_ms=0)
    return connected(sandbox, graph)


def shown(sandbox, number, person: str = "") -> str:
    params = {"with": person} if person else {}
    answer = requests.get(f"{sandbox.url}/chat/{number.id}", params=params, timeout=10)
    assert answer.status_code == 200
    return answer.text


def test_what_both_said_is_there_with_how_far_it_got(sandbox, number):
    sandbox.write(number.id, text="Are you open?")
    sandbox.status(number.sent(body="Yes, until nine"), "delivered")

    page = shown(sandbox, number)

    assert "Are you open?" in page
    assert "Yes, until nine" in page
    assert "✓✓ delivered" in page


def test_each_person_has_a_chat_of_their_own(sandbox, number):
    sandbox.write(number.id, text="From Ana")

    other = shown(sandbox, number, "5491155551234")

    assert "From Ana" not in other
    assert f'href="?with={ANA}"' in other
    assert "Nothing was said yet" in other


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"type_": "interactive", **BUTTONS}, "Yes, please"),
        ({"type_": "interactive", **LIST}, "Large"),
        ({"type_": "location", "latitude": 1, "longitude": 2, "name": "The café"}, "The café"),
        ({"type_": "image", "link": "https://example.com/a.png", "caption": "Menu"}, "Menu"),
        ({"type_": "document", "link": "https://example.com/a.pdf"}, "https://example.com/a.pdf"),
    ],
)
def test_every_form_of_the_business_is_shown(sandbox, number, content, words):
    sent = dict(content)
    number.sent(ANA, sent.pop("type_"), **sent) if "type" not in sent else number.post(
        to=ANA, type=sent.pop("type_"), interactive=sent
    )

    assert words in shown(sandbox, number)


def test_a_template_is_shown_with_its_parameters_and_a_reply(sandbox, graph, number, told):
    body = {"type": "BODY", "text": "Hello {{1}}, welcome.", "example": {"body_text": [["Ana"]]}}
    made = {"name": "hello", "language": "es", "category": "UTILITY", "components": [body]}
    graph.post(f"/{number.waba}/message_templates", number.token, **made)
    told.wait_for(1)
    given = {"type": "body", "parameters": [{"type": "text", "text": "Señora Ruiz"}]}

    number.sent(type_="template", name="hello", language={"code": "es"}, components=[given])

    page = shown(sandbox, number)
    assert "Señora Ruiz" in page
    assert "Confirm" in page


def test_every_form_of_a_person_is_shown(sandbox, number):
    sandbox.write(number.id, message={"text": ["of another shape"]})
    for type_ in ("voice", "sticker", "video", "reaction", "order", "unsupported", "button_reply", "edit"):
        sandbox.write(number.id, type_)

    page = shown(sandbox, number)

    assert page.count('class="theirs"') == 9
    assert "<audio" in page


def file_of(sandbox, number, type_: str, content: bytes, mime_type: str) -> str:
    """The page's path of a file that a person sends."""
    written = sandbox.write(number.id, type_, file=content, mime_type=mime_type)
    return f"/chat/{number.id}/files/{written['value']['messages'][0][type_]['id']}"


def test_a_file_is_shown_from_the_sandbox(sandbox, number):
    source = file_of(sandbox, number, "image", b"\x89PNG", "image/png")

    answer = requests.get(sandbox.url + source, timeout=10)

    assert f'src="{source}"' in shown(sandbox, number)
    assert (answer.content, answer.headers["Content-Type"]) == (b"\x89PNG", "image/png")


def test_a_file_that_might_run_is_only_saved(sandbox, number):
    source = file_of(sandbox, number, "document", EVIL.encode(), "text/html")

    answer = requests.get(sandbox.url + source, timeout=10)

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"


def test_what_people_write_is_text_and_never_runs(sandbox, number):
    sandbox.write(number.id, text=EVIL, name=EVIL)
    sandbox.write(number.id, EVIL, content={"x": EVIL})
    number.post(to=ANA, type="interactive", interactive=BUTTONS | {"body": {"text": EVIL}})
    number.sent(type_="image", link="https://example.com/" + EVIL.replace(" ", ""), caption=EVIL)

    assert EVIL not in shown(sandbox, number)


def test_what_is_not_there_is_not_found(sandbox, number):
    paths = ["/chat/1", f"/chat/{number.waba}", f"/chat/{number.id}/files/{number.waba}"]

    assert [requests.get(sandbox.url + path, timeout=10).status_code for path in paths] == [404, 404, 404]


def test_the_front_page_leads_there(sandbox, number):
    assert f'href="/chat/{number.id}"' in requests.get(sandbox.url, timeout=10).text
