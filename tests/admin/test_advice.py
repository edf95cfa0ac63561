"""What a link's page says that support can say or press: for every code, and only what is there to press."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from onboarding.admin.advice import BARRIERS, BY_CODE
from onboarding.admin.links import OnboardingLinkAdmin
from onboarding.models import OnboardingLink, Signup
from onboarding.texts import error_texts
from tests.admin.test_pages import address

LABELS = {"See what the end-user sees"} | {
    getattr(OnboardingLinkAdmin, str(name)).short_description for name in OnboardingLinkAdmin.actions or ()
}
SAID_OF_EXPIRY = {"LINK_EXPIRED"}


def advice_of(staff, link) -> str:
    page = unescape(staff.get(address(OnboardingLink, "change", link.pk)).content.decode())
    return page.partition("field-what_to_do")[2].partition("</div>\n")[0]


def failed(told, code: str, actor: str = "platform", **signup) -> OnboardingLink:
    error = {"code": code, "message": "No.", "actor": actor}
    OnboardingLink.objects.filter(pk=told.link.pk).update(
        status="pending", completed_at=None, last_error=error, next_action=None
    )
    Signup.objects.filter(pk=told.signup.pk).update(state="failed", error=error, **signup)
    link: OnboardingLink = told.link
    return link


def test_every_code_that_a_link_can_fail_with_has_its_advice():
    assert set(error_texts()) - set(BY_CODE) == SAID_OF_EXPIRY


def test_only_what_the_page_has_is_named():
    named = {word for words in BY_CODE.values() for word in re.findall("“(.+?)”", words)}

    assert named <= LABELS
    assert {"Retry", "Retry from a step", "Release the account, and retry"} <= named


@pytest.mark.parametrize("code", sorted(set(BY_CODE) - {"CONFIGURATION"}))
def test_a_links_page_says_what_to_do(staff, told, code):
    link = failed(told, code, access_token="EAA")

    assert BY_CODE[code][:40] in advice_of(staff, link)


def test_without_a_sign_in_that_is_kept_nobody_is_told_to_retry(staff, told):
    assert "mended it: “Retry”" in advice_of(staff, failed(told, "CONFIGURATION", access_token="EAA"))
    assert "Nothing of the sign-in is kept" in advice_of(
        staff, failed(told, "CONFIGURATION", access_token=None)
    )


def test_what_was_in_the_way_of_the_window_is_told(staff, organization):
    link = OnboardingLink.objects.create(organization=organization, name="Fresh")
    assert "Nobody has opened it yet" in advice_of(staff, link)

    OnboardingLink.objects.update(opened_at=timezone.now())
    signup = Signup.objects.create(pk=uuid.uuid4(), link=link)
    assert "did not press the button" in advice_of(staff, link)
    for barrier, words in BARRIERS.items():
        Signup.objects.update(barrier=barrier)
        assert words in advice_of(staff, link)

    Signup.objects.update(barrier=None, started_at=timezone.now())
    assert "nothing came back yet" in advice_of(staff, link)
    signup.started_at = timezone.now() - timedelta(hours=1)
    signup.save(update_fields=["started_at"])
    assert "The same link works again" in advice_of(staff, link)


def test_what_is_over_or_runs_needs_nobody(staff, told):
    assert "Nothing: the number is connected." in advice_of(staff, told.link)
    OnboardingLink.objects.update(status="processing", completed_at=None)
    assert "Nothing: it runs." in advice_of(staff, told.link)
    OnboardingLink.objects.update(status="pending", expires_at=timezone.now())
    assert "“Open again” gives it time" in advice_of(staff, told.link)


def test_a_window_that_was_held_back_is_not_told_as_opened(staff, organization):
    link = OnboardingLink.objects.create(organization=organization, name="Fresh", opened_at=timezone.now())
    signup = Signup.objects.create(
        pk=uuid.uuid4(), link=link, started_at=timezone.now(), barrier="POPUP_BLOCKED"
    )
    page = address(OnboardingLink, "change", link.pk)
    assert "Facebook window held back by the browser" in staff.get(page).content.decode()

    signup.session_event = "CANCEL"
    signup.save(update_fields=["session_event"])
    assert "Facebook window opened" in staff.get(page).content.decode()
