"""A hosted page has the logo from us: the customer's server is neither named in it nor asked again."""

import re

import pytest
from django.test import Client

from tests.conftest import Api
from tests.organizations.branding.hosts import LogoHost, png

pytestmark = pytest.mark.django_db


def test_a_page_has_its_pictures_from_us_alone(api: Api, host: LogoHost) -> None:
    logo = api.patch("organization", {"logoUrl": host.has(png())}).json()["data"]["logo"]
    link = api.post("onboarding-links", {"name": "Acme Corp"}).json()["data"]

    answer = Client().get(link["hostedUrl"])

    html = answer.content.decode()
    assert logo["url"].rpartition("/")[2] in html
    assert host.origin not in html
    assert all(
        source.startswith(("/", "data:", "http://localhost:8000/"))
        for source in re.findall(r'<img[^>]* src="([^"]*)"', html)
    )
    assert re.search(r"img-src 'self' data:(;|$)", answer["Content-Security-Policy"])
    assert host.asked == ["/logo.png"]


def test_a_link_takes_the_picture_of_the_day_again_and_not_another_organizations(
    api: Api, stranger: Api, host: LogoHost
) -> None:
    url = host.has(png())
    body = {"name": "Acme Corp", "branding": {"logoUrl": url}}
    api.patch("organization", {"logoUrl": url})

    assert api.post("onboarding-links", body).status_code == 201
    assert len(host.asked) == 1
    assert stranger.post("onboarding-links", body).status_code == 201
    assert len(host.asked) == 2
