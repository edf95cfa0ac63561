"""`/v1/shared-inbox-links`: made, changed, rotated, revoked; the token is shown once and stored as a hash."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from api.times import timestamp
from shared_inbox.models import SharedInboxLink, SharedInboxSession
from shared_inbox.services import hashed
from tests.shared_inbox.conftest import ALL

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def token_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/shared/")


def open_browser(link_id: str) -> None:
    SharedInboxSession.objects.create(
        link_id=link_id, key_hash=hashed(link_id), expires_at=timezone.now() + DAY
    )


def test_a_link_has_the_documented_fields(shared, phone):
    made = shared("readInbox", "sendText")

    assert set(made) == {
        *("id", "phoneNumberId", "name", "status", "permissions", "publicUrl"),
        *("expiresAt", "lastUsedAt", "createdAt", "revokedAt"),
    }
    assert made["phoneNumberId"] == str(phone.pk)
    assert made["status"] == "active"
    assert made["permissions"] == dict.fromkeys(ALL, False) | {"readInbox": True, "sendText": True}
    assert made["publicUrl"].startswith("http://localhost:8000/shared/")


def test_the_url_is_shown_once_and_its_token_is_stored_as_a_hash(api, shared):
    made = shared()

    assert "publicUrl" not in api.get(f"shared-inbox-links/{made['id']}").json()["data"]
    assert "publicUrl" not in api.get("shared-inbox-links").json()["data"][0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM shared_inbox_sharedinboxlink")
        stored = str(cursor.fetchall())
    assert token_of(made["publicUrl"]) not in stored
    assert hashed(token_of(made["publicUrl"])) in stored


@pytest.mark.parametrize("given", ["ours", "metas"])
def test_the_phone_is_named_by_our_id_or_metas(shared, phone, given):
    named = str(phone.pk) if given == "ours" else phone.meta_phone_number_id

    assert shared(phoneNumberId=named)["phoneNumberId"] == str(phone.pk)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phoneNumberId": "550e8400-e29b-41d4-a716-446655440000"}, "phoneNumberId"),
        ({"phoneNumberId": "no id"}, "phoneNumberId"),
        ({"phoneNumberId": None}, "phoneNumberId"),
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"permissions": None}, "permissions"),
        ({"permissions": []}, "permissions"),
        ({"permissions": {"readInbox": "true"}}, "permissions.readInbox"),
        ({"permissions": {"sendAll": True}}, "permissions.sendAll"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "tomorrow"}, "expiresAt"),
        ({"token": "mine"}, "token"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(api, phone, change, field):
    body = {"phoneNumberId": str(phone.pk), "name": "Support", "permissions": {"readInbox": True}}

    answer = api.post("shared-inbox-links", body | change)

    assert answer.status_code == 400
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field]
    assert not SharedInboxLink.objects.exists()


def test_a_strangers_phone_is_not_found(phone, stranger):
    body = {"phoneNumberId": str(phone.pk), "name": "Support", "permissions": {"readInbox": True}}

    answer = stranger.post("shared-inbox-links", body)

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] == "phoneNumberId"


def test_the_inbox_of_a_disconnected_phone_is_not_shared(api, phone):
    phone.disconnected_at = timezone.now()
    phone.save()
    body = {"phoneNumberId": str(phone.pk), "name": "Support", "permissions": {"readInbox": True}}

    assert api.post("shared-inbox-links", body).status_code == 409


def test_a_patch_replaces_the_permissions_whole_and_clears_the_expiry(api, shared):
    made = shared(expiresAt=timestamp(timezone.now() + DAY))

    changed = api.patch(
        f"shared-inbox-links/{made['id']}", {"permissions": {"readInbox": True}, "expiresAt": None}
    ).json()["data"]

    assert changed["permissions"] == dict.fromkeys(ALL, False) | {"readInbox": True}
    assert changed["expiresAt"] is None
    assert changed["name"] == made["name"]


def test_a_link_expires_by_the_clock(api, shared):
    made = shared(expiresAt=timestamp(timezone.now() + DAY))

    with time_machine.travel(timezone.now() + DAY):
        shown = api.get(f"shared-inbox-links/{made['id']}").json()["data"]

    assert shown["status"] == "expired"


def test_a_rotation_gives_a_new_url_and_ends_every_session(api, shared):
    made = shared()
    open_browser(made["id"])

    rotated = api.post(f"shared-inbox-links/{made['id']}/rotate").json()["data"]

    assert rotated["publicUrl"] != made["publicUrl"]
    assert SharedInboxLink.objects.get().token_hash == hashed(token_of(rotated["publicUrl"]))
    assert not SharedInboxSession.objects.exists()


def test_a_revoked_link_stays_revoked_and_can_be_deleted(api, shared):
    path = f"shared-inbox-links/{shared()['id']}"
    open_browser(path.rpartition("/")[2])

    first, again = (api.post(f"{path}/revoke").json()["data"] for _ in range(2))

    assert first["status"] == again["status"] == "revoked"
    assert first["revokedAt"] == again["revokedAt"]
    assert not SharedInboxSession.objects.exists()
    assert api.post(f"{path}/rotate").status_code == 409
    assert api.patch(path, {"name": "x"}).status_code == 409
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


@pytest.mark.parametrize("status", ["active", "expired", "revoked"])
def test_the_list_is_filtered_by_status_and_phone(api, shared, phone, status):
    made = {"active": shared(), "expired": shared(), "revoked": shared()}
    SharedInboxLink.objects.filter(pk=made["expired"]["id"]).update(expires_at=timezone.now())
    api.post(f"shared-inbox-links/{made['revoked']['id']}/revoke")

    found = api.get(f"shared-inbox-links?status={status}&phoneNumberId={phone.pk}").json()["data"]

    assert [row["id"] for row in found] == [made[status]["id"]]
