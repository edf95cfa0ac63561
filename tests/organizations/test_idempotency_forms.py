"""Multipart bodies under an Idempotency-Key: compared by their parts, and never whole in memory."""

import os
import tracemalloc
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import QueryDict
from django.test.client import MULTIPART_CONTENT, encode_multipart

from organizations.idempotency.asking import body_digest
from tests.conftest import Api
from tests.organizations.test_idempotency import KEYS

pytestmark = pytest.mark.django_db(transaction=True)
MIB = 1024 * 1024
CONTENT = os.urandom(4 * MIB)


class Part:
    """A file of a form, as a client's library names it."""

    def __init__(self, content: bytes, name: str = "cat.jpg", content_type: str = "image/jpeg") -> None:
        self.content, self.name, self.content_type = content, name, content_type

    def read(self) -> bytes:
        return self.content


def upload(api: Api, part: Part, boundary: str = "first", **fields: str) -> Any:
    body = encode_multipart(boundary, {**fields, "file": part})
    headers = {"authorization": f"Bearer {api.key}", "idempotency-key": KEYS[0]}
    kind = MULTIPART_CONTENT.replace("BoUnDaRyStRiNg", boundary)
    return api.client.generic("POST", "/v1/orders/upload", body, content_type=kind, headers=headers)


def test_another_boundary_is_the_same_request_and_the_file_is_whole(api, plan):
    first, second = upload(api, Part(CONTENT)), upload(api, Part(CONTENT), boundary="second")

    assert (first.status_code, first.json()) == (201, {"data": {"size": len(CONTENT)}})
    assert (second.content, second["Location"]) == (first.content, "/v1/orders/1")
    assert second["Idempotency-Replayed"] == "true"
    assert plan.sizes == [len(CONTENT)]


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        (Part(CONTENT[:-1] + b"x"), {}),
        (Part(CONTENT, name="dog.jpg"), {}),
        (Part(CONTENT, content_type="image/png"), {}),
        (Part(CONTENT), {"name": "cat"}),
    ],
)
def test_another_part_is_another_request(api, plan, part, fields):
    upload(api, Part(CONTENT))

    assert upload(api, part, **fields).status_code == 409
    assert plan.sizes == [len(CONTENT)]


def test_no_two_forms_say_the_same(api, plan):
    forms = [
        [("a", "b"), ("c", "d")],
        [("a", "bc"), ("", "d")],
        [("a", "text"), ("text", "d")],
        [("ab", "cd")],
    ]
    digests = set()
    for form in forms:
        data = QueryDict(mutable=True)
        for name, value in form:
            data.appendlist(name, value)
        digests.add(body_digest(SimpleNamespace(data=data)))  # type: ignore[arg-type]

    assert len(digests) == len(forms)


def test_a_file_of_100_mb_is_read_in_pieces(api, plan):
    file, data = TemporaryUploadedFile("film.mp4", "video/mp4", 100 * MIB, None), QueryDict(mutable=True)
    file.truncate(100 * MIB)
    data.appendlist("file", file)  # type: ignore[arg-type]
    tracemalloc.start()

    body_digest(SimpleNamespace(data=data))  # type: ignore[arg-type]

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MIB
    assert file.tell() == 0
    file.close()
