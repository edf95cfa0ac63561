"""`/v1/outgoing-webhooks` as clients see it."""

import uuid

import pytest
from django.db import connection

from organizations.models import Scope
from wabas.models import Waba
from webhooks.events import SUBSCRIBABLE, publish
from webhooks.examples import WEBHOOK
from webhooks.models import Delivery, OutgoingWebhook
from webhooks.signing import standard_webhooks_secret

PATH = "outgoing-webhooks"
BODY = {"url": "https://shop.example.com/hooks", "events": ["message.received"]}
SHOWN = set(WEBHOOK)


def made(api, **fields) -> dict:
    answer = api.post(PATH, BODY | fields)
    assert answer.status_code == 201, answer.content
    data: dict = answer.json()["data"]
    return data


def errors(answer) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {detail["field"]: detail["message"] for detail in answer.json()["error"]["details"]}


def test_the_201_shows_a_generated_secret_and_no_later_answer_does(api):
    created = made(api)

    assert set(created) == SHOWN | {"secret", "standardWebhooksSecret"}
    assert created["secret"].startswith("whsec_")
    assert created["standardWebhooksSecret"] == created["secret"]
    assert (created["isActive"], created["hasSecret"], created["disabledReason"]) == (True, True, None)
    for answer in (
        api.get(f"{PATH}/{created['id']}"),
        api.get(PATH),
        api.patch(f"{PATH}/{created['id']}", {"description": "x"}),
    ):
        assert answer.status_code == 200
        assert created["secret"] not in answer.content.decode()
        rows = answer.json()["data"]
        assert set(rows[0] if isinstance(rows, list) else rows) == SHOWN


def test_a_given_secret_is_kept_and_stored_encrypted(api):
    created = made(api, secret="whsec_my_secret_key_123")

    assert created["secret"] == "whsec_my_secret_key_123"
    assert created["standardWebhooksSecret"] == standard_webhooks_secret("whsec_my_secret_key_123")
    assert OutgoingWebhook.objects.get().secret == "whsec_my_secret_key_123"
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM webhooks_outgoingwebhook")
        assert "my_secret_key" not in cursor.fetchone()[0]


@pytest.mark.parametrize(
    "secret",
    [
        "short-secret-15",
        "x" * 257,
        " leading-space-12345",
        "trailing-space-1234 ",
        "ñandú-secreto-1234",
        "tab\tinside-123456",
    ],
)
def test_other_secrets_are_refused(api, secret):
    assert set(errors(api.post(PATH, BODY | {"secret": secret}))) == {"secret"}


def test_spaces_inside_a_secret_are_kept(api):
    assert made(api, secret="a secret with spaces")["secret"] == "a secret with spaces"


def test_events_are_deduplicated_in_their_order(api):
    created = made(api, events=["message.sent", "*", "message.sent", "message.received"])

    assert created["events"] == ["message.sent", "*", "message.received"]


@pytest.mark.parametrize(
    "events", [[], ["message.unknown"], "message.sent", None, [1], ["message.sent", None]]
)
def test_events_need_known_names(api, events):
    assert any(field.startswith("events") for field in errors(api.post(PATH, BODY | {"events": events})))


@pytest.mark.parametrize("name", SUBSCRIBABLE)
def test_every_name_of_the_catalogue_can_be_asked_for(api, name):
    assert made(api, events=[name])["events"] == [name]


@pytest.mark.parametrize("which", ["pk", "meta_waba_id"])
def test_a_waba_is_named_by_our_id_or_metas(api, waba, which):
    assert made(api, wabaId=str(getattr(waba, which)))["wabaId"] == str(waba.pk)


def test_a_waba_of_somebody_else_is_a_400_on_the_field(api, stranger):
    other = Waba.objects.create(organization=stranger.organization, meta_waba_id="77")

    for given in (str(other.pk), "77", str(uuid.uuid4()), "not-an-id"):
        assert set(errors(api.post(PATH, BODY | {"wabaId": given}))) == {"wabaId"}


