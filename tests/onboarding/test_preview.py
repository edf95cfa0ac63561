"""The preview of the hosted page, over HTTP: what it shows, and that nothing comes of it."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from onboarding.models import OnboardingLink, Signup
from onboarding.preview import preview_url
from onboarding.preview_page import SHOWN
from webhooks.models import Event

pytestmark = pytest.mark.django_db
MakeLink = Callable[..., dict[str, Any]]


def made(make_link: MakeLink, **fields: Any) -> OnboardingLink:
    return OnboardingLink.objects.get(pk=make_link(**fields)["id"])


def opened(link: OnboardingLink, *, show: str = "", client: Client | None = None) -> Any:
    parts = urlsplit(preview_url(link))
    return (client or Client()).get(f"{parts.path}?{parts.query}" + (f"&show={show}" if show else ""))


def first_view(answer: Any) -> Any:
    """The one section that the page does not hide."""
    sections = re.findall(r'<section [^>]*data-view="(\w+)" *(hidden)?', answer.content.decode())
    (shown,) = [name for name, hidden in sections if not hidden]
    return shown


def settings_of(answer: Any) -> dict[str, Any]:
    """What the page's script is given."""
    found = re.search(r'<script id="signup-config"[^>]*>(.*?)</script>', answer.content.decode())
    assert found
    given: dict[str, Any] = json.loads(found[1])
    return given


def test_a_preview_leaves_nothing_behind(make_link: MakeLink) -> None:
    link = made(make_link)
    before = OnboardingLink.objects.values().get()
    browser = Client()

    for show in SHOWN:
        assert opened(link, show=show, client=browser).status_code == 200

    assert OnboardingLink.objects.values().get() == before
    assert (Signup.objects.count(), Event.objects.count()) == (0, 0)
    assert not browser.cookies


def test_a_preview_holds_nothing_that_a_signup_would_need(make_link: MakeLink, settings: Any) -> None:
    link = made(make_link, expectedPhoneNumber="+5491155551234")

    answer = opened(link)

    text = answer.content.decode()
    assert "Preview: nothing can be started here." in text
    assert set(settings_of(answer)) == {"hostedUrl", "hasRedirect", "steps", "stepTitles", "error"}
    for absent in (
        "csrf",
        "sdk.js",
        "calls.js",
        "meta.js",
        "signup.js",
        settings.META_CONFIG_ID,
        "/callback",
    ):
        assert absent not in text
    # Who writes the calls by hand needs the token of the page itself, as everywhere.
    by_hand = Client(enforce_csrf_checks=True).post(
        f"/signup/{link.pk}/opened", {"signupId": str(link.pk)}, content_type="application/json"
    )
    assert by_hand.status_code == 403


def test_a_preview_may_call_nobody_and_stand_in_no_frame(make_link: MakeLink) -> None:
    answer = opened(made(make_link))

    policy = dict(one.strip().split(" ", 1) for one in answer["Content-Security-Policy"].split(";"))
    assert policy["connect-src"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("signature", ["", "wrong", "another's", "another's, named"])
def test_a_wrong_signature_is_not_found(make_link: MakeLink, signature: str) -> None:
    link, other = made(make_link), made(make_link)
    others = preview_url(other).partition("?preview=")[2]
    given = {"another's": others, "another's, named": f"{other.pk}:{others}"}.get(signature, signature)

    answer = Client().get(f"/signup/{link.pk}", {"preview": given})

    assert answer.status_code == 404
    assert "This page does not exist" in answer.content.decode()


def test_a_suspended_organizations_preview_is_not_found(make_link: MakeLink) -> None:
    link = made(make_link)
    link.organization.suspended_at = timezone.now()
    link.organization.save()

    assert opened(link).status_code == 404


@pytest.mark.parametrize("status", ["pending", "expired", "processing", "completed"])
def test_a_link_of_any_status_has_every_preview(make_link: MakeLink, status: str) -> None:
    link, now = made(make_link, redirectUrl="https://shop.example/back"), timezone.now()
    if status == "expired":
        link.expires_at = now - timedelta(days=1)
    else:
        link.status, link.completed_at = status, now if status == "completed" else None
    link.save()

    answers = [opened(link, show=show) for show in SHOWN]

    assert [answer.status_code for answer in answers] == [200] * len(SHOWN)
    assert [first_view(answer) for answer in answers] == list(SHOWN)
    # Nothing to go to: a click on the page's way back stays here.
    assert all("shop.example" not in answer.content.decode() for answer in answers)


@pytest.mark.parametrize("show", ["", "nothing", "window", "pin"])
def test_without_a_state_that_there_is_a_preview_shows_the_start(make_link: MakeLink, show: str) -> None:
    assert first_view(opened(made(make_link), show=show)) == "start"


def test_a_preview_speaks_the_links_language(make_link: MakeLink) -> None:
    answer = opened(made(make_link, language="he"))

    assert '<html lang="he" dir="rtl">' in answer.content.decode()
    assert "תצוגה מקדימה" in answer.content.decode()
