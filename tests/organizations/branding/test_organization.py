"""`/v1/organization`: what is read, what may be changed, and every limit of it."""

from functools import partial
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from organizations.models import ApiKey, Logo, Organization
from tests.conftest import Api
from tests.organizations.branding.hosts import LogoHost, png
from tests.wabas.world import at_once, on_postgresql

pytestmark = pytest.mark.django_db
LIMITS = {"welcomeMessage": 200, "buttonText": 50, "successMessage": 200, "failureMessage": 200}
every_text = pytest.mark.parametrize("field", LIMITS)


def refusal(answer: Any) -> dict[str, str]:
    """The one detail of a 400."""
    assert answer.status_code == 400, answer.content
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    (detail,) = error["details"]
    found: dict[str, str] = detail
    return found


def test_a_new_organization_has_a_name_and_no_branding(api: Api) -> None:
    answer = api.get("organization")

    shown = answer.json()["data"]
    assert list(shown) == [
        "id", "name", "logoUrl", "logo", "welcomeMessage", "buttonText", "successMessage", "failureMessage",
        "createdAt",
    ]  # fmt: skip
    assert (shown["id"], shown["name"]) == (str(api.organization.pk), "Acme CRM")
    assert {shown[name] for name in list(shown)[2:8]} == {None}


def test_what_is_left_out_stays_and_null_clears(api: Api, host: LogoHost) -> None:
    url = host.has(png())
    given = {"logoUrl": url, "welcomeMessage": "Hi", "buttonText": "Go", "successMessage": "Yes"}
    api.patch("organization", given)

    answer = api.patch("organization", {"buttonText": None, "name": "Acme"})

    shown = answer.json()["data"]
    assert (shown["name"], shown["welcomeMessage"], shown["buttonText"]) == ("Acme", "Hi", None)
    assert (shown["logoUrl"], shown["successMessage"]) == (url, "Yes")
    cleared = api.patch("organization", {"logoUrl": None}).json()["data"]
    assert (cleared["logoUrl"], cleared["logo"]) == (None, None)
    assert host.asked == ["/logo.png"]


def test_nothing_given_changes_nothing(api: Api) -> None:
    before = api.get("organization").json()["data"]

    assert api.patch("organization", {}).json()["data"] == before


@every_text
@pytest.mark.parametrize("letter", ["x", "é", "ש", "😀"])
def test_a_text_has_so_many_characters_and_not_one_more(api: Api, field: str, letter: str) -> None:
    longest = letter * LIMITS[field]

    assert api.patch("organization", {field: f"  {longest} "}).json()["data"][field] == longest
    assert refusal(api.patch("organization", {field: longest + letter}))["field"] == field
    assert api.get("organization").json()["data"][field] == longest


@every_text
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "blank"),
        (" \t\u2003", "blank"),
        ("one\ntwo", "line_break"),
        ("one\r\ntwo", "line_break"),
        ("one\u2028two", "line_break"),
        ("one\ttwo", "control"),
        ("one\x00two", "control"),
        ("one\x1b[0mtwo", "control"),
        ("one\x9ftwo", "control"),
        ("\ud800", "surrogate_characters_not_allowed"),
        (7, "not_text"),
        (["x"], "not_text"),
    ],
)
def test_a_text_is_one_line_that_can_be_seen(api: Api, field: str, text: Any, code: str) -> None:
    detail = refusal(api.patch("organization", {field: text}))

    assert (detail["field"], detail["code"]) == (field, code)
    assert Organization.objects.get().welcome_message is None


def test_a_text_is_given_back_as_any_language_writes_it(api: Api) -> None:
    text = "ברוכים הבאים \u200f\U0001f469\U0001f3fd\u200d\U0001f4bb <b>l'été</b> & {{ x }}"

    assert api.patch("organization", {"welcomeMessage": text}).json()["data"]["welcomeMessage"] == text


def test_a_name_has_1_to_255_characters_and_cannot_be_cleared(api: Api) -> None:
    assert api.patch("organization", {"name": "é" * 255}).json()["data"]["name"] == "é" * 255
    for wrong in ("é" * 256, "", "  ", None, 7):
        assert refusal(api.patch("organization", {"name": wrong}))["field"] == "name"
    assert Organization.objects.get().name == "é" * 255


