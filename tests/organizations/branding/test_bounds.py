"""What an organization's pictures may cost: so many fetches an hour, and no row that nothing shows."""

from typing import Any

import pytest
from django.test import Client

from onboarding.models import OnboardingLink
from organizations.branding.logos import checked_logo, kept_logo
from organizations.branding.pictures import DECODER
from organizations.branding.refusals import LogoGoneError
from organizations.models import Logo
from tests.conftest import Api
from tests.organizations.branding.hosts import LogoHost, png

pytestmark = pytest.mark.django_db
LINKS = "onboarding-links"


def link_with(url: str) -> dict[str, Any]:
    return {"name": "Acme", "branding": {"logoUrl": url}}


def test_so_many_pictures_are_fetched_in_an_hour_and_not_one_more(
    api: Api, stranger: Api, host: LogoHost, settings: Any
) -> None:
    settings.LOGO_FETCHES_PER_HOUR = 2
    one, other = host.has(png(), "/one.png"), host.has(png(), "/other.png")

    taken = [api.patch("organization", {"logoUrl": one}), api.post(LINKS, link_with(other))]
    refused = [api.patch("organization", {"logoUrl": one}), api.post(LINKS, link_with(f"{one}?2"))]

    assert [answer.status_code for answer in taken] == [200, 201]
    for answer in refused:
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMITED")
        assert 1 <= int(answer.headers["Retry-After"]) <= 3600
    assert host.asked == ["/one.png", "/other.png"]
    assert OnboardingLink.objects.count() == 1
    # What was fetched already costs nothing, and nobody else pays for it.
    assert api.post(LINKS, link_with(other)).status_code == 201
    assert stranger.patch("organization", {"logoUrl": one}).status_code == 200


def test_a_decoder_without_room_is_no_fault_of_the_body(api: Api, host: LogoHost, monkeypatch: Any) -> None:
    monkeypatch.setattr("organizations.branding.pictures.PATIENCE", 0.05)
    url = host.has(png())

    with DECODER:
        answers = [api.patch("organization", {"logoUrl": url}), api.post(LINKS, link_with(url))]

    for answer in answers:
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["Retry-After"] == "5"


def test_the_document_knows_both_answers() -> None:
    paths = Client().get("/v1/openapi.json").json()["paths"]

    for operation in (paths["/v1/organization"]["patch"], paths["/v1/onboarding-links"]["post"]):
        assert {"429", "503"} <= operation["responses"].keys()
    assert "503" not in paths["/v1/organization"]["get"]["responses"]


def test_a_replaced_picture_goes_unless_a_link_shows_it(api: Api, host: LogoHost) -> None:
    shades = [host.has(png(color=(shade, 2, 3)), f"/{shade}.png") for shade in range(3)]
    api.patch("organization", {"logoUrl": shades[0]})
    api.patch("organization", {"logoUrl": shades[1]})
    api.post(LINKS, link_with(shades[1]))

    for change in ({"logoUrl": shades[2]}, {"buttonText": "Go"}, {"logoUrl": shades[2]}):
        assert api.patch("organization", change).status_code == 200

    assert set(Logo.objects.values_list("source_url", flat=True)) == {shades[1], shades[2]}
    assert OnboardingLink.objects.get().logo is not None
    api.patch("organization", {"logoUrl": None})
    assert [logo.source_url for logo in Logo.objects.all()] == [shades[1]]


def test_a_picture_that_went_in_between_is_asked_for_again(api: Api, host: LogoHost) -> None:
    url = host.has(png())
    api.patch("organization", {"logoUrl": url})
    picture = checked_logo(organization=api.organization, url=url)
    api.patch("organization", {"logoUrl": None})

    with pytest.raises(LogoGoneError):
        kept_logo(organization=api.organization, picture=picture)


def test_a_replay_fetches_nothing(api: Api, host: LogoHost) -> None:
    body, key = link_with(host.has(png())), {"Idempotency-Key": "logo-4711"}

    first = api.post(LINKS, body, **key)
    Logo.objects.update(fetched_at="2020-01-01T00:00:00Z")  # too old to be taken again
    again = api.post(LINKS, body, **key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["data"]["id"] == first.json()["data"]["id"]
    assert host.asked == ["/logo.png"]
