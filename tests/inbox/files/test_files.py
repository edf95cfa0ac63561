"""Files to Meta and from Meta: limits, streaming, and what a browser may do with one."""

import http.client
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from inbox.files.kinds import LIMITS, Kind, kind_of, mime_type_of
from inbox.files.places import places
from inbox.models import Media
from meta_graph.sandbox.messaging import writing
from phones.models import PhoneNumber
from tests.conftest import Api, Form
from tests.wabas.world import Meta, meta
from wabas.models import Waba

__all__ = ["meta"]
pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n" + b"x" * 1000
MIB = 1024 * 1024


@pytest.fixture
def phone(api: Api, meta: Meta) -> PhoneNumber:
    return meta.registered_phone(api.organization)


def post(
    api: Api, phone: PhoneNumber, name: str = "a.png", content: bytes = PNG, kind: str = "image/png"
) -> Any:
    return api.post(f"phones/{phone.pk}/media", Form(file=(name, content, kind)))


def read(api: Api, phone: PhoneNumber, media: Any) -> Any:
    return api.get(f"phones/{phone.pk}/media/{media}")


def test_a_file_is_uploaded_and_read_again(api: Api, phone: PhoneNumber) -> None:
    uploaded = post(api, phone)

    assert uploaded.status_code == 201, uploaded.content
    data = uploaded.json()["data"]
    row = Media.objects.get()
    assert data == {"id": str(row.pk), "mimeType": "image/png", "size": len(PNG)}
    assert row.expires_at is not None
    assert timedelta(days=29) < row.expires_at - timezone.now() <= timedelta(days=30)
    for given in (row.pk, row.meta_media_id):
        answer = read(api, phone, given)
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content) == PNG


def test_a_file_cannot_do_anything_in_a_browser(api: Api, phone: PhoneNumber) -> None:
    media = post(api, phone).json()["data"]["id"]

    shown = read(api, phone, media)
    shown.close()

    assert shown["Content-Type"] == "image/png"
    assert shown["Content-Length"] == str(len(PNG))
    assert shown["Content-Disposition"] == 'inline; filename="a.png"'
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert shown["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("invoice 17.pdf", "application/pdf", 'attachment; filename="invoice 17.pdf"'),
        ("Größe.txt", "text/plain", "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.txt"),
    ],
)
def test_a_document_is_saved_under_its_name(
    api: Api, phone: PhoneNumber, name: str, kind: str, disposition: str
) -> None:
    media = post(api, phone, name, b"text", kind).json()["data"]["id"]

    answer = read(api, phone, media)
    answer.close()

    assert (answer["Content-Type"], answer["Content-Disposition"]) == (kind, disposition)


def test_what_a_contact_sent_is_read_from_meta(api: Api, phone: PhoneNumber, meta: Meta) -> None:
    written = writing.write(
        meta.sandbox.world, phone.meta_phone_number_id, "image", file=b"picture", mime_type="image/jpeg"
    )
    media_id = written["value"]["messages"][0]["image"]["id"]
    row = Media.objects.create(phone=phone, meta_media_id=media_id, mime_type="image/jpeg")

    answer = read(api, phone, row.pk)

    assert (answer["Content-Type"], b"".join(answer.streaming_content)) == ("image/jpeg", b"picture")
    assert answer["Content-Disposition"] == f'inline; filename="{row.pk}.jpg"'


def test_what_meta_has_deleted_is_not_found_and_says_why(api: Api, phone: PhoneNumber) -> None:
    row = Media.objects.create(phone=phone, meta_media_id="999999999999")

    answer = read(api, phone, row.pk)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert "Meta has deleted this file" in answer.json()["error"]["message"]


def test_a_file_of_another_number_or_organization_is_not_found(
    api: Api, stranger: Api, phone: PhoneNumber
) -> None:
    media = post(api, phone).json()["data"]["id"]
    other = PhoneNumber.objects.create(
        organization=api.organization,
        waba=phone.waba,
        meta_phone_number_id="7",
        phone_number="+5491155550000",
    )

    for answer in (
        read(stranger, phone, media),
        read(api, other, media),
        read(api, other, Media.objects.get().meta_media_id),
        read(api, phone, "999"),
        read(api, phone, "nothing"),
    ):
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Resource not found")


