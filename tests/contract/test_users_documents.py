"""The user's three documents, run: their commands by curl, their answers and events field by field."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.conftest import Api
from tests.contract import documents
from tests.contract.conftest import Answer, Curl, Visitor
from tests.contract.shapes import assert_like
from tests.onboarding.conftest import run_due
from tests.wabas.world import Meta
from webhooks.models import Delivery, Event

pytestmark = pytest.mark.django_db(transaction=True)
# The names and codes in a connected account are Meta's.
METAS = frozenset({"name", "currency", "status"})


@pytest.fixture
def connect(meta: Meta, visit: Callable[[str], Visitor]) -> Callable[[Answer], Visitor]:
    """An end-user signs up on a new link's page, and the workers do their part."""

    def connected(link: Answer) -> Visitor:
        user = visit(link.data["hostedUrl"])
        assert user.open().status_code == 200
        made = meta.sandbox.sign_up()
        assert user.call("opened").status_code == 204
        assert user.call("start").status_code == 204
        assert user.call("session", **made["session"]).status_code == 202
        answer = user.call("callback", code=made["code"])
        assert (answer.status_code, answer.json()) == (202, {"status": "processing"})
        run_due()
        return user

    return connected


def test_a_created_link_answers_as_documented(curl: Curl) -> None:
    answer = curl(documents.CREATE_LINK)

    assert answer.status == 201
    assert_like(documents.CREATED_LINK, answer.json)
    assert answer.data["hostedUrl"] == f"{curl.url}/signup/{answer.data['id']}"


def test_a_pending_link_reads_as_it_was_created_but_for_its_secret(curl: Curl) -> None:
    created = curl(documents.CREATE_LINK).data

    answer = curl(documents.READ_LINK, id=created["id"])

    shown = {k: v for k, v in documents.CREATED_LINK["data"].items() if k != "webhookSecret"}
    assert answer.status == 200
    assert_like({"data": shown}, answer.json)
    assert "webhookSecret" not in answer.data
    assert "whsec_" not in answer.text


def test_a_completed_link_reads_as_documented(curl: Curl, connect: Callable[[Answer], Visitor]) -> None:
    link = curl(documents.CREATE_LINK)

    connect(link)

    answer = curl(documents.READ_LINK, id=link.data["id"])
    assert answer.status == 200
    assert_like(documents.COMPLETED_LINK, answer.json)
    assert answer.data["webhookUrl"] == f"{curl.url}/webhook/phone/{answer.data['phoneNumberId']}"
    assert not {"webhookSecret", "webhookEvents"} & set(answer.data)


def test_the_event_is_the_documented_one(curl: Curl, connect: Callable[[Answer], Visitor], api: Api) -> None:
    told = curl(documents.CREATE_WEBHOOK.replace("message.received", "phone_number.connected")).data
    link = curl(documents.CREATE_LINK)

    connect(link)

    event = Event.objects.get(name="phone_number.connected")
    payload, read = json.loads(bytes(event.body)), curl(documents.READ_LINK, id=link.data["id"]).data
    assert_like(documents.CONNECTED_EVENT, payload)
    assert payload["organizationId"] == str(api.organization.pk)
    expected = {name: read[name] for name in ("phoneNumberId", "phoneNumber", "wabaId", "isPhoneRegistered")}
    assert payload["data"] | expected == payload["data"]
    assert payload["data"]["onboardingLinkId"] == read["id"]
    assert str(Delivery.objects.get(event=event).webhook_id) == told["id"]


def test_the_success_redirect_is_the_documented_one(
    curl: Curl, connect: Callable[[Answer], Visitor], visit: Callable[[str], Visitor]
) -> None:
    link = curl(documents.CREATE_STORE_LINK)

    user = connect(link)

    expected = documents.SUCCESS_REDIRECT.replace("=x", f"={link.data['id']}")
    assert user.status()["redirectUrl"] == expected
    again = visit(link.data["hostedUrl"]).open()
    assert (again.status_code, again.headers["Location"]) == (302, expected)


