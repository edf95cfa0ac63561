"""What the hosted page says before the sign-in: in whose words, for which number, how, until when."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from onboarding.branding import branding_of, size_in_box
from onboarding.models import OnboardingLink, RegisteredNumber
from organizations.models import Logo, Organization
from tests.conftest import Api

pytestmark = pytest.mark.django_db
MakeLink = Callable[..., dict[str, Any]]
NUMBER, WRITTEN = "+5491155551234", "+54 9 11 5555-1234"
NO_CODE = "Your number is ready: you need not type it, and no code is sent."
BY_CODE = "You enter your phone number and confirm it with a code."
BY_APP = "You confirm your number with the WhatsApp Business app on your phone."


def made(make_link: MakeLink, *, columns: dict[str, Any] | None = None, **fields: Any) -> OnboardingLink:
    link = OnboardingLink.objects.get(pk=make_link(**fields)["id"])
    OnboardingLink.objects.filter(pk=link.pk).update(**columns or {})
    link.refresh_from_db()
    return link


def text_of(link: OnboardingLink) -> str:
    answer = Client().get(f"/signup/{link.pk}")
    assert answer.status_code == 200
    return answer.content.decode()


def branded(organization: Organization, **texts: str) -> Organization:
    for name, value in texts.items():
        setattr(organization, name, value)
    organization.save()
    return organization


def logo_of(organization: Organization, width: int, height: int) -> Logo:
    return Logo.objects.create(
        organization=organization, source_url=f"https://shop.example/{width}.png", content=b"\x89PNG",
        content_hash="0" * 64, mime_type="image/png", width=width, height=height, fetched_at=timezone.now(),
    )  # fmt: skip


def registered(organization: Organization, **fields: Any) -> RegisteredNumber:
    usual = {"status": "verified", "expires_at": timezone.now() + timedelta(days=90)}
    return RegisteredNumber.objects.create(
        organization=organization, phone_number=NUMBER, meta_preverified_id="1", **usual | fields
    )


def test_a_links_own_words_stand_before_the_organizations_field_by_field(make_link: MakeLink) -> None:
    link = made(make_link, branding={"welcomeMessage": "From the link", "buttonText": None})
    branded(link.organization, welcome_message="From us", button_text="Go", failure_message="Call us")

    branding = branding_of(OnboardingLink.objects.get())

    assert branding.welcome_message == "From the link"
    assert branding.button_text == "Go"
    assert branding.failure_message == "Call us"
    assert branding.success_message == ""
    assert branding.logo is None


def test_a_links_own_logo_stands_before_the_organizations(make_link: MakeLink) -> None:
    link = made(make_link)
    wide, high = logo_of(link.organization, 600, 90), logo_of(link.organization, 90, 180)
    Organization.objects.update(logo=wide)

    organizations = branding_of(OnboardingLink.objects.get()).logo
    OnboardingLink.objects.update(logo=high)
    own = branding_of(OnboardingLink.objects.get()).logo

    assert organizations
    assert own
    assert (organizations.path, organizations.width, organizations.height) == (f"/logos/{wide.pk}", 200, 30)
    assert (own.path, own.width, own.height) == (f"/logos/{high.pk}", 30, 60)


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((600, 180), (200, 60)),
        ((200, 60), (200, 60)),
        ((201, 60), (200, 60)),
        ((120, 40), (120, 40)),
        ((600, 2), (200, 1)),
        ((2, 180), (1, 60)),
    ],
)
def test_a_logo_is_shown_whole_and_never_enlarged(size: tuple[int, int], shown: tuple[int, int]) -> None:
    assert size_in_box(*size) == shown


def test_the_page_shows_the_branding_and_keeps_its_own_facts(make_link: MakeLink) -> None:
    link = made(make_link)
    logo = logo_of(link.organization, 600, 180)
    branded(link.organization, name="Río & Co", welcome_message="Hello!", button_text="Let's go")
    OnboardingLink.objects.update(logo=logo, branding={"logoUrl": logo.source_url})

    text = text_of(link)

    assert f'<img src="/logos/{logo.pk}" width="200" height="60" alt="Río &amp; Co">' in text
    assert "Hello!" in text
    assert "Let&#x27;s go" in text
    assert "Continue with Facebook" not in text
    assert "<bdi>Río &amp; Co</bdi> asks you to connect" in text
    assert "https://shop.example" not in text
    assert Client().get(f"/logos/{logo.pk}").content == b"\x89PNG"


def test_words_of_a_customer_are_never_markup(make_link: MakeLink) -> None:
    bad = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    names = ("welcomeMessage", "buttonText", "successMessage", "failureMessage")
    link = made(make_link, columns={"branding": dict.fromkeys(names, bad)})
    logo = logo_of(link.organization, 200, 60)
    branded(link.organization, name=bad)
    Organization.objects.update(logo=logo)

    text = text_of(link)

    assert "<script>alert" not in text
    assert "<img src=x" not in text
    # The texts themselves, the button's included, and the name wherever it stands.
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&gt;&lt;img src=x") > len(names)


def test_the_page_names_the_number_that_the_link_is_for(make_link: MakeLink) -> None:
    text = text_of(made(make_link, expectedPhoneNumber=NUMBER))

    assert f'Connect <bdi dir="ltr">{WRITTEN}</bdi></h1>' in text
    assert "Another number cannot be connected with this link." in text
    assert f'value="{WRITTEN}"' in text


@pytest.mark.parametrize("status", ["completed", "expired"])
def test_a_link_that_is_over_names_no_number(make_link: MakeLink, status: str) -> None:
    over = timezone.now() - timedelta(days=2)
    columns = {"status": status, "completed_at": over} if status == "completed" else {"expires_at": over}
    link = made(make_link, expectedPhoneNumber=NUMBER, business={"email": "ana@rio.example"}, columns=columns)

    text = text_of(link)

    assert WRITTEN not in text
    # What Meta's window would have been filled in with.
    assert NUMBER[3:] not in text
    assert "ana@rio.example" not in text
    assert "This link works until" not in text


@pytest.mark.parametrize(
    ("fields", "is_ready"),
    [
        ({}, True),
        ({"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, False),
        ({"status": "used"}, False),
    ],
)
def test_a_number_that_was_proven_beforehand_needs_no_code(
    api: Api, make_link: MakeLink, fields: dict[str, Any], is_ready: bool
) -> None:
    number = registered(api.organization)
    link = made(make_link, registeredNumberId=str(number.pk))
    RegisteredNumber.objects.filter(pk=number.pk).update(**fields)

    text = text_of(link)

    assert (NO_CODE in text) is is_ready
    assert (WRITTEN in text) is is_ready
    assert (BY_CODE in text) is not is_ready
    assert ("can get a text message or a call" in text) is not is_ready


@pytest.mark.parametrize(
    ("mode", "said", "unsaid"),
    [
        (
            "cloud_api",
            [BY_CODE, "or that you can delete there first", "and no longer in an app"],
            [BY_APP, "2.24.17"],
        ),
        ("coexistence", [BY_APP, "2.24.17", "You go on using the app"], [BY_CODE, "delete there first"]),
    ],
)
def test_what_has_to_be_ready_depends_on_the_mode(
    make_link: MakeLink, mode: str, said: list[str], unsaid: list[str]
) -> None:
    text = text_of(made(make_link, mode=mode))

    assert [words for words in said if words not in text] == []
    assert [words for words in unsaid if words in text] == []
    assert "full control of your business" in text


def test_the_page_says_until_when_the_link_works(make_link: MakeLink) -> None:
    soon = datetime(2099, 12, 24, 18, 30, tzinfo=UTC)

    text = text_of(made(make_link, columns={"expires_at": soon}))

    assert '<time datetime="2099-12-24T18:30:00+00:00" data-local>Dec. 24, 2099, 6:30 p.m. UTC</time>' in text
    assert "This link works until" not in text_of(made(make_link))
