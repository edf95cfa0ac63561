"""The OpenAPI document by itself: whole, public, its examples true, and its page readable in a browser."""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import yaml
from django.test import Client
from playwright.sync_api import Page, expect

from api.errors import ApiError
from tests.contract.routes import ROUTES
from webhooks.events import EVENTS

BODY = "application/json"
UUID = "990e8400-e29b-41d4-a716-446655440004"
WITH_PAGE = {"name": "Acme", "address": "Rd 1", "registrationId": "514567890"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Client().get("/v1/openapi.json").content)
    return loaded


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def answers(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The JSON contents of its 2xx answers."""
    for status, answer in operation["responses"].items():
        if status.startswith("2") and status != "204":
            # A file has a type of its own, and shows none.
            yield from (content for kind, content in answer["content"].items() if kind == BODY)


def wrong(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What a strict reading of `schema` says against `value`."""
    whole = schema | {"components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def test_every_secured_route_is_documented_and_nothing_else(document: dict[str, Any]) -> None:
    documented = {re.sub(r"{\w+}", "{id}", name.replace("/v1/", "")) for name, _ in operations(document)}

    assert documented == {
        f"{route.method} {'/'.join('{id}' if part[0] == '{' else part for part in route.path.split('/'))}"
        for route in ROUTES
    }


def test_every_answer_has_an_example_and_every_example_is_true(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for content in answers(operation):
            assert content["examples"], name
            for example in content["examples"].values():
                assert wrong(document, content["schema"], example["value"]) == [], name


def test_every_body_has_an_example_and_every_example_is_true(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        if "requestBody" in operation:
            kind, content = next(iter(operation["requestBody"]["content"].items()))
            if kind == "multipart/form-data":
                continue
            assert content["examples"], name
            for example in content["examples"].values():
                assert wrong(document, content["schema"], example["value"]) == [], name


def test_an_example_leaves_no_field_out(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for content in answers(operation):
            for example in content["examples"].values():
                data = example["value"]["data"]
                shown = resolved(document, content["schema"])["properties"]["data"]
                schema = resolved(document, shown.get("items", shown))
                assert set(schema["required"]) <= set(data[0] if isinstance(data, list) else data), name


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The shape itself, or what a `$ref` of the document's components points to."""
    if "$ref" not in schema:
        return schema
    kind, name = schema["$ref"].removeprefix("#/components/").split("/")
    target: dict[str, Any] = document["components"][kind][name]
    return target


def test_every_error_an_operation_can_have_is_documented(document: dict[str, Any]) -> None:
    everywhere = {"400", "401", "403", "429", "500"}
    for name, operation in operations(document):
        documented = {status for status in operation["responses"] if not status.startswith("2")}
        row = {"404"} if "{id}" in name else set()
        body = {"413", "415"} if name.startswith(("POST", "PATCH")) else set()
        assert everywhere | row | body <= documented, name
        for status in documented:
            response = resolved(document, operation["responses"][status])
            content = response["content"][BODY]
            for example in content["examples"].values():
                assert wrong(document, content["schema"], example["value"]) == []
                assert example["value"]["error"]["code"] in error_codes(document)


def test_every_post_takes_an_idempotency_key_and_says_when_it_is_answered_again(
    document: dict[str, Any],
) -> None:
    parameter = document["components"]["parameters"]["IdempotencyKey"]
    assert (parameter["name"], parameter["in"]) == ("Idempotency-Key", "header")
    assert wrong(document, parameter["schema"], parameter["example"]) == []
    for name, operation in operations(document):
        refs = [given.get("$ref") for given in operation.get("parameters", ())]
        successes = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        is_post = name.startswith("POST")
        assert refs.count("#/components/parameters/IdempotencyKey") == is_post, name
        assert all(
            ("Idempotency-Replayed" in answer.get("headers", ())) == is_post for answer in successes
        ), name
        assert not is_post or "409" in operation["responses"], name


def error_codes(document: dict[str, Any]) -> list[str]:
    error = document["components"]["schemas"]["Error"]["properties"]["error"]
    codes: list[str] = error["properties"]["code"]["enum"]
    return codes


def kinds(base: type[ApiError]) -> Iterator[type[ApiError]]:
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


# Answers of the hosted page's own calls.
OF_THE_PAGE = {"LINK_EXPIRED", "WRONG_NUMBER", "NUMBER_IN_USE", "CODE_NOT_SENT", "WRONG_CODE"}


def test_every_error_code_of_the_api_is_documented(document: dict[str, Any]) -> None:
    assert {kind.code for kind in kinds(ApiError)} - OF_THE_PAGE <= set(error_codes(document))


def test_every_operation_says_what_it_does_and_needs_a_key(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for name, operation in operations(document):
        assert operation["description"].endswith("."), name
        assert operation["security"] == [{"apiKey": []}], name


def test_nothing_of_the_house_shows_in_the_document(document: dict[str, Any]) -> None:
    text = json.dumps(document)

    for word in ("x-spec-enum", "bound once", "serializer", "partial=True", "Output"):
        assert word not in text, word


def test_a_body_takes_no_unknown_fields_and_null_for_what_is_optional(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    # A body of several forms is none by itself: each of its forms is.
    bodies = {k: v for k, v in schemas.items() if k.endswith("Request") and "oneOf" not in v}
    assert len(bodies) >= 16
    for name, schema in bodies.items():
        assert schema["additionalProperties"] is False, name
        if not name.startswith("Patched"):
            for field in set(schema["properties"]) - set(schema.get("required", ())):
                assert wrong(document, schema["properties"][field], None) == [], f"{name}.{field}"


@pytest.mark.parametrize(
    ("body", "is_right"),
    [
        ({"name": "x"}, True),
        ({"name": "x", "webhookUrl": "https://a.example/", "webhookEvents": ["*"]}, True),
        ({"name": "x", "webhookUrl": None, "webhookEvents": None, "metadata": None}, True),
        ({"name": "x", "webhookUrl": "https://a.example/"}, False),
        ({"name": "x", "webhookUrl": "https://a.example/", "webhookEvents": None}, False),
        ({"name": "x", "webhookEvents": ["*"]}, False),
        ({"name": "x", "webhookUrl": "https://a.example/", "webhookEvents": ["message.unknown"]}, False),
        ({"name": " "}, False),
        ({"name": "x", "metadata": []}, False),
        ({"name": "x", "language": "en_US"}, False),
        ({"name": "x", "other": 1}, False),
        (
            {"name": "x", "business": {"name": "Acme", "country": "IL"}, "branding": {"buttonText": "Go"}},
            True,
        ),
        ({"name": "x", "business": None, "branding": None, "starterTemplates": None}, True),
        ({"name": "x", "business": {"email": None, "city": None}}, True),
        ({"name": "x", "business": {"email": "o'neil+shop@mail.example.com"}}, True),
        ({"name": "x", "business": {"email": '"shop"@example.com'}}, False),
        ({"name": "x", "business": {"email": "shop@\u202eexample.com"}}, False),
        ({"name": "x", "business": {"country": "il"}}, False),
        ({"name": "x", "business": {"timezone": "UTC+15:00"}}, False),
        ({"name": "x", "business": {"nmae": "Acme"}}, False),
        ({"name": "x", "business": {"name": "a\x07"}}, False),
        ({"name": "x", "displayName": "a\u202eb"}, False),
        ({"name": "x", "starterTemplates": True}, True),
        ({"name": "x", "starterTemplates": ["welcome"]}, True),
        ({"name": "x", "starterTemplates": ["other"]}, False),
        ({"name": "x", "starterTemplates": "welcome"}, False),
        ({"name": "x", "registeredNumberId": "990e8400-e29b-41d4-a716-446655440004"}, True),
        ({"name": "x", "registeredNumberId": "990e8400"}, False),
        ({"name": "x", "registeredNumberId": UUID, "mode": "coexistence"}, False),
        ({"name": "x", "registeredNumberId": UUID, "mode": "cloud_api"}, True),
        ({"name": "x", "landingPage": True}, False),
        ({"name": "x", "landingPage": True, "business": {"name": "Acme", "address": "Rd 1"}}, False),
        ({"name": "x", "landingPage": True, "business": WITH_PAGE | {"address": None}}, False),
        ({"name": "x", "landingPage": True, "business": WITH_PAGE}, True),
        ({"name": "x", "landingPage": False, "business": {"name": "Acme"}}, True),
        ({}, False),
    ],
)
def test_the_document_says_which_links_can_be_made(
    document: dict[str, Any], body: dict[str, Any], is_right: bool
) -> None:
    schema = document["components"]["schemas"]["LinkRequest"]

    assert (wrong(document, schema, body) == []) is is_right


def test_the_events_of_the_document_are_those_of_the_catalogue(document: dict[str, Any]) -> None:
    events = document["components"]["schemas"]["OutgoingWebhookRequest"]["properties"]["events"]

    assert events["items"]["enum"] == [*EVENTS, "*"]


def test_json_and_yaml_are_public_and_the_same(document: dict[str, Any]) -> None:
    answer = Client().get("/v1/openapi.yaml")

    assert answer.status_code == 200
    assert yaml.safe_load(answer.content) == document


# -- the page ------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_page_shows_every_operation_without_a_complaint_of_the_browser(
    running: str, page: Page, document: dict[str, Any]
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda line: said.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{running}/v1/docs")
    page.get_by_text("/v1/onboarding-links", exact=True).first.wait_for()

    shown = len(list(operations(document))) + len(document["webhooks"])
    expect(page.locator(".opblock")).to_have_count(shown)
    page.locator("#operations-onboarding-links-createOnboardingLink").click()
    expect(page.get_by_text("Make a link.").first).to_be_visible()
    expect(page.get_by_text("whsec_my_secret_key_123").first).to_be_visible()
    page.screenshot(path=os.environ.get("DOCS_SCREENSHOT"), full_page=True)
    assert said == []
    assert all(url.startswith((running, "data:")) for url in asked), asked
