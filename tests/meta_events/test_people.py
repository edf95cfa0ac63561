"""Deauthorization and deletion: signed by Meta or nothing; a row each, and a page that tells no more."""

import base64
import hashlib
import hmac
import json
import re

import pytest
from django.test import Client
from django.utils import timezone

from meta_events.models import UserRequest
from meta_events.people import AlreadyDoneError, close_request
from tests.meta_events.world import APP_SECRET

pytestmark = pytest.mark.django_db
DEAUTHORIZE, DELETION = "/webhook/meta/deauthorize", "/webhook/meta/data-deletion"
USER = {"user_id": "218471", "algorithm": "HMAC-SHA256", "issued_at": 1739321024}


def unpadded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def signed_request(claims: dict, secret: str = APP_SECRET) -> str:
    payload = unpadded(json.dumps(claims).encode())
    return unpadded(hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()) + "." + payload


def called(path: str, claims: dict = USER, secret: str = APP_SECRET):
    form = {"signed_request": signed_request(claims, secret)}
    return Client(enforce_csrf_checks=True).post(
        path, "&".join(f"{name}={value}" for name, value in form.items()), "application/x-www-form-urlencoded"
    )


def test_a_deletion_is_answered_with_its_page_and_code_and_kept_for_support():
    answer = called(DELETION)

    row = UserRequest.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {
        "url": f"http://localhost:8000/data-deletion/{row.confirmation_code}",
        "confirmation_code": row.confirmation_code,
    }
    assert re.fullmatch(r"[0-9a-f]{20}", row.confirmation_code)
    assert (row.kind, row.meta_user_id, row.status) == ("data_deletion", "218471", "open")
    assert row.issued_at.timestamp() == 1739321024


def test_a_deauthorization_is_kept_and_touches_nothing_else(waba):
    answer = called(DEAUTHORIZE)

    assert (answer.status_code, answer.content) == (200, b"")
    assert UserRequest.objects.get().kind == "deauthorize"
    waba.refresh_from_db()
    assert (waba.status, waba.access_token) == ("connected", "EAA-token")


def test_the_same_request_again_is_the_same_row_and_a_later_one_another():
    first, again = called(DELETION).json(), called(DELETION).json()
    later = called(DELETION, USER | {"issued_at": 1739321025}).json()

    assert first == again != later
    assert UserRequest.objects.count() == 2


def test_a_request_that_was_done_is_not_opened_again_by_a_repetition():
    called(DELETION)
    close_request(request=UserRequest.objects.get())

    called(DELETION)

    assert UserRequest.objects.get().status == "done"


@pytest.mark.parametrize("path", [DEAUTHORIZE, DELETION])
@pytest.mark.parametrize(
    "body",
    [
        "",
        "signed_request=",
        "signed_request=x",
        "signed_request=x.y",
        "signed_request=" + signed_request(USER, "another"),
        "signed_request=" + signed_request(USER, ""),
        "signed_request=" + "x" * 70_000,
        "other=" + signed_request(USER),
    ],
)
def test_what_meta_did_not_sign_is_refused_and_not_kept(client, path, body):
    answer = client.post(path, body, "application/x-www-form-urlencoded")

    assert answer.status_code == 403
    assert not UserRequest.objects.exists()


def test_a_previous_secret_is_accepted(settings):
    settings.META_PREVIOUS_APP_SECRETS = ["the-one-before"]

    assert called(DEAUTHORIZE, secret="the-one-before").status_code == 200


def test_without_a_secret_nobody_has_signed(settings):
    settings.META_APP_SECRET = ""

    assert called(DEAUTHORIZE, secret="").status_code == 403


@pytest.mark.parametrize("user_id", [None, "", [], "<b>", "9" * 65])
def test_a_request_of_nobody_is_refused(user_id):
    assert called(DELETION, USER | {"user_id": user_id}).status_code == 400
    assert not UserRequest.objects.exists()


def test_a_request_without_a_time_is_of_now():
    called(DELETION, {"user_id": 218471, "algorithm": "HMAC-SHA256"})

    row = UserRequest.objects.get()
    assert (row.meta_user_id, row.issued_at) == ("218471", row.received_at)


def test_a_file_in_the_form_is_not_even_read(client):
    head = 'Content-Disposition: form-data; name="signed_request"'
    body = f"--x\r\n{head}\r\n\r\n{signed_request(USER)}\r\n--x--"

    answer = client.post(DELETION, body, "multipart/form-data; boundary=x")

    assert answer.status_code == 403


def test_the_page_says_how_far_it_is_and_nothing_of_the_person(client, settings):
    settings.PRIVACY_URL, settings.SUPPORT_URL = "https://example.com/privacy", "https://example.com/help"
    address = called(DELETION).json()["url"].removeprefix("http://localhost:8000")

    page = client.get(address)

    text = page.content.decode()
    row = UserRequest.objects.get()
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert "noindex" in text
    assert row.confirmation_code in text
    assert "We received your request" in text
    assert "218471" not in text
    assert "https://example.com/privacy" in text

    close_request(request=row)
    assert "What we had of you is deleted" in client.get(address).content.decode()


def test_the_page_of_an_unknown_code_or_of_another_kind_is_not_found(client):
    called(DEAUTHORIZE)

    for code in ("0" * 20, UserRequest.objects.get().confirmation_code):
        assert client.get(f"/data-deletion/{code}").status_code == 404


def test_a_get_is_no_request(client):
    for path in (DEAUTHORIZE, DELETION):
        assert client.get(path).status_code == 405


def test_a_request_is_closed_once():
    called(DELETION)
    row = UserRequest.objects.get()

    close_request(request=row)

    row.refresh_from_db()
    assert row.done_at is not None
    assert row.done_at <= timezone.now()
    with pytest.raises(AlreadyDoneError):
        close_request(request=row)
