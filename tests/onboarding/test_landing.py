"""The landing page: public and plain, what the client gave and nothing more, gone with its link."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.models import OnboardingLink
from tests.conftest import Api
from tests.onboarding.conftest import Circle
from tests.onboarding.prefill import BUSINESS, FOR_PAGE

pytestmark = pytest.mark.django_db
FULL = {name: BUSINESS[name] for name in FOR_PAGE}


def path_of(api: Api, **body: Any) -> str:
    answer = api.post("onboarding-links", {"name": "Partner's own name of it", "business": FULL, **body})
    assert answer.status_code == 201, answer.json()
    url: str = answer.json()["data"]["landingPageUrl"]
    return url.removeprefix("http://localhost:8000")


def text_of(page: Any) -> str:
    """What a reader sees, in the page's order."""
    body = page.content.decode().partition("<body>")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_the_page_says_who_the_business_is(api: Api) -> None:
    page = Client().get(path_of(api, business=BUSINESS))

    assert page.status_code == 200
    assert '<h1><bdi itemprop="name">Café Río &amp; Söhne</bdi></h1>' in page.content.decode()
    assert text_of(page) == (
        "C Café Río &amp; Söhne Coffee since 1987. "
        "Address 12 Herzl St Floor 2 Tel Aviv, Center 6688212 Israel "
        "Registration number 514567890 "
        "Phone +39 06 6981 2345 E-mail office@cafe-rio.example Website https://cafe-rio.example/"
    )


@pytest.mark.parametrize(
    ("email", "link"),
    [
        ("office@cafe-rio.example", "office@cafe-rio.example"),
        ("x?bcc=a&body=pay-me@example.com", "x%3Fbcc%3Da%26body%3Dpay-me@example.com"),
        ("a%40b+c@example.com", "a%2540b%2Bc@example.com"),
        ("shop@caf\u00e9.example.com", "shop@caf%C3%A9.example.com"),
    ],
)
def test_the_link_of_the_e_mail_address_has_the_address_and_nothing_else(
    api: Api, email: str, link: str
) -> None:
    page = Client().get(path_of(api, business=FULL | {"email": email})).content.decode()

    assert re.findall(r'href="mailto:([^"]*)"', page) == [link]
    assert f">{html.escape(email)}</a>" in page


def test_what_is_not_known_is_not_mentioned(api: Api) -> None:
    page = Client().get(path_of(api))

    assert text_of(page) == ("C Café Río &amp; Söhne Address 12 Herzl St Registration number 514567890")


@pytest.mark.django_db(transaction=True)
def test_nothing_of_the_partner_or_of_the_signup_is_on_it(circle: Circle) -> None:
    _, link = circle.completed(
        business=FULL,
        externalId="customer-123",
        metadata={"plan": "premium"},
        displayName="Shown at WhatsApp",
    )

    page = Client().get(link["landingPageUrl"].removeprefix("http://localhost:8000"))

    assert page.status_code == 200
    told = page.content.decode()
    for secret in (
        link["id"],
        link["name"],
        "customer-123",
        "premium",
        link["phoneNumber"],
        "Shown at",
        "Acme CRM",
    ):
        assert secret not in told


def test_no_text_of_a_client_is_markup(api: Api) -> None:
    evil = '"><script>alert(1)</script>'
    page = Client().get(
        path_of(api, business=BUSINESS | {"name": evil, "address": evil, "city": evil, "description": evil})
    )

    assert "<script" not in page.content.decode()
    assert page.content.decode().count("&lt;script&gt;") == 5


def test_the_page_is_cached_shortly_listed_nowhere_and_runs_nothing(api: Api) -> None:
    page = Client().get(path_of(api))

    assert page["Cache-Control"] == "public, max-age=300"
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in page.content.decode()
    assert set(page["Content-Security-Policy"].split("; ")) == {
        "default-src 'none'", "style-src 'self'", "img-src 'self' data:", "form-action 'none'",
        "base-uri 'none'", "frame-ancestors 'none'",
    }  # fmt: skip
    assert "<script" not in page.content.decode()
    assert "Set-Cookie" not in page.headers
    assert page.cookies == {}


def test_the_page_is_read_and_nothing_else(api: Api) -> None:
    path = path_of(api)

    assert Client().head(path).status_code == 200
    assert {getattr(Client(), method)(path).status_code for method in ("post", "put", "patch", "delete")} == {
        405
    }


def test_the_page_is_light(api: Api) -> None:
    path = path_of(api, business=BUSINESS | {"address": "x" * 300, "description": "é" * 512})
    css = finders.find("onboarding/landing.css")

    with CaptureQueriesContext(connection) as queries:
        page = Client().get(path)

    assert len(queries) == 1
    assert len(page.content) + Path(str(css)).stat().st_size < 10 * 1024


@pytest.mark.parametrize(
    ("language", "html", "label"),
    [
        ("en", 'lang="en" dir="ltr"', "Registration number"),
        ("es-419", 'lang="es" dir="ltr"', "Dirección"),
        ("he", 'lang="he" dir="rtl"', "כתובת"),
        ("ar", 'lang="ar" dir="rtl"', "العنوان"),
    ],
)
def test_the_page_speaks_the_links_language(api: Api, language: str, html: str, label: str) -> None:
    page = Client().get(path_of(api, language=language), headers={"accept-language": "fr"})

    assert f"<html {html}>" in page.content.decode()
    assert label in text_of(page)
    assert page["Content-Language"] == language.partition("-")[0]


def test_the_operators_pages_are_at_its_foot(api: Api, settings: Any) -> None:
    settings.PRIVACY_URL, settings.SUPPORT_URL = "https://example.com/privacy", ""

    page = Client().get(path_of(api)).content.decode()

    assert '<a href="https://example.com/privacy">Privacy</a>' in page
    assert "Help" not in page


def test_an_unknown_a_deleted_and_a_suspended_one_are_not_there(api: Api) -> None:
    path = path_of(api)
    other = path_of(api)
    link = OnboardingLink.objects.get(landing_slug=path.rsplit("/", 1)[1])
    assert api.delete(f"onboarding-links/{link.pk}").status_code == 204
    api.organization.suspended_at = timezone.now()
    api.organization.save()

    pages = [Client().get(one) for one in ("/business/nobody-12345678", "/business/", path, other)]

    assert [page.status_code for page in pages] == [404] * 4
    assert all("This page does not exist" in page.content.decode() for page in pages)
    assert pages[0]["X-Robots-Tag"] == "noindex, nofollow"


def test_an_expired_link_keeps_its_page(api: Api) -> None:
    path = path_of(api)
    OnboardingLink.objects.update(expires_at=timezone.now())

    assert Client().get(path).status_code == 200


def test_a_deployment_that_has_moved_does_not_name_its_old_address(api: Api, settings: Any) -> None:
    path = path_of(api)
    settings.PUBLIC_BASE_URL = "https://new.example.com"

    assert "localhost" not in Client().get(path).content.decode()
