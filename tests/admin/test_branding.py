"""Staff change an organization's branding on its page, under the API's rules; the picture comes from us."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection, connections
from django.test import Client

from onboarding.models import OnboardingLink
from organizations.models import Logo, Organization
from organizations.services import suspend_organization
from tests.admin.test_pages import address
from tests.organizations.branding.hosts import LogoHost, logo_host, png

FIELDS = {
    "welcome_message": ("welcomeMessage", 200),
    "button_text": ("buttonText", 50),
    "success_message": ("successMessage", 200),
    "failure_message": ("failureMessage", 200),
}


@pytest.fixture
def host() -> Any:
    with logo_host() as serving:
        yield serving


@pytest.fixture
def page(organization: Organization) -> str:
    return address(Organization, "change", organization.pk)


def shown_form(staff: Client, page: str) -> dict[str, str]:
    """What the browser would send back as it is, hidden initial values too."""
    html = staff.get(page).content.decode()
    inputs = re.findall(r'<input type="(?:text|hidden)" name="([\w-]+)"(?: value="([^"]*)")?', html)
    names = {*FIELDS, "name", "logo_url"}
    return {name: value for name, value in inputs if name.removeprefix("initial-") in names}


def errors_of(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return found


def test_staff_give_a_logo_and_texts_and_see_them(
    staff: Client, organization: Organization, page: str, host: LogoHost
) -> None:
    url = host.has(png((1200, 360)))
    given = shown_form(staff, page) | {"logo_url": url, "welcome_message": " ברוכים <b>הבאים</b> "}

    staff.post(page, given)

    organization.refresh_from_db()
    assert organization.welcome_message == "ברוכים <b>הבאים</b>"
    assert organization.logo is not None
    html = staff.get(page).content.decode()
    assert f'<img src="/logos/{organization.logo_id}" width="200" height="60" alt="The logo">' in html
    assert f'src="{url}"' not in html
    assert "ברוכים &lt;b&gt;הבאים&lt;/b&gt;" in html
    assert "600x180 pixels" in html
    assert "img-src 'self' data:" in staff.get(page)["Content-Security-Policy"]
    assert "Logo" in LogEntry.objects.get().get_change_message()


@pytest.mark.parametrize("field", FIELDS)
def test_a_text_too_long_is_refused_at_its_field(
    staff: Client, organization: Organization, page: str, field: str
) -> None:
    _, longest = FIELDS[field]
    given = shown_form(staff, page)

    errors = errors_of(staff.post(page, given | {field: "é" * (longest + 1)}))
    assert list(errors) == [field]
    assert len(errors[field]) == 1
    assert staff.post(page, given | {field: "é" * longest}).status_code == 302

    organization.refresh_from_db()
    assert getattr(organization, field) == "é" * longest


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 256),
        ("name", "a\u202eb"),
        ("button_text", "a\tb"),
        ("logo_url", "ftp://x"),
        ("logo_url", "x"),
    ],
)
def test_what_the_api_refuses_staff_cannot_store(
    staff: Client, organization: Organization, page: str, field: str, value: str
) -> None:
    given = shown_form(staff, page) | {"success_message": "Done", field: value}

    assert list(errors_of(staff.post(page, given))) == [field]
    organization.refresh_from_db()
    assert (organization.name, organization.success_message, organization.logo) == ("Acme CRM", None, None)


def test_a_logo_beyond_the_hours_number_is_refused_at_its_field(
    staff: Client, organization: Organization, page: str, host: LogoHost, settings: Any
) -> None:
    settings.LOGO_FETCHES_PER_HOUR = 0
    url, add = host.has(png()), address(OnboardingLink, "add")
    given = shown_form(staff, page) | {"logo_url": url}
    token = staff.get(add).context["token"]
    link = {"form_token": token, "organization": str(organization.pk), "name": "A", "mode": "cloud_api"}

    errors = errors_of(staff.post(page, given))
    made = staff.post(add, link | {"branding.logoUrl": url})

    assert "Too many pictures" in errors["logo_url"][0]
    assert "Too many pictures" in made.context["form"].errors["branding.logoUrl"][0]
    assert not OnboardingLink.objects.exists()


@pytest.mark.parametrize("name", ["x" * 256, "a\u202eb", "a\x1bb", "a\u2028b", " "])
def test_a_new_organization_has_a_name_that_the_api_would_take(staff: Client, name: str) -> None:
    add = address(Organization, "add")

    assert list(errors_of(staff.post(add, {"name": name}))) == ["name"]
    assert Organization.objects.filter(name=name).count() == 0
    assert staff.post(add, {"name": "é" * 255}).status_code == 302
    assert Organization.objects.filter(name="é" * 255).count() == 1


def test_a_logo_that_cannot_be_fetched_is_refused_at_its_field(
    staff: Client, page: str, host: LogoHost
) -> None:
    given = shown_form(staff, page) | {"logo_url": f"{host.origin}/none.png"}

    errors = errors_of(staff.post(page, given))

    assert "answered 404" in errors["logo_url"][0]
    assert Logo.objects.count() == 0


def test_what_staff_did_not_touch_stays_whatever_it_is_by_now(
    staff: Client, organization: Organization, page: str, api: Any, host: LogoHost
) -> None:
    """The API changed two things after the page was opened."""
    given = shown_form(staff, page)
    api.patch("organization", {"logoUrl": host.has(png()), "welcomeMessage": "By the API"})

    staff.post(page, given | {"button_text": "By staff"})

    organization.refresh_from_db()
    assert (organization.welcome_message, organization.button_text) == ("By the API", "By staff")
    assert organization.logo is not None
    assert host.asked == ["/logo.png"]


def test_an_emptied_field_is_cleared(
    staff: Client, organization: Organization, page: str, api: Any, host: LogoHost
) -> None:
    api.patch("organization", {"logoUrl": host.has(png()), "welcomeMessage": "Hi"})

    staff.post(page, shown_form(staff, page) | {"logo_url": "", "welcome_message": ""})

    organization.refresh_from_db()
    assert (organization.logo, organization.welcome_message) == (None, None)


@pytest.mark.django_db(transaction=True)
def test_the_database_is_free_while_staff_fetch_a_logo(staff: Client, page: str, host: LogoHost) -> None:
    of_this_thread, begun = connections["default"], []
    host.on_ask = lambda: begun.append(of_this_thread.in_atomic_block)

    staff.post(page, shown_form(staff, page) | {"logo_url": host.has(png())})

    assert begun == [False]
    assert Logo.objects.count() == 1


def test_who_may_only_look_sees_it_and_fetches_nothing(
    organization: Organization, page: str, api: Any, host: LogoHost
) -> None:
    api.patch("organization", {"logoUrl": host.has(png()), "welcomeMessage": "Hi there"})
    viewer = User.objects.create_user("vera", password="opensesame", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_organization"))
    client = Client()
    client.force_login(viewer)

    html = client.get(page).content.decode()

    assert "Hi there" in html
    assert f"{host.origin}/logo.png" in html
    assert client.post(page, {"name": "x", "logo_url": f"{host.origin}/two.png"}).status_code == 403
    assert host.asked == ["/logo.png"]


def test_staff_fetch_a_logo_again(organization: Organization, api: Any, act: Any, host: LogoHost) -> None:
    api.patch("organization", {"logoUrl": host.has(png())})
    host.has(png(color=(1, 2, 3)))
    organization.refresh_from_db()
    before = organization.logo_id

    answer = act("fetch_logo_again", organization)

    assert "done for Acme CRM" in answer.content.decode()
    organization.refresh_from_db()
    assert organization.logo_id != before


def test_a_logo_that_has_gone_is_told_and_the_one_before_stays(
    organization: Organization, api: Any, act: Any, host: LogoHost
) -> None:
    api.patch("organization", {"logoUrl": host.has(png())})
    host.answers.clear()
    organization.refresh_from_db()

    answer = act("fetch_logo_again", organization)

    assert "not done for Acme CRM" in answer.content.decode()
    assert "answered 404" in answer.content.decode()
    assert Organization.objects.get().logo_id == organization.logo_id
    Organization.objects.update(logo=None)
    assert "It has no logo." in act("fetch_logo_again", organization).content.decode()


def test_a_suspended_organizations_page_has_no_broken_picture(
    staff: Client, organization: Organization, page: str, api: Any, host: LogoHost
) -> None:
    api.patch("organization", {"logoUrl": host.has(png())})
    suspend_organization(organization=organization)

    html = staff.get(page).content.decode()

    assert "<img src=" not in html
    assert "not served while" in html


def test_no_page_or_list_loads_the_pictures_bytes(
    staff: Client, organization: Organization, page: str, api: Any, host: LogoHost
) -> None:
    api.patch("organization", {"logoUrl": host.has(png())})
    statements: list[str] = []

    def noted(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(noted):
        staff.get(page)
        staff.get(address(Organization, "changelist"))

    assert not [sql for sql in statements if '"organizations_logo"."content"' in sql]
