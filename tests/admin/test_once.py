"""Keys and links made by staff: checked like the API's, their secrets shown on one page and no other."""

import json
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import RequestFactory
from django.utils import timezone

from onboarding.models import OnboardingLink
from organizations.admin import once
from organizations.models import ApiKey, StaffAction
from tests.admin.test_pages import address
from tests.contract.bodies import BRANDING, BUSINESS
from tests.onboarding.prefill import registered

KEY = re.compile(r"sk_org_[A-Za-z0-9]{40}")


@pytest.fixture
def fill(staff):
    """Opens the form of a model and sends it filled in; the answer comes back unfollowed."""

    def filled(model, **fields):
        form = staff.get(address(model, "add"))
        return staff.post(address(model, "add"), {"form_token": form.context["token"], **fields})

    return filled


def test_a_key_is_shown_in_the_answer_and_works(fill, api, organization):
    answer = fill(
        ApiKey, organization=str(organization.pk), name="server", scopes=["read"], reason="Asked for."
    )

    (key,) = KEY.findall(answer.content.decode())
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    api.key = key
    assert api.get("phones").status_code == 200
    assert api.post("onboarding-links", {"name": "x"}).status_code == 403


def test_a_key_is_nowhere_afterwards(fill, staff, organization):
    answer = fill(
        ApiKey, organization=str(organization.pk), name="server", scopes=["read"], reason="Asked for."
    )

    (key,) = KEY.findall(answer.content.decode())

    row = ApiKey.objects.get(name="server")
    pages = [
        staff.get(url, follow=True).content.decode()
        for url in (
            "/admin/",
            *(address(ApiKey, page, row.pk) for page in ("change", "history")),
            address(ApiKey, "changelist"),
        )
    ]
    assert not any(key in page for page in pages)
    assert not any(key in json.dumps(session.get_decoded()) for session in Session.objects.all())
    assert not any(key in str(cookie) for cookie in staff.cookies.values())
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Issued. Reason: Asked for."]


def test_a_form_that_is_sent_twice_makes_one_key(staff, organization):
    token = staff.get(address(ApiKey, "add")).context["token"]
    body = {"form_token": token, "organization": str(organization.pk), "name": "server", "scopes": ["read"],
            "reason": "Asked for."}  # fmt: skip

    first, second = staff.post(address(ApiKey, "add"), body), staff.post(address(ApiKey, "add"), body)

    assert (first.status_code, second.status_code) == (200, 302)
    assert ApiKey.objects.filter(name="server").count() == 1
    assert staff.post(address(ApiKey, "add"), body | {"form_token": ""}).status_code == 302
    assert "was sent before" in staff.get("/admin/").content.decode()


def test_two_posts_of_one_form_at_once_make_one_secret(staff):
    """Each has read the session before the other has written it: a double click."""
    opened = RequestFactory().get("/")
    opened.session = SessionStore(staff.session.session_key)
    token = once.issued(opened)
    opened.session.save()
    posts = [RequestFactory().post("/", {once.FORM_FIELD: token}) for _ in range(2)]
    for post in posts:
        post.session = SessionStore(opened.session.session_key)
        assert token in post.session[once.SESSION_KEY]

    assert [once.spent(post) for post in posts] == [True, False]


def test_a_key_that_expires_in_the_past_or_may_nothing_is_refused(fill, organization):
    given = {"organization": str(organization.pk), "name": "server", "reason": "Asked for."}

    past = fill(ApiKey, **given, scopes=["read"], expires_at_0="2020-01-01", expires_at_1="10:00")
    nothing = fill(ApiKey, **given)

    assert "It must be in the future." in past.content.decode()
    assert nothing.context["form"].errors["scopes"]
    assert not ApiKey.objects.filter(name="server").exists()


@pytest.mark.parametrize(("leaked", "status"), [("", 200), ("on", 401)])
def test_a_key_is_rotated_and_the_old_one_is_good_for_a_day_unless_it_leaked(
    staff, api, organization, leaked, status
):
    old = ApiKey.objects.get(prefix=api.key[:15])
    url = f"/admin/organizations/apikey/{old.pk}/rotate/"
    token = staff.get(url).context["token"]

    answer = staff.post(url, {"form_token": token, "reason": "Yearly.", "has_leaked": leaked})

    (key,) = KEY.findall(answer.content.decode())
    assert api.get("phones").status_code == status
    api.key = key
    assert api.get("phones").status_code == 200
    new = ApiKey.objects.get(prefix=key[:15])
    assert (new.name, new.scopes, new.expires_at) == (old.name, old.scopes, None)
    assert {(one.entry.object_id, one.reason, one.outcome) for one in StaffAction.objects.all()} == {
        (str(old.pk), "Yearly.", "done"), (str(new.pk), "Yearly.", "done"),
    }  # fmt: skip


def test_a_key_that_is_over_is_not_rotated(staff, api):
    old = ApiKey.objects.get(prefix=api.key[:15])
    url = f"/admin/organizations/apikey/{old.pk}/rotate/"
    token = staff.get(url).context["token"]
    ApiKey.objects.update(revoked_at=timezone.now())

    answer = staff.post(url, {"form_token": token, "reason": "Yearly."})

    assert "It is revoked or expired" in answer.content.decode()
    assert ApiKey.objects.count() == 1


