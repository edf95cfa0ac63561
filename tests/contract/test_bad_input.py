"""What must not get in: each wrong body or field is a 400 that names it, and nothing is stored."""

import json
from typing import Any

import pytest

from onboarding.models import OnboardingLink
from organizations.models import ApiKey
from tests.conftest import Api
from tests.contract.bodies import (
    BROKEN,
    FIELDS,
    KEYS,
    LIMITS,
    LINKS,
    NO_RECEIVERS,
    NO_TIMES,
    NO_URLS,
    REQUIRED,
    SMALLEST,
    TIMES,
    URL,
    WEBHOOKS,
    of_wrong_kind,
)
from webhooks.models import OutgoingWebhook

pytestmark = pytest.mark.django_db
every_call = pytest.mark.parametrize("call", FIELDS)


def named(answer: Any) -> set[str]:
    """The fields that a 400 names, the place inside of them left out."""
    assert answer.status_code == 400, answer.content[:300]
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert all(detail["message"] and detail["code"] for detail in error.get("details", ()))
    return {detail["field"].split(".")[0] for detail in error.get("details", ())}


def assert_nothing_is_stored() -> None:
    assert OnboardingLink.objects.count() == OutgoingWebhook.objects.count() == 0
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(("call", "field", "value"), of_wrong_kind())
def test_a_field_of_another_kind_is_named(api: Api, call: str, field: str, value: Any) -> None:
    answer = api.post(call, SMALLEST[call] | {field: value})

    assert field in named(answer)
    assert_nothing_is_stored()


@pytest.mark.parametrize(
    ("call", "field"), [(call, field) for call, fields in FIELDS.items() for field in fields]
)
def test_null_is_the_absence_of_an_optional_field_and_no_value_of_a_required_one(
    api: Api, call: str, field: str
) -> None:
    answer = api.post(call, SMALLEST[call] | {field: None})

    if field in REQUIRED[call]:
        assert named(answer) == {field}
        assert_nothing_is_stored()
    else:
        assert answer.status_code == 201, answer.content


@every_call
def test_every_missing_required_field_is_named(api: Api, call: str) -> None:
    assert named(api.post(call, {})) == REQUIRED[call]
    assert_nothing_is_stored()


@pytest.mark.parametrize(("call", "field", "beside", "last", "beyond"), LIMITS)
def test_a_field_is_taken_to_its_limit_and_no_further(
    api: Api, call: str, field: str, beside: dict[str, Any], last: Any, beyond: Any
) -> None:
    assert named(api.post(call, SMALLEST[call] | beside | {field: beyond})) == {field}
    assert_nothing_is_stored()

    assert api.post(call, SMALLEST[call] | beside | {field: last}).status_code == 201


@every_call
@pytest.mark.parametrize(
    "name", ["nmae", "Name", "name ", "external_id", "id", "", "__proto__", "a\x00", "\ud800"]
)
def test_unknown_fields_are_refused_by_name(api: Api, call: str, name: str) -> None:
    answer = api.post(call, SMALLEST[call] | {name: 1})

    assert named(answer) == {name}
    assert_nothing_is_stored()


@every_call
@pytest.mark.parametrize("text", ["a\x00b", "\x00", "\ud800", "a\udfffb"])
def test_nul_and_lone_surrogates_are_refused_in_every_text(api: Api, call: str, text: str) -> None:
    for field in FIELDS[call]:
        assert field in named(api.post(call, SMALLEST[call] | {field: text}))
        assert field in named(api.post(call, SMALLEST[call] | {field: [text]}))
        assert field in named(api.post(call, SMALLEST[call] | {field: {text: text}}))
    assert_nothing_is_stored()


@every_call
def test_a_key_that_comes_twice_is_named(api: Api, call: str) -> None:
    body = json.dumps(SMALLEST[call])[:-1]

    for field in FIELDS[call]:
        twice = f'{body}, "{field}": "a", "{field}": "b"}}'
        assert named(api.post(call, twice)) == {field}
    assert named(api.post(call, body + ', "\\ud800": 1, "\\ud800": 2}')) == {"\ud800"}
    assert_nothing_is_stored()


@every_call
@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1" * 100_000, "1e999", "-0"])
def test_numbers_that_are_none_or_huge_are_named_in_every_field(api: Api, call: str, literal: str) -> None:
    for field in FIELDS[call]:
        rest = {name: value for name, value in SMALLEST[call].items() if name != field}
        body = json.dumps(rest | {field: "@"}).replace('"@"', literal)
        assert field in named(api.post(call, body))
    assert_nothing_is_stored()


@every_call
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_body_that_is_no_json_object_is_a_400(api: Api, call: str, body: bytes) -> None:
    named(api.post(call, body))
    assert_nothing_is_stored()


