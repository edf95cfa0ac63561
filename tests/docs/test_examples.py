"""Every example of the README and the guides is run: calls are made, commands exist, links lead somewhere."""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import get_commands, load_command_class

from meta_graph.client import business_token
from meta_graph.uploads import upload
from phones.models import PhoneNumber
from tests.conftest import Form
from tests.onboarding.conftest import Circle, EndUser
from tests.onboarding.registered.world import registered
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "llms.txt",
    *sorted((ROOT / "docs").rglob("*.md")),
]
CURL = re.compile(r"^curl .*?(?=\n(?! )|\Z)", re.MULTILINE | re.DOTALL)
PHONE_OF_GUIDES = "660e8400-e29b-41d4-a716-446655440001"


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


CALLS = [
    pytest.param(call, id=f"{named(page)}-{number}")
    for page in PAGES
    for number, call in enumerate(
        re.findall(
            r"^curl .*?(?=\n(?! )|\Z)",
            "\n".join(blocks(page, "sh") + blocks(page, "")),
            re.MULTILINE | re.DOTALL,
        )
    )
]
COMMANDS = [
    pytest.param(command, id=f"{named(page)}-{command}")
    for page in PAGES
    for command in sorted(set(re.findall(r"manage\.py ([a-z_]+)", page.read_text())))
]
# (page, option, command), of commands that are ours.
OPTIONS = [
    pytest.param(command, option, id=f"{named(page)}-{command}{option}")
    for page in PAGES
    for command, option in sorted(
        set(re.findall(r"manage\.py ([a-z_]+)[^`\n]*? (--[a-z-]+)", page.read_text()))
    )
]
LINKS = [
    pytest.param(page, link, id=f"{named(page)}-{link}")
    for page in PAGES
    for link in sorted(set(re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", page.read_text())))
]
JSON = [
    pytest.param(body, id=f"{named(page)}-{number}")
    for page in PAGES
    for number, body in enumerate(blocks(page, "json"))
]


@dataclass
class Curl:
    """A call of curl, as its words say it."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


def read(call: str, phone: PhoneNumber) -> Curl:
    """With a number that there is in place of the guide's."""
    for name in ("{phoneNumberId}", "{phoneId}", PHONE_OF_GUIDES):
        call = call.replace(name, str(phone.pk))
    words = iter(shlex.split(call.replace("\\\n", " "))[1:])
    found = Curl("get", "", {}, None)
    for word in words:
        match word:
            case "-X":
                found.method = next(words).lower()
            case "-H":
                name, _, value = next(words).partition(": ")
                found.headers[name.lower()] = value
            case "-d":
                found.body = json.loads(next(words))
            case "-F":
                next(words)
                found.body = Form({"file": ("invoice.pdf", b"%PDF-1.4 an invoice", "application/pdf")})
            case _:
                found.path = urlsplit(word).path
    return found


@pytest.fixture
def phone(circle: Circle) -> PhoneNumber:
    circle.completed()
    return PhoneNumber.objects.get()


def hand_in_template(circle: Circle, phone: PhoneNumber, body: dict[str, Any]) -> None:
    """The template that the guide sends, at Meta, with a place for each of its parameters."""
    circle.meta.sandbox.messaging(review_ms=0)
    kind = body["parameters"]["header"][0]["type"]
    sample = upload(
        content=b"%PDF-1.4 a quote",
        mime_type="application/pdf",
        filename="quote.pdf",
        token=business_token(phone.waba.access_token or ""),
    )
    components: list[dict[str, Any]] = [
        {"type": "HEADER", "format": kind.upper(), "example": {"header_handle": [sample]}},
        {"type": "BODY", "text": "Hi {{1}}, {{2}} is ready", "example": {"body_text": [["Ana", "17"]]}},
    ]
    if "buttons" in body["parameters"]:
        track = {
            "type": "URL",
            "text": "Track",
            "url": "https://shop.example.com/{{1}}",
            "example": ["track/17"],
        }
        components.append({"type": "BUTTONS", "buttons": [track, {"type": "QUICK_REPLY", "text": "Thanks"}]})
    made = {"name": body["templateName"], "language": body["languageCode"], "category": "UTILITY"}
    path = f"wabas/{phone.waba_id}/templates"
    assert circle.api.post(path, made | {"components": components}).status_code == 201
    eventually(lambda: circle.api.get(f"{path}?status=APPROVED").json()["data"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", CALLS)
def test_a_call_of_the_guides_is_answered_as_they_say(text: str, circle: Circle, phone: PhoneNumber) -> None:
    if "{registered}" in text:
        text = text.replace("{registered}", registered(circle.api)["id"])
    call = read(text, phone)
    key, _ = call.headers.pop("authorization"), call.headers.pop("content-type", None)
    if isinstance(call.body, dict) and "templateName" in call.body:
        hand_in_template(circle, phone, call.body)

    path = call.path.removeprefix("/v1/")
    answer = circle.api.call(call.method, path, call.body, **call.headers)

    assert key == "Bearer sk_org_..."
    assert answer.status_code in {200, 201}, answer.json()


def test_there_are_calls_to_be_run():
    assert len(CALLS) >= 6


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_guides_is_there(command: str) -> None:
    assert command in get_commands()


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_an_option_of_the_guides_is_one_of_its_command(command: str, option: str) -> None:
    app = get_commands()[command]
    loaded = load_command_class(app, command) if isinstance(app, str) else app
    known = {
        word
        for action in loaded.create_parser("manage.py", command)._actions
        for word in action.option_strings
    }

    assert option in known


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_of_the_guides_leads_somewhere(page: Path, link: tuple[str, str]) -> None:
    target, _, place = "".join(link).partition("#")
    if "://" in target or target.startswith("/v1/"):
        return
    found = page.parent / target if target else page

    assert found.exists()
    if place:
        titles = re.findall(r"^#+ (.*)$", found.read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
        assert place in anchors


@pytest.mark.parametrize("page", ["README.md", "llms.txt"])
def test_every_guide_is_found_from_the_first_page(page: str) -> None:
    links = set(re.findall(r"\]\(([^)#\s]+)\)", (ROOT / page).read_text()))

    assert {named(guide) for guide in (ROOT / "docs/guides").glob("*.md")} - links == set()


@pytest.mark.parametrize("body", JSON)
def test_the_json_of_the_guides_is_json(body: str) -> None:
    assert json.loads(body)


@pytest.mark.django_db(transaction=True)
def test_the_lines_that_check_a_redirect_check_a_real_one(circle: Circle) -> None:
    (code,) = blocks(ROOT / "docs/guides/onboarding.md", "python")
    lines: dict[str, Any] = {}
    exec(code, lines)  # noqa: S102 - our own guide
    secret = "whsec_my_secret_key_123"
    link = circle.make_link(
        redirectUrl="https://myapp.com/done?page=2",
        webhookUrl="https://myapp.com/hook",
        webhookSecret=secret,
        webhookEvents=["phone_number.connected"],
    )
    user: EndUser
    user, _ = circle.completed(link=link)

    query = urlsplit(user.status()["redirectUrl"]).query

    assert lines["is_ours"](query, secret)
    assert not lines["is_ours"](query.replace("success", "error"), secret)
    assert not lines["is_ours"](query, "another secret")
