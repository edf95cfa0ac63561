"""The POST: nothing but what Meta signed is stored, and nothing but what is stored is answered 200."""

import gzip
import io
import json
import uuid
from wsgiref.util import setup_testing_defaults

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.wsgi import application
from meta_events import views
from meta_events.metrics import POSTS, SIGNED
from meta_events.models import Notification
from tests.meta_events.world import body_of, change, entry, post, signature
from tests.wabas.world import at_once, on_postgresql

pytestmark = pytest.mark.django_db
BODY = body_of(entry(change(event="PARTNER_ADDED", note="Café 😀"), at=1_750_000_000))


def counted(outcome: str) -> float:
    return float(POSTS.labels(outcome)._value.get())


def rows() -> int:
    return Notification.objects.count()


def test_what_meta_signed_is_stored_as_it_came_and_answered_with_nothing(client):
    answer = post(client, BODY)

    row = Notification.objects.get()
    assert (answer.status_code, answer.content) == (200, b"")
    assert bytes(row.body) == BODY
    assert (row.status, row.phone_id, row.split_at) == ("received", None, None)


def test_the_answer_costs_one_statement(client):
    post(client, body_of(entry(change())))

    with CaptureQueriesContext(connection) as queries:
        post(client, BODY)

    assert [query["sql"].split()[0] for query in queries] == ["INSERT"]


def test_no_cookie_no_language_and_no_page_rules_are_on_the_answer(client):
    answer = post(client, BODY)

    assert not answer.cookies
    assert not {"Vary", "Content-Language", "Content-Security-Policy", "X-Frame-Options"} & set(
        answer.headers
    )


def test_a_post_without_csrf_token_is_taken():
    assert post(Client(enforce_csrf_checks=True), BODY).status_code == 200


def test_a_phones_own_address_is_remembered(client):
    phone_id = uuid.uuid4()

    assert post(client, BODY, f"/webhook/phone/{phone_id}").status_code == 200
    assert Notification.objects.get().phone_id == phone_id


@pytest.mark.parametrize(
    "given",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signature(BODY, "another-app"),
        signature(BODY)[7:],
        signature(BODY).replace("sha256", "sha1"),
        signature(BODY[:-1]),
        signature(BODY) + "0",
        "sha256=é",
    ],
)
def test_a_wrong_signature_is_refused_counted_and_not_stored(client, given):
    before = counted("refused")

    answer = post(client, BODY, **{"X-Hub-Signature-256": given})

    assert answer.status_code == 401
    assert rows() == 0
    assert counted("refused") == before + 1


def test_a_signature_of_the_old_kind_alone_is_refused(client):
    answer = client.post(
        "/webhook/meta",
        BODY,
        content_type="application/json",
        headers={"X-Hub-Signature": "sha1=" + "0" * 40},
    )

    assert answer.status_code == 401


def test_a_signature_in_capitals_is_the_same(client):
    assert post(client, BODY, **{"X-Hub-Signature-256": signature(BODY).upper()}).status_code == 200


def test_the_bytes_are_what_is_signed_not_what_they_mean(client):
    meant = json.loads(BODY)
    for other in (
        json.dumps(meant).encode(),
        json.dumps(meant, ensure_ascii=False).encode(),
        b"\xef\xbb\xbf" + BODY,
    ):
        assert post(client, other, **{"X-Hub-Signature-256": signature(BODY)}).status_code == 401
        assert post(client, other).status_code == 200


def test_a_previous_secret_is_accepted_and_told_apart(client, settings):
    settings.META_PREVIOUS_APP_SECRETS = ["", "the-one-before"]
    before = SIGNED.labels("previous")._value.get()

    answer = post(client, BODY, **{"X-Hub-Signature-256": signature(BODY, "the-one-before")})

    assert answer.status_code == 200
    assert SIGNED.labels("previous")._value.get() == before + 1
    assert post(client, BODY + b" ", **{"X-Hub-Signature-256": signature(BODY + b" ", "")}).status_code == 401


def test_without_a_secret_nobody_has_signed(client, settings):
    settings.META_APP_SECRET = ""

    assert post(client, BODY, **{"X-Hub-Signature-256": signature(BODY, "")}).status_code == 401


def test_the_same_bytes_again_are_answered_and_stored_once(client):
    assert [post(client, BODY).status_code for _ in range(5)] == [200] * 5
    assert post(client, BODY, f"/webhook/phone/{uuid.uuid4()}").status_code == 200
    assert rows() == 1