@pytest.mark.parametrize("time", NO_TIMES)
@pytest.mark.parametrize("call", [LINKS, KEYS])
def test_a_time_without_a_zone_in_the_past_or_of_another_form_is_refused(
    api: Api, call: str, time: str
) -> None:
    assert named(api.post(call, SMALLEST[call] | {"expiresAt": time})) == {"expiresAt"}


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("call", [LINKS, KEYS])
def test_a_time_is_taken_with_its_zone_and_given_back_in_utc(api: Api, call: str, time: str) -> None:
    answer = api.post(call, SMALLEST[call] | {"expiresAt": time})

    assert answer.status_code == 201, answer.content
    shown = answer.json()["data"]["expiresAt"]
    assert shown.endswith("Z")
    assert len(shown) == len("2100-01-15T10:30:00.000Z")


@pytest.mark.parametrize("url", NO_URLS)
@pytest.mark.parametrize(
    ("call", "field"), [(LINKS, "redirectUrl"), (LINKS, "webhookUrl"), (WEBHOOKS, "url")]
)
def test_what_is_no_address_of_a_customer_is_refused(api: Api, call: str, field: str, url: str) -> None:
    beside = {"webhookEvents": ["*"]} if field == "webhookUrl" else {}

    assert named(api.post(call, SMALLEST[call] | beside | {field: url})) == {field}
    assert_nothing_is_stored()


@pytest.mark.parametrize("url", NO_RECEIVERS)
@pytest.mark.parametrize(("call", "field"), [(LINKS, "webhookUrl"), (WEBHOOKS, "url")])
def test_an_address_inside_our_network_is_refused(
    api: Api, call: str, field: str, url: str, settings: Any
) -> None:
    settings.ALLOW_HTTP_URLS = False
    beside = {"webhookEvents": ["*"]} if field == "webhookUrl" else {}

    assert named(api.post(call, SMALLEST[call] | beside | {field: url})) == {field}
    assert_nothing_is_stored()


def test_plain_http_is_for_localhost_alone(api: Api, settings: Any) -> None:
    settings.ALLOW_HTTP_URLS = False

    assert named(api.post(LINKS, {"name": "x", "redirectUrl": "http://shop.example.com/"})) == {"redirectUrl"}
    for host in ("localhost:3000", "127.0.0.1:3000"):
        assert api.post(LINKS, {"name": "x", "redirectUrl": f"http://{host}/back"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({"webhookUrl": URL}, "webhookEvents"),
        ({"webhookUrl": URL, "webhookEvents": None}, "webhookEvents"),
        ({"webhookUrl": URL, "webhookEvents": []}, "webhookEvents"),
        ({"webhookEvents": ["*"]}, "webhookUrl"),
        ({"webhookEvents": ["*"], "webhookUrl": None}, "webhookUrl"),
    ],
)
def test_a_webhook_needs_its_url_and_its_events(api: Api, body: dict[str, Any], missing: str) -> None:
    assert named(api.post(LINKS, {"name": "x"} | body)) == {missing}
    assert_nothing_is_stored()


@pytest.mark.parametrize(("body", "field"), [({"force": True}, {"force"}), (b"{", set()), (b"[]", {""})])
def test_a_call_without_a_body_takes_none(api: Api, body: Any, field: set[str]) -> None:
    link = api.post(LINKS, SMALLEST[LINKS]).json()["data"]["id"]

    assert named(api.post(f"{LINKS}/{link}/retry", body)) == field


def test_all_that_is_wrong_is_said_at_once(api: Api) -> None:
    body = {"nmae": "x", "externalId": 7, "metadata": [], "webhookUrl": URL, "mode": "other"}

    answer = api.post(LINKS, body)

    assert named(answer) == {"name", "webhookEvents", *body} - {"webhookUrl"}


def test_half_a_million_wrong_items_get_a_short_answer(api: Api) -> None:
    for body in (
        b'{"name":"x","webhookUrl":"https://a.example/","webhookEvents":[' + b"1," * 400_000 + b"1]}",
        b'{"name":"x"' + b"".join(b',"f%d":1' % number for number in range(80_000)) + b"}",
    ):
        answer = api.post(LINKS, body)

        assert named(answer)
        assert len(answer.content) < 64 * 1024


@pytest.mark.parametrize("value", [[], {}, "text", 7, True, None])
def test_a_key_inside_metadata_may_have_any_value(api: Api, value: Any) -> None:
    answer = api.post(LINKS, {"name": "x", "metadata": {"a": value}})

    assert answer.status_code == 201
    assert answer.json()["data"]["metadata"] == {"a": value}


def test_text_is_trimmed_and_otherwise_kept(api: Api) -> None:
    data = api.post(LINKS, {"name": "  Café 😀 \u202e ", "externalId": " a  b "}).json()["data"]

    assert (data["name"], data["externalId"]) == ("Café 😀 \u202e", "a  b")
