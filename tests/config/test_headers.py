"""Every page of the product carries its headers: nothing foreign runs in it, frames it or keeps it."""

from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from django.utils import timezone

from meta_events.models import UserRequest
from onboarding.models import OnboardingLink
from onboarding.preview import preview_url
from tests.admin.conftest import staff, staff_user, told
from tests.config.test_settings import PRODUCTION, started

__all__ = ["staff", "staff_user", "told"]
pytestmark = pytest.mark.django_db


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("as it happens")


handler404, handler500 = "api.errors.not_found", "api.errors.server_error"
urlpatterns = [path("broken", broken), path("", include("config.urls"))]


def policy_of(answer: Any) -> dict[str, list[str]]:
    parts = [part.split() for part in answer["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in parts}


def assert_guarded(answer: Any, where: str, *, is_personal: bool = True) -> None:
    assert answer["Content-Type"].startswith("text/html"), where
    policy = policy_of(answer)
    for kind in ("script-src", "style-src"):
        allowed = policy.get(kind, policy["default-src"])
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "data:"} & set(allowed), where
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"], where
    assert "form-action" in policy, where
    assert answer["X-Content-Type-Options"] == "nosniff", where
    assert answer["X-Frame-Options"] == "DENY", where
    assert answer["Referrer-Policy"] in {"same-origin", "strict-origin", "no-referrer"}, where
    assert answer["Cross-Origin-Opener-Policy"] in {"same-origin", "same-origin-allow-popups"}, where
    if is_personal:
        assert "no-store" in answer["Cache-Control"], where


def test_pages_of_end_users_are_guarded(api, told):
    link = OnboardingLink.objects.create(organization=api.organization, name="Acme")
    row = UserRequest.objects.create(
        kind=UserRequest.Kind.DATA_DELETION,
        confirmation_code="abc",
        meta_user_id="1",
        issued_at=timezone.now(),
    )
    body = {
        "name": "Acme Corp",
        "business": {"name": "Acme Corp", "address": "1 Main Street", "registrationId": "1"},
    }
    landing = api.post("onboarding-links", body).json()["data"].get("landingPageUrl")
    inbox = api.post(
        "shared-inbox-links",
        {"phoneNumberId": str(told.phone.pk), "name": "Support", "permissions": {"readInbox": True}},
    ).json()
    visitor = Client()

    pages = {
        "signup": f"/signup/{link.pk}",
        "preview": preview_url(link),
        "no such link": "/signup/00000000-0000-4000-8000-000000000000",
        "data deletion": f"/data-deletion/{row.confirmation_code}",
        "inbox": "/shared/inbox",
        "ended": "/shared/ended",
    }
    opened = visitor.get(inbox["data"]["publicUrl"], follow=True)

    assert_guarded(opened, "opened inbox")
    for where, address in pages.items():
        assert_guarded(Client().get(address), where)
    assert landing
    assert_guarded(visitor.get(landing), "landing", is_personal=False)


def test_pages_that_belong_to_nobody_are_guarded(settings, client):
    settings.ROOT_URLCONF, settings.DEBUG = __name__, False
    quiet = Client(raise_request_exception=False, enforce_csrf_checks=True)

    answers = {
        "404": (quiet.get("/nowhere"), 404),
        "500": (quiet.get("/broken"), 500),
        "docs": (quiet.get("/v1/docs"), 200),
        "403": (quiet.post("/admin/login/", {"username": "x"}), 403),
    }

    for where, (answer, status) in answers.items():
        assert answer.status_code == status
        assert_guarded(answer, where, is_personal=False)


@pytest.mark.parametrize("address", ["/logos/nothing", "/metrics", "/webhook/nowhere", "/healthzz"])
def test_a_page_under_the_address_of_a_machine_is_guarded_too(address):
    answer = Client().get(address)

    assert answer.status_code == 404
    assert_guarded(answer, address)


def test_a_page_under_a_name_that_is_not_ours_is_refused_and_guarded(settings):
    settings.ALLOWED_HOSTS, settings.DEBUG = ["connect.example.com"], False
    ours, another = (Client(headers={"host": name}) for name in ("connect.example.com", "evil.example.org"))

    for page in ("/signup/00000000-0000-4000-8000-000000000000", "/admin/login/", "/shared/inbox"):
        answer = another.get(page)

        assert answer.status_code == 400, page
        assert_guarded(answer, page)
        assert ours.get(page).status_code != 400, page
    assert another.get("/healthz").status_code == 200


def test_plain_http_is_redirected_to_our_own_name_whatever_name_was_asked_for():
    code = (
        "import django; django.setup(); from django.test import Client;"
        " answer = Client(headers={'host': 'evil.example.org'}).get('/admin/');"
        " print(answer.status_code, answer['Location'])"
    )

    shown = started(PRODUCTION | {"LOG_LEVEL": "ERROR"}, code).stdout.strip()

    assert shown == "301 https://connect.example.com/admin/"


def test_every_page_of_the_admin_is_guarded_and_kept_by_no_browser(staff, told):
    pages = ["/admin/", "/admin/password_change/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages.append(reverse(f"{name}_changelist"))
        if (row := model._default_manager.first()) is not None:
            pages += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")]

    for page in pages:
        assert_guarded(staff.get(page, follow=True), page)
    assert_guarded(Client().get("/admin/login/"), "login")


def test_answers_of_the_api_are_not_sniffed(api):
    assert api.get("onboarding-links")["X-Content-Type-Options"] == "nosniff"


def test_in_production_cookies_are_of_this_host_alone_and_https_is_remembered():
    names = (
        "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_SSL_REDIRECT",
    )  # fmt: skip
    code = f"from django.conf import settings; print([getattr(settings, name) for name in {names}])"

    shown = started(PRODUCTION, code).stdout.strip()

    cookies = ["__Host-gangway-session", "__Host-gangway-csrf", True, True, True, True, "Lax"]
    assert shown == str([*cookies, 31536000, False, True])
