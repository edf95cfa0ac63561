"""Files of the page go through the server, by its cookie and its permissions."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from inbox.files.kinds import LIMITS, Kind
from inbox.models import Media
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.phones.world import healthy_phone, healthy_waba
from tests.wabas.world import Meta, meta

__all__ = ["meta"]
pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n" + b"x" * 1000
PATH = "/shared/inbox/media"


@pytest.fixture
def phone(api: Api, meta: Meta) -> PhoneNumber:
    return meta.registered_phone(api.organization)


def browser(made: dict[str, Any], **options: Any) -> Client:
    client = Client(**options)
    client.get(urlsplit(made["publicUrl"]).path)
    return client


def picture(content: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.png", content, "image/png")


def test_a_file_is_uploaded_and_shown_by_the_pages_cookie(shared: Any) -> None:
    client = browser(shared())

    sent = client.post(PATH, {"file": picture()})
    shown = client.get(f"{PATH}/{sent.json()['data']['id']}")

    assert (sent.status_code, sent.json()["data"]["mimeType"]) == (201, "image/png")
    assert b"".join(shown.streaming_content) == PNG  # type: ignore[attr-defined]
    assert shown["Content-Security-Policy"].startswith("sandbox")
    assert shown["Cache-Control"] == "private, max-age=3600, immutable"


def test_a_file_needs_its_permission(shared: Any, phone: PhoneNumber) -> None:
    row = Media.objects.create(phone=phone, meta_media_id="1")
    reader, sender = browser(shared("readInbox")), browser(shared("sendMedia"))

    assert reader.post(PATH, {"file": picture()}).status_code == 403
    assert sender.get(f"{PATH}/{row.pk}").status_code == 403
    assert not Media.objects.exclude(pk=row.pk).exists()


def test_a_file_without_the_csrf_token_is_refused(shared: Any) -> None:
    client = browser(shared(), enforce_csrf_checks=True)
    client.get("/shared/inbox")
    token = client.cookies["csrftoken"].value

    refused = client.post(PATH, {"file": picture()})
    taken = client.post(PATH, {"file": picture()}, headers={"X-CSRFToken": token})

    assert (refused.status_code, taken.status_code) == (403, 201)


def test_a_file_that_is_too_large_is_refused_before_meta_is_asked(shared: Any, meta: Meta) -> None:
    answer = browser(shared()).post(PATH, {"file": picture(b"x" * (LIMITS[Kind.IMAGE] + 1))})

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert not Media.objects.exists()


@pytest.mark.parametrize("form", [{}, {"file": "text"}])
def test_what_is_no_file_is_named(shared: Any, form: dict[str, str]) -> None:
    answer = browser(shared()).post(PATH, form)

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] == "file"


def test_a_file_of_another_phone_is_not_found(shared: Any, stranger: Api) -> None:
    other = healthy_phone(stranger.organization, healthy_waba(stranger.organization, 2))
    theirs = Media.objects.create(phone=other, meta_media_id="1")

    assert browser(shared()).get(f"{PATH}/{theirs.pk}").status_code == 404