@pytest.mark.parametrize(
    ("kind", "mime_type"),
    [
        (Kind.IMAGE, "image/png"),
        (Kind.STICKER, "image/webp"),
        (Kind.AUDIO, "audio/ogg"),
        (Kind.VIDEO, "video/mp4"),
    ],
)
def test_a_kind_is_taken_to_its_limit_and_no_further(
    api: Api, phone: PhoneNumber, meta: Meta, kind: Kind, mime_type: str
) -> None:
    beyond = post(api, phone, "a", b"x" * (LIMITS[kind] + 1), mime_type)
    asked = len(meta.sandbox.calls("upload_media"))

    assert (beyond.status_code, beyond.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert kind in beyond.json()["error"]["message"]
    assert (asked, Media.objects.count()) == (0, 0)
    assert post(api, phone, "a", b"x" * LIMITS[kind], mime_type).status_code == 201


@pytest.mark.parametrize(
    ("declared", "name", "mime_type"),
    [
        ("image/png", None, "image/png"),
        ("Image/PNG; charset=x", None, "image/png"),
        ("application/octet-stream", "a.pdf", "application/pdf"),
        ("", "a.pdf", "application/pdf"),
        (None, "nothing", None),
        ("x/y\r\nz: 1", "nothing", None),
    ],
)
def test_the_type_is_what_the_part_says_or_what_its_name_does(
    declared: str | None, name: str | None, mime_type: str | None
) -> None:
    assert mime_type_of(declared, name) == mime_type


def test_kinds_are_whatsapps() -> None:
    kinds = [
        "image/jpeg",
        "image/webp",
        "audio/amr",
        "video/3gpp",
        "text/plain",
        "application/pdf",
        "font/woff",
    ]

    assert [kind_of(kind) for kind in kinds] == [
        Kind.IMAGE, Kind.STICKER, Kind.AUDIO, Kind.VIDEO, Kind.DOCUMENT, Kind.DOCUMENT, Kind.DOCUMENT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (Form(), "file"),
        (Form(file="text"), "file"),
        (Form(file=("a.png", b"", "image/png")), "file"),
        (Form(file=("a", b"x", "")), "file"),
        (Form(file=("a.png", PNG, "image/png"), type="image"), "type"),
        (Form(file=("a.png", PNG, "image/png"), other=("b.png", PNG, "image/png")), "other"),
    ],
)
def test_what_is_wrong_with_a_form_is_named(api: Api, phone: PhoneNumber, body: Form, field: str) -> None:
    answer = api.post(f"phones/{phone.pk}/media", body)

    assert answer.status_code == 400, answer.content
    assert field in {detail["field"] for detail in answer.json()["error"]["details"]}


def test_a_body_of_another_type_is_told_what_is_needed(api: Api, phone: PhoneNumber) -> None:
    answer = api.post(f"phones/{phone.pk}/media", {"file": "x"})

    assert answer.status_code == 415
    assert "multipart/form-data" in answer.json()["error"]["message"]


def test_metas_refusal_is_given(api: Api, phone: PhoneNumber, meta: Meta) -> None:
    meta.sandbox.set_scenario("error", code=131053, call="upload_media")

    answer = post(api, phone)

    assert (answer.status_code, answer.json()["error"]["meta"]["code"]) == (422, 131053)


def test_a_number_without_access_is_a_conflict(api: Api, phone: PhoneNumber) -> None:
    media = post(api, phone).json()["data"]["id"]
    Waba.objects.update(token_refused_at=timezone.now())

    assert post(api, phone).status_code == 409
    assert read(api, phone, media).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_too_many_at_once_are_asked_to_come_again_and_each_end_makes_room(
    api: Api, phone: PhoneNumber, settings: Any
) -> None:
    settings.MEDIA_STREAMS = 2
    media = post(api, phone).json()["data"]["id"]
    left, whole = read(api, phone, media), read(api, phone, media)

    refused = read(api, phone, media)
    left.close()
    assert b"".join(whole.streaming_content) == PNG

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert int(refused["Retry-After"]) > 0
    again = [read(api, phone, media) for _ in range(2)]
    assert [answer.status_code for answer in again] == [200, 200]
    for answer in (*again, whole, left):
        answer.close()
    assert places.taken == 0


def test_what_meta_does_not_give_takes_no_place(api: Api, phone: PhoneNumber) -> None:
    row = Media.objects.create(phone=phone, meta_media_id="999999999999")

    answer = read(api, phone, row.pk)

    assert (answer.status_code, places.taken) == (404, 0)


# ---- over real HTTP -------------------------------------------------------------------------------------


@pytest.fixture
def address(live_server: Any) -> str:
    return str(urlsplit(live_server.url).netloc)


def head_of(size: int) -> tuple[bytes, bytes]:
    start = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        b"Content-Type: application/pdf\r\n\r\n"
    )
    return start, b"\r\n--b--\r\n"


@pytest.mark.django_db(transaction=True)
def test_a_large_document_goes_to_meta_and_comes_back(
    api: Api, phone: PhoneNumber, address: str, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = MIB
    size = 60 * MIB
    start, end = head_of(size)

    def body() -> Iterator[bytes]:
        yield start
        for _ in range(size // MIB):
            yield b"x" * MIB
        yield end

    connection = http.client.HTTPConnection(address, timeout=60)
    headers = {
        "Authorization": f"Bearer {api.key}",
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(len(start) + size + len(end)),
    }
    connection.request("POST", f"/v1/phones/{phone.pk}/media", body(), headers)
    answer = connection.getresponse()
    status, said = answer.status, answer.read()

    assert status == 201, said
    row = Media.objects.get()
    assert row.size == size
    connection.request(
        "GET", f"/v1/phones/{phone.pk}/media/{row.pk}", headers={"Authorization": f"Bearer {api.key}"}
    )
    answer = connection.getresponse()
    assert answer.headers["Content-Length"] == str(size)
    assert sum(len(piece) for piece in iter(lambda: answer.read(MIB), b"")) == size
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_body_that_says_it_is_too_large_is_not_read(api: Api, phone: PhoneNumber, address: str) -> None:
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.putrequest("POST", f"/v1/phones/{phone.pk}/media")
    connection.putheader("Authorization", f"Bearer {api.key}")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", str(300 * MIB))
    connection.endheaders(head_of(0)[0])

    answer = connection.getresponse()

    assert answer.status == 413
    connection.close()


def test_a_client_that_goes_away_ends_the_call_to_meta(api: Api, phone: PhoneNumber) -> None:
    media = post(api, phone, "a.bin", b"x" * (5 * MIB), "application/pdf").json()["data"]["id"]
    answer = read(api, phone, media)
    pieces = iter(answer.streaming_content)
    next(pieces)

    answer.close()

    # What the socket had taken in is all that still comes.
    assert sum(map(len, pieces)) < 4 * MIB
