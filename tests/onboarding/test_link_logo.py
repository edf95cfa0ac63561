"""A link's own logo: fetched when the link is made, once, when all else is right; kept for the page."""

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from onboarding.models import OnboardingLink
from organizations.models import Logo
from tests.conftest import Api
from tests.onboarding.prefill import registered
from tests.organizations.branding.hosts import LogoHost, logo_host, png

pytestmark = pytest.mark.django_db
LINKS = "onboarding-links"


@pytest.fixture
def host() -> Iterator[LogoHost]:
    with logo_host() as serving:
        yield serving


def test_a_links_logo_is_fetched_once_and_kept(api: Api, host: LogoHost) -> None:
    body = {"name": "Acme", "branding": {"logoUrl": host.has(png())}}

    links = [api.post(LINKS, body).json()["data"] for _ in range(2)]

    assert [link["branding"]["logoUrl"] for link in links] == [body["branding"]["logoUrl"]] * 2  # type: ignore[index]
    assert {link.logo for link in OnboardingLink.objects.all()} == {Logo.objects.get()}
    assert host.asked == ["/logo.png"]


def test_what_is_no_picture_is_refused_at_its_field_and_nothing_is_made(api: Api, host: LogoHost) -> None:
    answer = api.post(LINKS, {"name": "Acme", "branding": {"logoUrl": host.has(b"<svg/>")}})

    (detail,) = answer.json()["error"]["details"]
    assert (answer.status_code, detail["field"], detail["code"]) == (400, "branding.logoUrl", "not_a_picture")
    assert not OnboardingLink.objects.exists()


def test_nothing_is_fetched_for_a_body_that_is_wrong_elsewhere(api: Api, host: LogoHost) -> None:
    url = host.has(png())

    for wrong in ({"displayName": 7}, {"landingPage": True}, {"branding": {"logoUrl": url, "buttonText": 1}}):
        body = {"name": "Acme", "branding": {"logoUrl": url}} | wrong
        assert api.post(LINKS, body).status_code == 400

    assert host.asked == []


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("all", ["start_conversation", "welcome", "send_file"]),
        ("welcome,send_file", ["welcome", "send_file"]),
    ],
)
def test_the_command_takes_a_branding_and_starter_templates(
    api: Api, host: LogoHost, asked: str, made: list[str]
) -> None:
    branding, out = json.dumps({"logoUrl": host.has(png()), "buttonText": "Go"}), StringIO()

    call_command(
        "create_onboarding_link", str(api.organization.pk), "--name", "Acme", "--branding", branding,
        "--starter-templates", asked, "--json", stdout=out,
    )  # fmt: skip

    link = json.loads(out.getvalue())
    assert link["branding"]["buttonText"] == "Go"
    assert [row["template"] for row in link["starterTemplates"]] == made
    assert OnboardingLink.objects.get().logo == Logo.objects.get()


def test_the_command_takes_a_business_a_number_and_a_landing_page(api: Api) -> None:
    number, out = registered(api.organization), StringIO()
    business = json.dumps({"name": "Acme", "address": "Rd 1", "registrationId": "51"})

    call_command(
        "create_onboarding_link", str(api.organization.pk), "--name", "Acme", "--business", business,
        "--landing-page", "--registered-number", str(number.pk), "--json", stdout=out,
    )  # fmt: skip

    made = json.loads(out.getvalue())
    assert (made["registeredNumberId"], made["business"]["website"]) == (
        str(number.pk),
        made["landingPageUrl"],
    )
    with pytest.raises(CommandError, match="open link"):
        call_command(
            "create_onboarding_link", str(api.organization.pk), "--name", "Acme",
            "--registered-number", str(number.pk),
        )  # fmt: skip
    with pytest.raises(CommandError, match=r"business\.country"):
        call_command(
            "create_onboarding_link",
            str(api.organization.pk),
            "--name",
            "Acme",
            "--business",
            '{"country": "x"}',
        )