def test_the_redirect_of_a_link_with_a_secret_is_signed_behind_the_documented_part(
    curl: Curl, connect: Callable[[Answer], Visitor]
) -> None:
    link = curl(documents.CREATE_LINK)

    url = connect(link).status()["redirectUrl"]

    documented = documents.SUCCESS_REDIRECT.replace("=x", f"={link.data['id']}")
    assert url.startswith(f"{documented}&ts=")
    signed, _, signature = urlsplit(url).query.rpartition("&sig=")
    secret = documents.CREATED_LINK["data"]["webhookSecret"].encode()
    assert signature == hmac.new(secret, f"redirect.{signed}".encode(), hashlib.sha256).hexdigest()


def test_the_error_redirect_is_the_documented_one(
    curl: Curl, meta: Meta, visit: Callable[[str], Visitor]
) -> None:
    link = curl(documents.CREATE_STORE_LINK).data
    user = visit(link["hostedUrl"])
    user.open()

    assert user.call("session", **meta.sandbox.sign_up("cancel")["session"]).status_code == 202

    url = user.status()["error"]["backUrl"]
    documented = urlsplit(documents.ERROR_REDIRECT.replace("=x", f"={link['id']}"))
    shown, given = parse_qsl(documented.query), parse_qsl(urlsplit(url).query)
    assert url.startswith(f"https://{documented.netloc}{documented.path}?")
    assert given[:3] == shown[:3]
    assert given[3][0] == shown[3][0] == "error"
    assert given[3][1]
    assert given[4:] == [("error_code", "CANCELLED")]
    assert " " not in url


def test_the_pages_calls_need_the_pages_token(curl: Curl, visit: Callable[[str], Visitor]) -> None:
    user = visit(curl(documents.CREATE_FIRST_LINK).data["hostedUrl"])

    assert user.call("opened").status_code == 403
    user.open()
    assert user.call("opened").status_code == 204


def test_a_connection_answers_as_documented(curl: Curl, connect: Callable[[Answer], Visitor]) -> None:
    link = curl(documents.CREATE_LINK)
    connect(link)
    read = curl(documents.READ_LINK, id=link.data["id"]).data

    answer = curl(documents.READ_CONNECTION, wabaId=read["wabaId"])

    assert answer.status == 200
    assert_like(documents.CONNECTION, answer.json, free=METAS)
    assert answer.data["connectedAccount"]["graphLookupErrors"] == []
    assert [phone["id"] for phone in answer.data["phones"]] == [read["phoneNumberId"]]
    assert answer.data["phones"][0]["metadata"] == read["metadata"]


def test_a_phone_detail_shows_the_same_connected_account(
    curl: Curl, connect: Callable[[Answer], Visitor]
) -> None:
    link = curl(documents.CREATE_STORE_LINK)
    connect(link)
    read = curl(documents.READ_STORE_LINK, onboardingLinkId=link.data["id"])
    connection = curl(documents.READ_CONNECTION, wabaId=read.data["wabaId"]).data

    phone = curl(documents.READ_STORE_PHONE, phoneNumberId=read.data["phoneNumberId"])

    assert phone.status == 200
    assert_like(documents.COMPLETED_STORE_LINK, read.json)
    # The document's excerpt has isRegistered last; the whole answer has it where the contract lists it.
    shown = documents.STORE_PHONE["data"]
    assert_like({"data": {name: shown[name] for name in phone.data if name in shown}}, phone.json)
    assert set(shown) <= set(phone.data)
    assert phone.data["connectedAccount"] == connection["connectedAccount"]


@pytest.mark.parametrize("path", ["phones", "phones/{phone}", "wabas", "wabas/{waba}", "onboarding-links"])
def test_every_documented_read_returns_the_metadata(
    curl: Curl, connect: Callable[[Answer], Visitor], api: Api, path: str
) -> None:
    link = curl(documents.CREATE_STORE_LINK)
    connect(link)
    read = curl(documents.READ_STORE_LINK, onboardingLinkId=link.data["id"]).data

    data = api.get(path.format(phone=read["phoneNumberId"], waba=read["wabaId"])).json()["data"]

    row: Any = data[0] if isinstance(data, list) else data
    holder = row["phones"][0] if "phones" in row else row
    assert list(holder["metadata"].items()) == list(documents.STORE_PHONE["data"]["metadata"].items())


