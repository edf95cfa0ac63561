"""Where a logo may be fetched, and what its server may not do: a 400 that says what to do, in 5 s at most."""

import socket
import time
from typing import Any

import pytest
from django.db import connections

from organizations.branding import fetching
from organizations.branding.refusals import LogoError
from organizations.models import Logo, Organization
from outbound import resolver
from tests.conftest import Api
from tests.contract.bodies import NO_RECEIVERS, NO_URLS
from tests.organizations.branding.hosts import LogoHost, http, png
from tests.organizations.branding.test_organization import refusal

pytestmark = pytest.mark.django_db


def refused(api: Api, url: str) -> str:
    """The sentence of the refusal, which is about the logo and changed nothing."""
    detail = refusal(api.patch("organization", {"logoUrl": url, "welcomeMessage": "Hi"}))
    assert detail["field"] == "logoUrl"
    assert Logo.objects.count() == 0
    assert Organization.objects.get(pk=api.organization.pk).welcome_message is None
    return detail["message"]


@pytest.mark.parametrize(
    "url", [*NO_URLS, *NO_RECEIVERS, "https://127.1/x.png", "https://metadata.internal/"]
)
def test_an_address_inside_or_none_at_all_is_refused(api: Api, settings: Any, url: str) -> None:
    settings.ALLOW_HTTP_URLS, settings.WEBHOOK_ALLOWED_NETWORKS = False, ()

    assert refused(api, url)


@pytest.mark.parametrize("host_name", ["127.0.0.1", "localhost"])
def test_our_own_machine_is_not_asked_where_the_deployment_does_not_allow_it(
    api: Api, settings: Any, host: LogoHost, host_name: str
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ()
    url = host.has(png()).replace("127.0.0.1", host_name)

    assert refused(api, url)
    assert host.asked == []


@pytest.fixture
def turned_private(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A name of the public's DNS that stands for a private address."""
    asked: list[str] = []

    def lookup(host: str) -> tuple[str, ...]:
        asked.append(host)
        return ("93.184.216.34", "10.0.0.7")

    monkeypatch.setattr(resolver, "_process_resolver", resolver.Resolver(lookup))
    return asked


def test_a_name_that_stands_for_a_private_address_is_refused(
    api: Api, settings: Any, turned_private: list[str]
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ()

    assert "not a public one" in refused(api, "https://logo.example.com/logo.png")
    assert turned_private == ["logo.example.com."]


def test_our_own_address_is_refused(api: Api, settings: Any) -> None:
    assert refused(api, f"{settings.PUBLIC_BASE_URL}/logos/x") == "The URL is an address of this platform."


def test_plain_http_needs_a_deployment_that_allows_it(api: Api, settings: Any) -> None:
    settings.ALLOW_HTTP_URLS = False

    assert refused(api, "http://logo.example.com/logo.png") == "The URL must start with https://."


def test_a_redirect_is_not_followed_and_the_answer_says_so(api: Api, host: LogoHost) -> None:
    host.has(png(), "/real.png")
    host.answers["/logo.png"] = http(b"", "302 Found", Location="/real.png")

    assert "redirects are not followed" in refused(api, f"{host.origin}/logo.png")
    assert host.asked == ["/logo.png"]


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content", "206 Partial Content"])
def test_only_a_200_is_a_picture(api: Api, host: LogoHost, status: str) -> None:
    host.answers["/logo.png"] = http(b"" if status[:3] == "204" else png(), status)

    assert status[:3] in refused(api, f"{host.origin}/logo.png")


def test_nobody_there_is_said(api: Api) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    assert "could not be fetched" in refused(api, f"http://127.0.0.1:{port}/logo.png")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetching.SECONDS == 5.0
    monkeypatch.setattr(fetching, "SECONDS", 0.5)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\n", http(b"", Content_Length="900000")])
def test_a_slow_server_is_given_up_after_one_deadline(api: Api, host: LogoHost, sent: bytes) -> None:
    """Slow before its head, in its head, and in its body: a byte at a time resets no clock."""
    host.answers["/logo.png"], host.drips["/logo.png"] = sent, b"X"
    began = time.monotonic()

    assert "did not arrive" in refused(api, f"{host.origin}/logo.png")
    assert time.monotonic() - began < 2


@pytest.mark.usefixtures("hasty")
def test_an_endless_body_is_read_up_to_the_cap_and_no_further(api: Api, host: LogoHost) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n"
    host.answers["/logo.png"] = head + b"\x89PNG\r\n\x1a\n" + bytes(2**20)
    host.drips["/logo.png"] = bytes(65536)

    assert "larger than 1 MiB" in refused(api, f"{host.origin}/logo.png")


@pytest.mark.parametrize("extra", [0, 1])
def test_a_file_of_1_mib_is_taken_and_one_byte_more_is_not(api: Api, host: LogoHost, extra: int) -> None:
    small = png()
    url = host.has(small + bytes(2**20 - len(small) + extra))

    if extra:
        assert "larger than 1 MiB" in refused(api, url)
    else:
        assert api.patch("organization", {"logoUrl": url}).status_code == 200


@pytest.mark.parametrize("said", ["text/html", "image/svg+xml", "application/octet-stream", ""])
def test_what_the_server_says_of_its_type_decides_nothing(api: Api, host: LogoHost, said: str) -> None:
    url = host.has(png(), Content_Type=said)

    assert api.patch("organization", {"logoUrl": url}).status_code == 200


def test_a_body_cut_short_is_refused(api: Api, host: LogoHost) -> None:
    host.answers["/logo.png"] = http(png(), Content_Length="5000")

    assert "could not be fetched" in refused(api, f"{host.origin}/logo.png")


@pytest.mark.django_db(transaction=True)
def test_the_database_is_free_while_a_logo_is_fetched(api: Api, host: LogoHost) -> None:
    of_this_thread, begun = connections["default"], []
    host.on_ask = lambda: begun.append(of_this_thread.in_atomic_block)

    assert api.patch("organization", {"logoUrl": host.has(png())}).status_code == 200
    assert begun == [False]


def test_a_query_and_its_secrets_are_in_no_answer_but_the_url_itself(api: Api, host: LogoHost) -> None:
    assert "s3cret" not in refused(api, f"{host.origin}/none.png?token=s3cret")


def test_a_picture_of_another_kind_is_refused_whatever_its_name(api: Api, host: LogoHost) -> None:
    assert "neither PNG nor JPEG" in refused(api, host.has(b"<svg xmlns='http://www.w3.org/2000/svg'/>"))


@pytest.mark.parametrize("url", ["ftp://logo.example.com/x.png", "{ours}/logos/x", "https://10.0.0.1/x.png"])
def test_a_url_that_no_field_has_looked_at_is_looked_at_here(settings: Any, url: str) -> None:
    """Such as a stored one that is fetched again under stricter rules."""
    settings.WEBHOOK_ALLOWED_NETWORKS = ()

    with pytest.raises(LogoError):
        fetching.fetched(url.format(ours=settings.PUBLIC_BASE_URL))


def test_our_own_address_is_not_even_asked(settings: Any, host: LogoHost) -> None:
    host.has(png())
    settings.PUBLIC_BASE_URL = host.origin

    with pytest.raises(LogoError) as caught:
        fetching.fetched(f"{host.origin}/logo.png")

    assert "of this platform" in caught.value.message
    assert host.asked == []