def test_a_link_made_by_hand_is_the_apis(fill, api, organization):
    answer = fill(
        OnboardingLink, organization=str(organization.pk), name="Acme Corp", externalId="c-1",
        mode="coexistence", expectedPhoneNumber="+54 9 11 5555-1234", language="es",
        redirectUrl="https://shop.example.com/back", webhookUrl="http://localhost:9999/hook",
        webhookEvents=["*", "message.sent"], metadata='{"b": 1.00, "a": [2]}',
        expiresAt="2030-01-01T00:00:00Z",
    )  # fmt: skip

    link = api.get("onboarding-links").json()["data"][0]
    assert answer.status_code == 200
    assert link["hostedUrl"] in answer.content.decode()
    assert link["expectedPhoneNumber"] == "+5491155551234"
    assert (link["externalId"], link["mode"], link["language"]) == ("c-1", "coexistence", "es")
    assert link["webhookEvents"] == ["*", "message.sent"]
    assert link["expiresAt"] == "2030-01-01T00:00:00.000Z"
    assert OnboardingLink.objects.get().metadata == '{"b":1.00,"a":[2]}'


def test_a_links_secret_is_shown_once(fill, staff, organization):
    given = {"organization": str(organization.pk), "name": "Acme", "mode": "cloud_api"}
    answer = fill(OnboardingLink, **given, webhookUrl="http://localhost:9999/hook", webhookEvents=["*"])

    secret = str(OnboardingLink.objects.get().webhook_secret)
    assert secret in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    page = staff.get(address(OnboardingLink, "change", OnboardingLink.objects.get().pk)).content.decode()
    assert secret not in page


def test_a_link_without_a_webhook_says_nothing_of_secrets(fill, organization):
    answer = fill(OnboardingLink, organization=str(organization.pk), name="Acme", mode="cloud_api")

    assert "never again" not in answer.content.decode()
    assert OnboardingLink.objects.get().webhook_secret is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 256), ("externalId", "x" * 256), ("expectedPhoneNumber", "12"),
        ("language", "klingon!"), ("expiresAt", "2020-01-01T00:00:00Z"), ("expiresAt", "tomorrow"),
        ("redirectUrl", "ftp://shop.example.com"), ("webhookUrl", "http://10.0.0.1/hook"),
        ("webhookSecret", "short"), ("metadata", "[1]"), ("metadata", "{"), ("metadata", '{"a":1,"a":2}'),
        ("mode", "none"), ("organization", "6e7f3c1a-0b59-4f7e-9d7b-0d8c5d1c2b3a"),
        ("webhookEvents", "no.such"),
    ],
)  # fmt: skip
def test_what_the_api_refuses_is_refused_at_its_field(fill, organization, field, value):
    given = {"organization": str(organization.pk), "name": "Acme", "mode": "cloud_api"}
    events = {"webhookEvents": "*"} if field == "webhookUrl" else {}

    answer = fill(OnboardingLink, **given | events | {field: value})

    assert field in answer.context["form"].errors
    assert not OnboardingLink.objects.exists()


LIKE_THE_API = {
    "language": "he",
    "business.name": "Café Río",
    "business.registrationId": "514567890",
    "business.address": "12 Herzl St\r\nTel Aviv",
    "business.country": "IL",
    "business.category": "RESTAURANT",
    "displayName": "Café Río",
    "starterTemplates": ["welcome", "send_file"],
    "branding.buttonText": "Start",
}


def test_a_link_made_by_hand_knows_its_customer_as_the_apis_does(fill, staff, api, organization):
    number = registered(organization)

    answer = fill(
        OnboardingLink, organization=str(organization.pk), name="Acme", mode="cloud_api",
        registeredNumberId=str(number.pk), **LIKE_THE_API,
    )  # fmt: skip

    link = api.get("onboarding-links").json()["data"][0]
    assert answer.status_code == 200
    given = {name: value for name, value in link["business"].items() if value}
    assert given == {
        "name": "Café Río", "registrationId": "514567890", "address": "12 Herzl St\nTel Aviv",
        "country": "IL", "category": "RESTAURANT", "website": link["landingPageUrl"],
    }  # fmt: skip
    assert (link["displayName"], link["branding"]["buttonText"]) == ("Café Río", "Start")
    assert [row["template"] for row in link["starterTemplates"]] == ["welcome", "send_file"]
    assert link["registeredNumberId"] == str(number.pk)
    for address_shown in (link["landingPageUrl"], link["previewUrl"]):
        assert address_shown in answer.content.decode()


def test_a_links_page_shows_what_it_knows_of_its_customer(fill, staff, organization):
    number = registered(organization)
    fill(
        OnboardingLink, organization=str(organization.pk), name="Acme", mode="cloud_api",
        registeredNumberId=str(number.pk), **LIKE_THE_API,
    )  # fmt: skip
    link = OnboardingLink.objects.get()

    page = staff.get(address(OnboardingLink, "change", link.pk)).content.decode()

    for told in (
        "514567890", "RESTAURANT", "Start", number.phone_number, f"/business/{link.landing_slug}",
        "?preview=", "send file: not handed in",
    ):  # fmt: skip
        assert told in page, told