@pytest.mark.parametrize("command", [documents.READ_HEALTH, documents.CHECK_HEALTH])
def test_health_says_what_the_phone_can_do(
    curl: Curl, connect: Callable[[Answer], Visitor], command: str
) -> None:
    link = curl(documents.CREATE_FIRST_LINK)
    connect(link)
    phone_id = curl(documents.READ_LINK, id=link.data["id"]).data["phoneNumberId"]

    answer = curl(command, phoneNumberId=phone_id, phoneId=phone_id)

    assert answer.status == 200
    capabilities = answer.data["capabilities"]
    assert list(capabilities) == ["canReceiveMessages", "canSendMessages", "canSendTemplates"]
    assert all(isinstance(value, bool) for value in capabilities.values())
    assert answer.data["phoneId"] == phone_id
    assert answer.data["isRegistered"] is True


def test_the_first_link_of_the_quick_start_has_its_optional_fields_as_null(curl: Curl) -> None:
    answer = curl(documents.CREATE_FIRST_LINK)

    assert answer.status == 201
    optional = ("externalId", "metadata", "webhookUrl", "webhookSecret", "phoneNumberId", "completedAt")
    assert [answer.data[name] for name in optional] == [None] * len(optional)
    assert answer.data["webhookEvents"] == []
    assert answer.data["redirectUrl"] == "https://myapp.com/callback"


def test_a_list_has_the_documented_pagination(curl: Curl) -> None:
    links = [curl(documents.CREATE_LINK).data["id"] for _ in range(2)]

    answer = curl(documents.LIST_LINKS)

    assert answer.status == 200
    assert [row["id"] for row in answer.data] == links[::-1]
    assert answer.json["meta"] == {
        "pagination": documents.PAGINATION["pagination"] | {"total": 2, "hasMore": False}
    }
    assert list(answer.json) == ["data", "meta"]
    assert list(answer.json["meta"]["pagination"]) == list(documents.PAGINATION["pagination"])
    shown = {k: v for k, v in documents.CREATED_LINK["data"].items() if k != "webhookSecret"}
    assert_like(shown, answer.data[0])


def test_a_pending_link_can_be_deleted_and_is_then_not_found(curl: Curl) -> None:
    link = curl(documents.CREATE_LINK).data

    deleted = curl(documents.DELETE_LINK, id=link["id"])

    assert (deleted.status, deleted.text) == (204, "")
    read = curl(documents.READ_LINK, id=link["id"])
    assert read.status == 404
    assert_like(documents.NOT_FOUND, read.json)


def test_only_pending_links_can_be_deleted(curl: Curl, connect: Callable[[Answer], Visitor]) -> None:
    link = curl(documents.CREATE_LINK)
    connect(link)

    refused = curl(documents.DELETE_LINK, id=link.data["id"])

    assert (refused.status, refused.json["error"]["code"]) == (409, "CONFLICT")
    assert curl(documents.READ_LINK, id=link.data["id"]).status == 200


def test_a_webhook_is_made_by_the_documented_call(curl: Curl) -> None:
    answer = curl(documents.CREATE_WEBHOOK)

    assert answer.status == 201
    assert answer.data["url"] == "https://yourapp.com/webhooks/whatsapp"
    assert answer.data["events"] == ["message.received", "message.sent"]
    assert answer.data["secret"] == "whsec_your_secret_key"


@pytest.mark.parametrize("key", ["sk_org_...", "", "<YOUR_API_KEY>"])
def test_a_missing_or_invalid_key_is_unauthorized(running: str, key: str) -> None:
    answer = Curl(running, key)(documents.LIST_LINKS)

    assert (answer.status, answer.json["error"]["code"]) == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"].startswith("Bearer")