def test_bytes_that_do_not_say_when_may_come_twice(client):
    body = b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[]}]}'

    post(client, body)
    post(client, body)

    assert rows() == 2


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_one_row():
    answers = at_once(*[lambda: post(Client(), BODY).status_code] * 20)

    assert answers == [200] * 20
    assert rows() == 1


def test_a_body_of_three_megabytes_is_taken_and_a_longer_one_than_four_is_not(client):
    large = body_of(entry(change("messages", text="x" * 3_000_000)))
    before = counted("too_large")

    assert post(client, large).status_code == 200
    assert bytes(Notification.objects.get().body) == large
    assert post(client, b"x" * (views.MAX_BODY + 1)).status_code == 413
    assert rows() == 1
    assert counted("too_large") == before + 1


def test_what_is_no_json_is_stored_all_the_same(client):
    """Meta signed it: it is ours to find out what it is."""
    for body in (b"", b"{", gzip.compress(b"{}"), b"\x00\xff"):
        assert post(client, body).status_code == 200
    assert rows() == 4


def called(body: bytes, **environ: object) -> str:
    """The status of a POST straight into the WSGI application, with a `wsgi.input` of our own."""
    given: dict[str, object] = {}
    setup_testing_defaults(given)
    given |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/webhook/meta",
        "CONTENT_TYPE": "application/json",
        "HTTP_X_HUB_SIGNATURE_256": signature(body),
    }
    status = []
    answer = application(given | environ, lambda line, headers, *_: status.append(line))
    b"".join(answer)
    return str(status[0][:3])


class Dripping(io.RawIOBase):
    """An input that gives a few bytes at a time, and fails after `fails_after` of them."""

    def __init__(self, body: bytes, fails_after: int | None = None) -> None:
        self.body, self.place, self.fails_after = body, 0, fails_after

    def read(self, size: int = -1) -> bytes:
        if self.fails_after is not None and self.place >= self.fails_after:
            raise OSError("the other side is gone")
        part = self.body[self.place : self.place + min(7, max(0, size))]
        self.place += len(part)
        return part


@pytest.mark.django_db(transaction=True)
def test_a_body_that_comes_in_pieces_is_whole():
    assert called(BODY, **{"wsgi.input": Dripping(BODY), "CONTENT_LENGTH": str(len(BODY))}) == "200"
    assert bytes(Notification.objects.get().body) == BODY


@pytest.mark.django_db(transaction=True)
def test_a_body_in_chunks_is_whole():
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}

    assert called(BODY, **{"wsgi.input": Dripping(BODY), **chunked}) == "200"
    assert bytes(Notification.objects.get().body) == BODY


@pytest.mark.django_db(transaction=True)
def test_an_endless_body_in_chunks_is_cut_off():
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"x" * min(size, 65536)

    assert called(BODY, **{"wsgi.input": Endless(), **chunked}) == "413"


@pytest.mark.django_db(transaction=True)
def test_a_body_that_ends_before_its_length_is_not_signed():
    short = {"wsgi.input": Dripping(BODY[:-5]), "CONTENT_LENGTH": str(len(BODY))}

    assert called(BODY, **short) == "401"


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_goes_away_leaves_nothing():
    gone = {"wsgi.input": Dripping(BODY, fails_after=14), "CONTENT_LENGTH": str(len(BODY))}

    assert called(BODY, **gone) == "400"
    assert rows() == 0


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_stored_is_not_answered_200(client, caplog):
    table = Notification._meta.db_table
    before = counted("unstored")
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO put_away")
    try:
        answer = post(client, BODY)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE put_away RENAME TO {table}")

    assert answer.status_code == 503
    assert counted("unstored") == before + 1
    assert post(client, BODY).status_code == 200


def test_neither_the_body_nor_the_signature_is_in_a_log(client, caplog):
    caplog.set_level("DEBUG")

    post(client, BODY)
    post(client, BODY, **{"X-Hub-Signature-256": "sha256=beef"})

    assert "PARTNER_ADDED" not in caplog.text
    assert "beef" not in caplog.text
    assert signature(BODY)[7:] not in caplog.text


def test_an_unknown_address_beside_it_is_no_page_of_ours(client):
    assert client.post("/webhook/phone/17", BODY, content_type="application/json").status_code == 404


def test_what_is_taken_is_counted_and_only_what_is_not_has_a_line_in_the_log(client, caplog):
    caplog.set_level("INFO", "api.request")
    before = counted("stored")

    answer = post(client, BODY)
    assert not caplog.records
    assert answer.headers["X-Request-Id"]
    assert counted("stored") == before + 1

    post(client, BODY, **{"X-Hub-Signature-256": "sha256=beef"})
    assert len(caplog.records) == 1