@pytest.mark.parametrize(("chosen", "is_made"), [("", True), ("true", True), ("false", False)])
def test_staff_decide_about_the_landing_page_as_clients_do(fill, organization, chosen, is_made):
    fill(
        OnboardingLink, organization=str(organization.pk), name="Acme", mode="cloud_api",
        landingPage=chosen, **LIKE_THE_API,
    )  # fmt: skip

    assert bool(OnboardingLink.objects.get().landing_slug) is is_made


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("business.name", {"landingPage": "true"}),
        ("business.name", {"business.name": "x" * 101}),
        ("business.country", {"business.country": "XK"}),
        ("business.email", {"business.email": "nobody"}),
        ("business.website", {"business.website": "ftp://x.example.com"}),
        ("business.timezone", {"business.timezone": "UTC"}),
        ("business.category", {"business.category": "NONE"}),
        ("displayName", {"displayName": "x" * 51}),
        ("branding.welcomeMessage", {"branding.welcomeMessage": "x" * 201}),
        ("starterTemplates", {"starterTemplates": ["other"]}),
        ("registeredNumberId", {"registeredNumberId": "6e7f3c1a-0b59-4f7e-9d7b-0d8c5d1c2b3a"}),
    ],
)
def test_what_the_api_refuses_of_the_customer_is_refused_at_its_field(fill, organization, field, given):
    answer = fill(
        OnboardingLink, **{"organization": str(organization.pk), "name": "Acme", "mode": "cloud_api"} | given
    )

    assert field in answer.context["form"].errors
    assert not OnboardingLink.objects.exists()


TEXTS_TO_THEIR_LIMITS = [
    *[(f"business.{name}", last, beyond) for name, last, beyond in BUSINESS if beyond],
    *[(f"branding.{name}", "é" * most, "é" * (most + 1)) for name, most in BRANDING],
    ("displayName", "é" * 50, "é" * 51),
]


@pytest.mark.parametrize(("field", "last", "beyond"), TEXTS_TO_THEIR_LIMITS)
def test_the_form_takes_a_field_to_the_apis_limit_and_no_further(fill, organization, field, last, beyond):
    given = {"organization": str(organization.pk), "name": "Acme", "mode": "cloud_api"}

    refused = fill(OnboardingLink, **given | {field: beyond})
    assert field in refused.context["form"].errors
    assert not OnboardingLink.objects.exists()

    fill(OnboardingLink, **given | {field: last})
    assert OnboardingLink.objects.count() == 1


def test_the_rules_of_registered_numbers_hold_for_staff_too(fill, staff, organization, stranger):
    number, theirs = registered(organization), registered(stranger.organization, "+5491155559999")
    given = {"organization": str(organization.pk), "name": "Acme", "mode": "cloud_api"}

    def made(**fields):
        answer = fill(OnboardingLink, **given | {"registeredNumberId": str(number.pk)} | fields)
        return dict(answer.context["form"].errors) if "form" in (answer.context or {}) else {}

    assert "registeredNumberId" in made(mode="coexistence")
    assert "registeredNumberId" in made(registeredNumberId=str(theirs.pk))
    assert "expectedPhoneNumber" in made(expectedPhoneNumber="+5491155551111")
    assert OnboardingLink.objects.count() == 0
    assert made() == {}
    assert "open link" in str(made()["__all__"])
    assert OnboardingLink.objects.count() == 1

    staff.post(
        address(OnboardingLink, "changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [str(OnboardingLink.objects.get().pk)],
            "confirmed": "1",
            "reason": "asked by mail",
        },
    )
    assert OnboardingLink.objects.count() == 0
    assert made() == {}


def test_a_form_that_was_refused_may_be_sent_again(fill, staff, organization):
    number = registered(organization)
    given = {
        "organization": str(organization.pk), "name": "Acme", "mode": "cloud_api",
        "registeredNumberId": str(number.pk),
    }  # fmt: skip
    fill(OnboardingLink, **given)
    refused = fill(OnboardingLink, **given)

    again = {name: value for name, value in given.items() if name != "registeredNumberId"}
    answer = staff.post(address(OnboardingLink, "add"), again | {"form_token": refused.context["token"]})

    assert answer.status_code == 200
    assert OnboardingLink.objects.count() == 2


def test_a_secret_that_was_typed_does_not_come_back_with_the_error(fill, organization):
    answer = fill(
        OnboardingLink,
        organization=str(organization.pk),
        name="",
        mode="cloud_api",
        webhookSecret="typed-secret-0123",
    )

    assert answer.context["form"].errors["name"]
    assert "typed-secret-0123" not in answer.content.decode()


def test_webhook_address_and_events_come_together(fill, organization):
    given = {"organization": str(organization.pk), "name": "Acme", "mode": "cloud_api"}

    answer = fill(OnboardingLink, **given, webhookUrl="http://localhost:9999/hook")

    assert "webhookEvents" in answer.context["form"].errors
