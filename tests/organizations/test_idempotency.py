"""Idempotency-Key over the API: what is answered again, and what is refused."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.models import OnboardingLink
from organizations.models import ApiKey, IdempotencyKey, Scope
from organizations.retention import prune
from organizations.services import issue_key, revoke_key, suspend_organization
from organizations.tasks import forget_answers
from tests.conftest import Api
from webhooks.models import OutgoingWebhook

pytestmark = pytest.mark.django_db(transaction=True)
LINK = {"name": "Acme Corp", "webhookUrl": "https://shop.example.com/", "webhookEvents": ["*"]}
ENDPOINT = {"url": "https://shop.example.com/hooks", "events": ["*"]}
KEYS = "order-4711", "order-4712"


def post(api: Api, path: str = "onboarding-links", body: Any = LINK, key: str = KEYS[0]) -> Any:
    return api.post(path, body, **{"idempotency-key": key})


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_the_same_request_is_answered_again_byte_for_byte_and_done_once(api):
    first = post(api)

    second = post(api)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Content-Type"] == first["Content-Type"]
    assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (None, "true")
    assert OnboardingLink.objects.count() == 1


def test_another_key_and_none_are_requests_of_their_own(api):
    answers = [post(api), post(api, key=KEYS[1]), api.post("onboarding-links", LINK)]

    assert len({answer.json()["data"]["id"] for answer in answers}) == 3
    assert not any("Idempotency-Replayed" in answer for answer in answers)


def test_what_is_answered_again_is_of_this_request_otherwise(api):
    first, second = post(api), post(api)

    assert first["X-Request-Id"] != second["X-Request-Id"]
    assert (first["RateLimit-Remaining"], second["RateLimit-Remaining"]) == ("599", "598")


@pytest.mark.parametrize("key", ["x", "x" * 255, "a b", "~!@#'\"", " padded "])
def test_a_key_is_1_to_255_printable_characters(api, key):
    assert post(api, key=key).status_code == 201
    assert post(api, key=key.strip())["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\tb", "a\x00b", "é", "a\x7f"])
def test_any_other_key_is_refused_by_the_headers_name(api, key):
    answer = post(api, key=key)

    assert refusal(answer) == (400, "VALIDATION_ERROR")
    assert [found["field"] for found in answer.json()["error"]["details"]] == ["Idempotency-Key"]
    assert not OnboardingLink.objects.exists()


@pytest.mark.parametrize("method", ["get", "delete", "patch"])
def test_other_methods_do_not_know_the_header(api, method):
    path = f"outgoing-webhooks/{api.post('outgoing-webhooks', ENDPOINT).json()['data']['id']}"
    body = [{"isActive": False}] if method == "patch" else []

    answer = getattr(api, method)(path, *body, **{"idempotency-key": ""})

    assert answer.status_code in {200, 204}
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("onboarding-links", LINK | {"name": "Other"}),
        ("onboarding-links", dict(reversed(LINK.items()))),
        ("outgoing-webhooks", LINK),
        ("api-keys", {"name": "x", "scopes": ["read"]}),
    ],
)
def test_the_same_key_with_another_body_or_path_is_a_conflict(api, path, body):
    first = post(api)

    assert refusal(post(api, path, body)) == (409, "CONFLICT")
    assert post(api).content == first.content
    assert (OnboardingLink.objects.count(), OutgoingWebhook.objects.count()) == (1, 0)


def test_a_refused_body_leaves_the_key_to_the_corrected_one(api):
    refused = post(api, body={"name": ""})

    assert refusal(refused) == (400, "VALIDATION_ERROR")
    assert not IdempotencyKey.objects.exists()
    assert post(api).status_code == 201


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [("{", "application/json", 400), ("x=1", "text/plain", 415), (b"x" * 1_048_577, "application/json", 413)],
)
def test_a_body_that_cannot_be_read_leaves_the_key_free(api, raw, kind, status):
    headers = {"authorization": f"Bearer {api.key}", "idempotency-key": KEYS[0]}

    answer = api.client.post("/v1/onboarding-links", raw, content_type=kind, headers=headers)

    assert answer.status_code == status
    assert not IdempotencyKey.objects.exists()


def test_an_answer_that_is_no_success_is_not_kept(api):
    link = api.post("onboarding-links", LINK).json()["data"]["id"]

    answers = [post(api, f"onboarding-links/{link}/retry", {}) for _ in range(2)]

    assert [refusal(answer) for answer in answers] == [(409, "CONFLICT")] * 2
    assert not any("Idempotency-Replayed" in answer for answer in answers)
    assert not IdempotencyKey.objects.exists()


def test_what_fails_unforeseen_leaves_neither_change_nor_key(api, settings):
    """The link is made and its answer cannot be: both are gone, and the same key makes it."""
    api.client.raise_request_exception, body = False, {"name": "Acme Corp"}
    address = settings.PUBLIC_BASE_URL
    del settings.PUBLIC_BASE_URL

    assert refusal(post(api, body=body)) == (500, "INTERNAL_ERROR")
    assert (OnboardingLink.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    settings.PUBLIC_BASE_URL = address
    assert post(api, body=body).status_code == 201


def test_another_organization_has_keys_of_its_own(api, stranger):
    own, others = post(api), post(stranger)

    assert others.status_code == 201
    assert others.json()["data"]["id"] != own.json()["data"]["id"]
    assert post(api).content == own.content
    assert post(stranger).content == others.content
    assert IdempotencyKey.objects.values_list("key_hash").distinct().count() == 2


def test_the_key_belongs_to_the_organization_and_not_to_its_api_key(api):
    first = post(api)
    other = issue_key(organization=api.organization, name="other", scopes=[Scope.WRITE])

    again = post(Api(other.secret, api.organization, api.client))

    assert again.content == first.content


def test_a_new_api_key_is_shown_again_to_its_maker_alone(api):
    body = {"name": "second", "scopes": ["read", "write"]}
    made = post(api, "api-keys", body)
    other = issue_key(organization=api.organization, name="other", scopes=[Scope.KEYS])

    assert post(api, "api-keys", body).json()["data"]["key"] == made.json()["data"]["key"]
    assert refusal(post(Api(other.secret, api.organization, api.client), "api-keys", body))[0] == 409
    assert ApiKey.objects.filter(name="second").count() == 1


def test_who_may_not_call_is_not_answered_again(api):
    post(api)
    reader = issue_key(organization=api.organization, name="reader", scopes=[Scope.READ])

    assert post(Api(reader.secret, api.organization, api.client)).status_code == 403
    assert post(Api(None, api.organization, api.client)).status_code == 401
    suspend_organization(organization=api.organization)
    assert post(api).status_code == 403
    revoke_key(api_key=ApiKey.objects.get(name="test"))
    assert post(api).status_code == 401


def test_an_answer_given_again_counts_against_the_limit(api, settings):
    settings.API_RATE_LIMIT = "2/minute"
    post(api), post(api)

    third = post(api)

    assert refusal(third) == (429, "RATE_LIMITED")
    assert "Idempotency-Replayed" not in third


def test_an_answer_is_given_again_for_24_hours(api):
    first, begun = post(api), timezone.now()

    with time_machine.travel(begun + timedelta(hours=23, minutes=59)):
        assert post(api).content == first.content
    with time_machine.travel(begun + timedelta(hours=24, seconds=1)):
        assert "Idempotency-Replayed" not in post(api, body=LINK | {"name": "Other"})
        assert post(api, body=LINK | {"name": "Other"})["Idempotency-Replayed"] == "true"
    assert OnboardingLink.objects.count() == 2


def test_what_is_over_is_deleted_by_a_worker_and_by_prune(api):
    post(api)
    kept = IdempotencyKey.objects.get().kept_until

    assert list(prune(kept - timedelta(seconds=1))) == []
    assert list(prune(kept, is_dry=True)) == [1]
    forget_answers()
    assert IdempotencyKey.objects.count() == 1
    with time_machine.travel(kept + timedelta(seconds=1)):
        forget_answers()
    assert not IdempotencyKey.objects.exists()


def test_an_answer_survives_what_it_is_about(api):
    first = post(api)
    OnboardingLink.objects.all().delete()

    assert post(api).content == first.content


def test_the_log_says_that_an_answer_was_given_again(api, caplog):
    post(api), post(api)

    lines = [record.msg for record in caplog.records if "request" in str(record.msg)]
    assert [isinstance(line, dict) and line.get("is_replayed", False) for line in lines] == [False, True]


def test_erasing_an_organization_erases_its_keys(api):
    post(api)

    api.organization.delete()

    assert not IdempotencyKey.objects.exists()


def test_a_body_counts_by_its_bytes(api):
    headers = {"authorization": f"Bearer {api.key}", "idempotency-key": KEYS[0]}
    texts = [json.dumps(LINK), json.dumps(LINK, indent=1)]

    answers = [
        api.client.post("/v1/onboarding-links", text, content_type="application/json", headers=headers)
        for text in texts
    ]

    assert [answer.status_code for answer in answers] == [201, 409]


def test_a_rotation_is_done_once(api):
    made = api.post("outgoing-webhooks", ENDPOINT).json()["data"]
    path = f"outgoing-webhooks/{made['id']}/rotate-secret"

    first, second = post(api, path, {}), post(api, path, {})

    assert first.json()["data"]["secret"] == second.json()["data"]["secret"] != made["secret"]
    assert OutgoingWebhook.objects.get().previous_secret == made["secret"]


def statements(api: Api, **headers: str) -> int:
    ApiKey.objects.update(last_used_at=timezone.now() + timedelta(minutes=5))
    with CaptureQueriesContext(connection) as queries:
        assert api.post("onboarding-links", LINK, **headers).status_code == 201
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return len([query for query in queries if not query["sql"].startswith(frame)])


def test_a_key_costs_a_few_statements_and_an_answer_given_again_one(api):
    """Is it known; alone with it, is it known now; the answer. With the key of the API, one."""
    locks = connection.vendor == "postgresql"
    plain = statements(api)

    first, again = statements(api, **{"idempotency-key": "x"}), statements(api, **{"idempotency-key": "x"})

    assert (first - plain, again) == (3 + locks, 2)
