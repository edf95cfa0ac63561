"""Files at Meta: what may be uploaded, for how long it can be had, and by whom."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import error_of
from tests.sandbox.messaging import ANA, Number, connected

PICTURE = b"\x89PNG\r\n--not a boundary--\r\n" + bytes(range(256)) * 40


@pytest.fixture
def number(sandbox, graph) -> Number:
    return connected(sandbox, graph)


def upload(number, content=PICTURE, mime_type="image/png", **fields) -> Any:
    form = {"messaging_product": "whatsapp", "type": mime_type} | fields
    file = {"file": ("a.png", io.BytesIO(content), mime_type)} if content is not None else {}
    return number.graph.call("POST", f"/{number.id}/media", number.token, data=form, files=file)


def fetch(url: str, token: str = "") -> requests.Response:
    return requests.get(url, headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=10)


def test_an_upload_comes_down_byte_by_byte(number, graph):
    media = upload(number).json()["id"]

    known = graph.get(f"/{media}", number.token, phone_number_id=number.id).json()
    answer = fetch(known["url"], number.token)

    assert (known["id"], known["mime_type"], known["file_size"]) == (media, "image/png", len(PICTURE))
    assert (answer.content, answer.headers["Content-Type"]) == (PICTURE, "image/png")


def test_an_upload_can_be_sent(number):
    media = upload(number).json()["id"]

    assert number.send(type_="image", id=media, caption="Menu").status_code == 200
    assert error_of(number.send(type_="video", id=media))[0] == 131053


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mime_type": "image/tiff"}, 100),
        ({"content": b""}, 100),
        ({"content": None}, 100),
        ({"messaging_product": ""}, 100),
        ({"content": bytes(5 * 1024 * 1024 + 1)}, 100),
        ({"content": bytes(500 * 1024 + 1), "mime_type": "image/webp"}, 100),
    ],
)
def test_what_meta_does_not_keep_is_refused(number, changes, code):
    assert error_of(upload(number, **changes))[0] == code


def test_a_large_document_is_kept(number):
    assert upload(number, bytes(20 * 1024 * 1024), "application/pdf").status_code == 200


def test_the_url_lives_for_five_minutes(number, graph, clock):
    media = upload(number).json()["id"]
    url = graph.get(f"/{media}", number.token).json()["url"]

    clock.now += 299
    before = fetch(url, number.token).status_code
    clock.now += 2

    assert (before, fetch(url, number.token).status_code) == (200, 404)


def test_the_url_takes_the_token_of_the_account(number, sandbox, graph):
    url = graph.get(f"/{upload(number).json()['id']}", number.token).json()["url"]
    stranger = graph.token_of(sandbox.sign_up())

    assert [fetch(url).status_code, fetch(url, "nobody").status_code] == [401, 401]
    assert fetch(url, stranger).status_code == 404
    assert fetch(url.replace("hash=", "hash=0"), number.token).status_code == 404


def test_a_file_of_another_number_is_not_found(number, sandbox, graph):
    media = upload(number).json()["id"]
    elsewhere = connected(sandbox, graph)

    assert error_of(graph.get(f"/{media}", number.token, phone_number_id=elsewhere.id)) == (100, 33)
    assert error_of(graph.get(f"/{media}", elsewhere.token)) == (100, 33)
    assert error_of(elsewhere.send(type_="image", id=media))[0] == 100


@pytest.mark.parametrize(("days", "is_received"), [(30, False), (7, True)])
def test_files_are_kept_so_many_days(number, sandbox, graph, clock, days, is_received):
    if is_received:
        media = sandbox.write(number.id, "image")["value"]["messages"][0]["image"]["id"]
    else:
        media = upload(number).json()["id"]
    clock.now += days * 86400 - 1
    before = graph.get(f"/{media}", number.token).status_code
    clock.now += 1

    assert before == 200
    assert error_of(graph.get(f"/{media}", number.token)) == (100, 33)


def test_a_deleted_file_is_gone(number, graph):
    media = upload(number).json()["id"]
    url = graph.get(f"/{media}", number.token).json()["url"]

    answer = graph.call("DELETE", f"/{media}", number.token).json()

    assert answer == {"success": True}
    assert error_of(graph.get(f"/{media}", number.token)) == (100, 33)
    assert fetch(url, number.token).status_code == 404


def test_all_of_it_is_in_the_record_of_calls(number, graph, sandbox):
    media = upload(number).json()["id"]
    graph.get(f"/{media}", number.token)
    number.send(to=ANA, type_="image", id=media)

    assert [call["call"] for call in sandbox.calls(target=number.waba)][-3:] == [
        "upload_media",
        "get_media",
        "send_message",
    ]
