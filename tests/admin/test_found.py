"""Long lists: so many rows are counted and reached, and the page says that there are more."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onboarding.models import OnboardingLink
from organizations.admin import found
from tests.admin.test_pages import address

LISTED = address(OnboardingLink, "changelist")


@pytest.fixture
def links(told, monkeypatch):
    """Six, of which a list reaches four, by two on a page."""
    monkeypatch.setattr(found, "MOST", 4)
    monkeypatch.setattr("onboarding.admin.links.OnboardingLinkAdmin.list_per_page", 2)
    organization = told.link.organization
    made = [OnboardingLink.objects.create(organization=organization, name=f"Shop {n}") for n in range(5)]
    return [*reversed(made), told.link]


def test_a_list_counts_and_shows_no_more_than_it_reaches_and_says_so(staff, links):
    page = staff.get(LISTED)
    last = staff.get(LISTED, {"p": 2})

    assert page.context["cl"].result_count == 4
    assert "4+ onboarding links" in " ".join(page.content.decode().split())
    assert "There are more" in page.content.decode()
    assert [row.pk for row in page.context["cl"].result_list] == [link.pk for link in links[:2]]
    assert [row.pk for row in last.context["cl"].result_list] == [link.pk for link in links[2:4]]
    assert staff.get(LISTED, {"p": 3}).status_code == 302


def test_what_a_filter_or_a_search_leaves_is_counted_whole(staff, links):
    for narrowed in ({"q": "Shop 3"}, {"status": "completed"}):
        page = staff.get(LISTED, narrowed)
        assert page.context["cl"].result_count == 1
        assert "There are more" not in page.content.decode()


def test_a_list_is_sorted_by_nothing_but_what_its_head_offers(staff, links):
    orders = [staff.get(LISTED, {"o": place}).context["cl"].queryset.query.order_by for place in ("1", "2")]

    assert orders == [("name", "-pk"), ("-pk",)]


def test_a_word_is_sought_in_the_rows_own_fields_together(staff, links):
    found_by_both = staff.get(LISTED, {"q": "Café customer"}).context["cl"].result_list

    assert [row.pk for row in found_by_both] == [links[-1].pk]


def test_whoever_has_a_line_in_the_log_is_kept_without_reading_the_lines(staff, staff_user, told, act):
    act("deactivate", told.webhook)
    other = User.objects.create_user("other", is_staff=True)

    with CaptureQueriesContext(connection) as asked:
        page = staff.get(address(User, "delete", staff_user.pk))

    assert page.context["perms_lacking"]
    assert not any("change_message" in query["sql"] for query in asked)
    staff.post(address(User, "delete", staff_user.pk), {"post": "yes"})
    staff.post(address(User, "delete", other.pk), {"post": "yes"})
    assert User.objects.filter(pk=staff_user.pk).exists()
    assert not User.objects.filter(pk=other.pk).exists()
    assert LogEntry.objects.filter(user=staff_user).exists()
