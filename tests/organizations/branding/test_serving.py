"""`/logos/{id}`: public, kept for good, nothing but a picture; and nobody's once the owner is suspended."""

import hashlib
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from organizations.models import Logo
from organizations.services import suspend_organization, unsuspend_organization
from tests.conftest import Api
from tests.organizations.branding.hosts import LogoHost, plain_jpeg, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(api: Api, host: LogoHost) -> str:
    """Of the organization's logo."""
    shown = api.patch("organization", {"logoUrl": host.has(png())}).json()["data"]["logo"]
    address: str = shown["url"]
    return address.removeprefix("http://localhost:8000")


def test_anybody_gets_the_picture_and_may_keep_it(path: str) -> None:
    answer = Client().get(path)

    assert answer.status_code == 200
    assert answer.content == Logo.objects.get().content
    assert dict(answer.headers) | {"X-Request-Id": ""} == {
        "Content-Type": "image/png",
        "Content-Length": str(len(answer.content)),
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": f'"{hashlib.sha256(answer.content).hexdigest()}"',
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Request-Id": "",
    }


def test_a_jpeg_stays_one(api: Api, host: LogoHost) -> None:
    url = api.patch("organization", {"logoUrl": host.has(plain_jpeg())}).json()["data"]["logo"]["url"]

    assert Client().get(url)["Content-Type"] == "image/jpeg"


def test_head_says_the_same_without_the_bytes(path: str) -> None:
    got, head = Client().get(path), Client().head(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == str(len(got.content))
    assert head["ETag"] == got["ETag"]


def test_who_has_it_is_told_so(path: str) -> None:
    etag = Client().get(path)["ETag"]

    again = Client().get(path, headers={"if-none-match": etag})

    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == "public, max-age=31536000, immutable"
    assert Client().get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_it_takes_one_query(path: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        Client().get(path)

    assert len(queries) == 1


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_only_read(path: str, method: str) -> None:
    assert getattr(Client(), method)(path).status_code == 405


@pytest.mark.parametrize("unknown", [uuid.uuid4(), "x", "", "../admin/", uuid.UUID(int=0)])
def test_what_is_not_there_is_a_404(db: None, unknown: Any) -> None:
    answer = Client().get(f"/logos/{unknown}")

    assert answer.status_code == 404
    assert "max-age" not in answer.get("Cache-Control", "")


def test_a_suspended_organization_shows_nothing_and_shows_it_again_later(api: Api, path: str) -> None:
    suspend_organization(organization=api.organization)
    assert Client().get(path).status_code == 404
    assert Client().get(path)["Cache-Control"] == "no-store"

    unsuspend_organization(organization=api.organization)
    assert Client().get(path).status_code == 200


def test_it_needs_no_cookie_and_sets_none(path: str) -> None:
    answer = Client().get(path, headers={"cookie": "sessionid=x; csrftoken=y"})

    assert answer.cookies == {}
    assert "Vary" not in answer