def test_unknown_fields_and_a_missing_url_are_named(api):
    assert set(errors(api.post(PATH, {"events": ["*"], "retries": 3}))) == {"retries", "url"}


def test_patch_replaces_fields_whole_and_null_clears(api, waba):
    created = made(api, events=["message.sent", "message.received"], wabaId=str(waba.pk), description="Desk")

    answer = api.patch(
        f"{PATH}/{created['id']}",
        {"events": ["message.sent"], "wabaId": None, "description": None, "url": "https://new.example.com/"},
    )

    changed = answer.json()["data"]
    assert (changed["events"], changed["wabaId"], changed["description"]) == (["message.sent"], None, None)
    assert changed["url"] == "https://new.example.com/"
    assert api.get(f"{PATH}/{created['id']}").json()["data"] == changed
    assert changed["updatedAt"] > created["updatedAt"]


def test_what_a_patch_leaves_out_stays(api, waba):
    created = made(api, wabaId=str(waba.pk), description="Desk")

    changed = api.patch(f"{PATH}/{created['id']}", {"isActive": False}).json()["data"]

    expected = {name: created[name] for name in SHOWN} | {"isActive": False}
    assert changed | {"updatedAt": ""} == expected | {"updatedAt": ""}


@pytest.mark.parametrize("body", [{"url": None}, {"events": None}, {"isActive": None}, {"isActive": "true"}])
def test_what_cannot_be_cleared_is_a_400(api, body):
    created = made(api)

    assert set(errors(api.patch(f"{PATH}/{created['id']}", body))) == set(body)


def test_the_secret_cannot_be_patched(api):
    created = made(api)

    assert set(errors(api.patch(f"{PATH}/{created['id']}", {"secret": "x" * 20}))) == {"secret"}
    assert OutgoingWebhook.objects.get().secret == created["secret"]


def test_activating_a_disabled_endpoint_clears_the_reason(api):
    created = made(api)
    OutgoingWebhook.objects.update(is_active=False, disabled_reason="gone")
    assert api.get(f"{PATH}/{created['id']}").json()["data"]["disabledReason"] == "gone"

    changed = api.patch(f"{PATH}/{created['id']}", {"isActive": True}).json()["data"]

    assert (changed["isActive"], changed["disabledReason"]) == (True, None)


def test_a_deleted_endpoint_is_gone_and_its_deliveries_are_discarded(api):
    created = made(api)
    publish(organization=api.organization, name="message.received", data={})

    assert api.delete(f"{PATH}/{created['id']}").status_code == 204

    assert api.get(f"{PATH}/{created['id']}").status_code == 404
    assert api.delete(f"{PATH}/{created['id']}").status_code == 404
    assert api.get(PATH).json()["data"] == []
    assert Delivery.objects.get().state == "discarded"


def test_the_list_is_paged_newest_first(api):
    ids = [made(api)["id"] for _ in range(3)]

    answer = api.get(f"{PATH}?limit=2").json()

    assert [row["id"] for row in answer["data"]] == [ids[2], ids[1]]
    assert answer["meta"]["pagination"] == {"page": 1, "limit": 2, "total": 3, "hasMore": True}


def test_somebody_elses_endpoint_is_a_404(api, stranger):
    created = made(stranger)

    for answer in (
        api.get(f"{PATH}/{created['id']}"),
        api.patch(f"{PATH}/{created['id']}", {"isActive": False}),
        api.delete(f"{PATH}/{created['id']}"),
    ):
        assert answer.status_code == 404
    assert api.get(PATH).json()["data"] == []
    assert OutgoingWebhook.objects.get().is_active


def test_reading_needs_the_scope_read_and_writing_the_scope_write(api_for):
    reader, writer = api_for(scopes=(Scope.READ,)), api_for(scopes=(Scope.WRITE,))

    assert reader.post(PATH, BODY).status_code == 403
    assert reader.get(PATH).status_code == 200
    assert writer.get(PATH).status_code == 403
    assert made(writer)


def test_without_a_key_nothing_answers(api):
    api.key = None

    assert api.get(PATH).status_code == 401
    assert api.post(PATH, BODY).status_code == 401
