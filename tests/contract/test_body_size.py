"""How large a body may be, of which type, and how it may arrive, over real HTTP."""

import http.client
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.wsgi import application
from onboarding.models import OnboardingLink
from tests.conftest import Api

pytestmark = pytest.mark.django_db(transaction=True)
MIB = 1024 * 1024
TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/json",
    "application/jsonp",
    "application/vnd.api+json",
    "",
    "json",
    "application/json, text/plain",
]


def body_of(size: int) -> bytes:
    empty = b'{"name":"Acme","other":""}'
    return empty[:-2] + b"x" * (size - len(empty)) + empty[-2:]


def post(url: str, key: str, body: Any, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request("POST", "/v1/onboarding-links", body, {"Authorization": f"Bearer {key}"} | headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


JSON = {"Content-Type": "application/json"}


def test_a_body_of_1_mib_is_read_and_one_byte_more_is_not(running: str, api: Api) -> None:
    status, answer = post(running, api.key or "", body_of(MIB), **JSON)
    assert (status, answer["error"]["details"][0]["field"]) == (400, "other")

    status, answer = post(running, api.key or "", body_of(MIB + 1), **JSON)

    assert (status, answer["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert OnboardingLink.objects.count() == 0


@pytest.fixture
def in_chunks(api: Api) -> Callable[[bytes], tuple[int, Any]]:
    """Sends a body without a length to the application, as a server that knows its end hands it on."""

    def sent(body: bytes) -> tuple[int, Any]:
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/v1/onboarding-links",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "CONTENT_TYPE": "application/json",
            "HTTP_AUTHORIZATION": f"Bearer {api.key}",
            "HTTP_TRANSFER_ENCODING": "chunked",
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": True,
            "wsgi.url_scheme": "http",
        }
        head: list[Any] = []
        answer = b"".join(application(environ, lambda *given: head.extend(given)))
        return int(head[0].split()[0]), json.loads(answer)

    return sent


def test_a_body_without_a_length_is_read_like_any_other(
    in_chunks: Callable[[bytes], tuple[int, Any]],
) -> None:
    assert in_chunks(b'{"name":"Acme"}')[0] == 201
    assert in_chunks(body_of(MIB))[1]["error"]["details"][0]["field"] == "other"

    status, answer = in_chunks(body_of(MIB + 1))

    assert (status, answer["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert OnboardingLink.objects.count() == 1


def test_a_server_that_does_not_read_chunks_says_so(running: str, api: Api) -> None:
    status, answer = post(running, api.key or "", iter([b'{"name":"Acme"}']), **JSON)

    assert status == 400
    assert "Content-Length" in answer["error"]["message"]


@pytest.mark.parametrize("content_type", TYPES)
def test_a_body_of_another_type_is_a_415(running: str, api: Api, content_type: str) -> None:
    status, answer = post(running, api.key or "", b'{"name":"Acme"}', **{"Content-Type": content_type})

    assert (status, answer["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert OnboardingLink.objects.count() == 0


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON;charset=utf-8", "application/json ; a=b"]
)
def test_parameters_and_case_of_the_type_do_not_matter(running: str, api: Api, content_type: str) -> None:
    assert post(running, api.key or "", b'{"name":"Acme"}', **{"Content-Type": content_type})[0] == 201