NO_NAMES = ["Acme\u202egro.live", "Acme\nLtd", "Acme\x1b[31m", "Acme\u2066", "Acme\u2028Ltd"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_is_one_line_without_control_characters(api: Api, name: str) -> None:
    assert refusal(api.patch("organization", {"name": name}))["field"] == "name"
    with pytest.raises(CommandError):
        call_command("create_organization", name)
    assert [row.name for row in Organization.objects.all()] == ["Acme CRM"]


@pytest.mark.parametrize("field", ["id", "createdAt", "logo", "suspendedAt", "welcome_message", "logoURL"])
def test_what_is_no_field_of_it_is_named(api: Api, field: str) -> None:
    assert refusal(api.patch("organization", {field: "x"})) == {
        "field": field,
        "message": "Unknown field.",
        "code": "unknown",
    }


def test_a_wrong_field_changes_nothing_and_nothing_is_fetched(api: Api, host: LogoHost) -> None:
    given = {"logoUrl": host.has(png()), "welcomeMessage": "Hi", "buttonText": "x" * 51}

    assert refusal(api.patch("organization", given))["field"] == "buttonText"
    assert host.asked == []
    assert Organization.objects.get().welcome_message is None


def test_it_takes_no_parameters(api: Api) -> None:
    assert refusal(api.get("organization?expand=logo"))["field"] == "expand"


def test_another_organization_is_neither_seen_nor_changed(api: Api, stranger: Api) -> None:
    api.patch("organization", {"welcomeMessage": "Hi"})

    shown = stranger.get("organization").json()["data"]

    assert (shown["name"], shown["welcomeMessage"]) == ("Stranger Inc", None)
    stranger.patch("organization", {"welcomeMessage": "Ho"})
    assert api.get("organization").json()["data"]["welcomeMessage"] == "Hi"


def test_a_read_key_reads_and_does_not_change(api_for: Any) -> None:
    reader = api_for("Reader", ("read",))

    assert reader.get("organization").status_code == 200
    assert reader.patch("organization", {"name": "x"}).status_code == 403


def test_no_read_loads_the_picture(api: Api, host: LogoHost) -> None:
    api.patch("organization", {"logoUrl": host.has(png())})
    ApiKey.objects.update(last_used_at="2100-01-01T00:00:00Z")

    with CaptureQueriesContext(connection) as queries:
        assert api.get("organization").json()["data"]["logo"]["width"] == 200

    assert len(queries) == 2  # the key with its organization; the organization with its logo
    assert not [query for query in queries if '"content"' in query["sql"]]


def test_a_picture_of_its_own_is_stored_once_however_often_it_is_given(api: Api, host: LogoHost) -> None:
    url = host.has(png())

    first, second = (api.patch("organization", {"logoUrl": url}).json()["data"]["logo"] for _ in range(2))

    assert first == second
    assert host.asked == ["/logo.png"] * 2  # a PATCH always looks
    assert Logo.objects.count() == 1


def test_another_picture_at_the_same_url_gets_another_address(api: Api, host: LogoHost) -> None:
    before = api.patch("organization", {"logoUrl": host.has(png())}).json()["data"]["logo"]

    after = api.patch("organization", {"logoUrl": host.has(png(color=(1, 2, 3)))}).json()["data"]["logo"]

    assert after["url"] != before["url"]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_lose_nothing_of_each_other(api: Api) -> None:
    """Each of four clients writes a text of its own; every text ends as its own client left it."""

    def change(field: str) -> list[int]:
        client = Api(api.key, api.organization, Client())
        return [client.patch("organization", {field: f"{number}"}).status_code for number in range(10)]

    answers = at_once(*(partial(change, field) for field in LIMITS))

    shown = api.get("organization").json()["data"]
    assert answers == [[200] * 10] * 4
    assert {shown[field] for field in LIMITS} == {"9"}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_new_picture_given_twice_at_once_is_one_row(api: Api, host: LogoHost) -> None:
    url = host.has(png())

    def change() -> int:
        client = Api(api.key, api.organization, Client())
        status: int = client.patch("organization", {"logoUrl": url}).status_code
        return status

    assert at_once(*[change] * 4) == [200] * 4
    assert Logo.objects.count() == 1


@pytest.mark.parametrize("length", [2048, 2049])
def test_the_longest_url_can_be_kept_by_the_database(api: Api, host: LogoHost, length: int) -> None:
    """PostgreSQL's index takes no more than 2,700 bytes, and these do not compress well."""
    path = "/" + "".join(f"{number * 7919:x}" for number in range(2048))
    url = host.has(png(), path[: length - len(host.origin)])

    answer = api.patch("organization", {"logoUrl": url})

    if length == 2048:
        assert answer.json()["data"]["logoUrl"] == url
    else:
        assert refusal(answer)["field"] == "logoUrl"


def test_a_url_of_few_letters_and_too_many_bytes_is_refused(api: Api, host: LogoHost) -> None:
    detail = refusal(api.patch("organization", {"logoUrl": f"{host.origin}/{'é' * 1100}"}))

    assert detail["message"] == "The URL is longer than 2048 bytes."
