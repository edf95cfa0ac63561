"""The catalogue of the OpenAPI document: every event is in it, and what is really sent is what it says."""

import json
from typing import Any

import jsonschema_rs
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from onboarding.completion import connected
from onboarding.models import OnboardingLink
from phones.models import PhoneNumber
from tests.webhooks.receivers import Answer
from webhooks.catalogue import DATA, EXAMPLES
from webhooks.events import EVENTS, publish
from webhooks.services import create_webhook


@pytest.fixture(scope="module")
def webhooks() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Client().get("/v1/openapi.json").content)
    shown: dict[str, Any] = document["webhooks"]
    return shown


def content(webhooks: dict[str, Any], name: str) -> dict[str, Any]:
    shown: dict[str, Any] = webhooks[name]["post"]["requestBody"]["content"]["application/json"]
    return shown


def wrong(webhooks: dict[str, Any], name: str, body: Any) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator(content(webhooks, name)["schema"], validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(body)]


def test_every_event_has_a_schema_and_stands_in_the_document(webhooks):
    assert [*webhooks] == [*EVENTS] == [*DATA]
    assert set(EXAMPLES) <= set(EVENTS)


def test_every_call_names_the_headers_that_are_sent(webhooks, api, organization, receiver, webhook):
    api.post(f"outgoing-webhooks/{webhook.pk}/test")

    names = {one["$ref"].rsplit("/", 1)[1] for one in webhooks["webhook.test"]["post"]["parameters"]}

    usual = {
        "content-type",
        "content-length",
        "user-agent",
        "host",
        "connection",
        "accept",
        "accept-encoding",
    }
    assert set(receiver.got[0].headers) - usual == names


@pytest.mark.parametrize("name", ["phone_number.ready", "phone_number.not_ready"])
def test_a_warning_that_changes_nothing_is_told_in_the_document(webhooks, name):
    data = content(webhooks, name)["schema"]["properties"]["data"]

    assert "warning" in webhooks[name]["post"]["description"]
    assert data["properties"]["changed"]["description"].startswith("Empty:")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_right(webhooks, name):
    [example] = content(webhooks, name)["examples"].values()

    assert wrong(webhooks, name, example["value"]) == []
    assert example["value"]["event"] == name


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_without_its_data_is_not_right(webhooks, name):
    assert wrong(webhooks, name, {"event": name, "timestamp": "x", "organizationId": "x", "data": {}})


def test_what_is_not_sent_yet_says_so(webhooks):
    for name, methods in webhooks.items():
        assert ("Not sent yet." in methods["post"]["description"]) is (name not in EXAMPLES)


def test_a_test_call_is_what_the_document_says(webhooks, api, receiver, webhook):
    api.post(f"outgoing-webhooks/{webhook.pk}/test")

    assert wrong(webhooks, "webhook.test", json.loads(receiver.got[0].body)) == []


def test_a_disabled_endpoint_is_told_of_as_the_document_says(webhooks, organization, webhook, receiver, go):
    other = create_webhook(organization=organization, url=receiver.url, events=["webhook.disabled"])
    with transaction.atomic():
        publish(organization=organization, name="message.sent", data={})
    receiver.answers = [Answer(410)]
    go(timezone.now())
    go(timezone.now())

    told = json.loads(receiver.got[-1].body)
    assert wrong(webhooks, "webhook.disabled", told) == []
    assert (told["data"]["webhookId"], other.is_active) == (str(webhook.pk), True)


def test_a_connected_number_is_told_of_as_the_document_says(webhooks, organization, waba):
    phone = PhoneNumber.objects.create(
        organization=organization, waba=waba, meta_phone_number_id="1", phone_number="+5491155551234"
    )
    link = OnboardingLink.objects.create(organization=organization, name="Acme Corp")
    data = connected(link, waba, phone)

    with transaction.atomic():
        event = publish(organization=organization, name="phone_number.connected", data=data)

    assert wrong(webhooks, "phone_number.connected", json.loads(bytes(event.body))) == []
    assert [*data] == [*EXAMPLES["phone_number.connected"]]
