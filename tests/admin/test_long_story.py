"""A link to which too much has happened: its page stays one that people read, and costs no more."""

import uuid
from datetime import UTC, datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import GraphCall
from onboarding.models import OnboardingLink, PageEvent, Signup
from organizations.admin.cells import admin_url
from tests.admin.test_pages import address
from tests.admin.world import story
from webhooks.models import Attempt, Delivery

LONG_AGO = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)


def test_a_link_with_hundreds_of_everything_costs_no_more_queries_and_says_what_it_leaves_out(
    organization, staff, django_assert_num_queries
):
    mine = story(organization)
    path = address(OnboardingLink, "change", mine.link.pk)
    staff.get(path)
    with CaptureQueriesContext(connection) as few:
        assert staff.get(path).context["left_out"] == []

    multiply(mine)
    with django_assert_num_queries(len(few)):
        page = staff.get(path)

    entries = [one for chapter in page.context["chapters"] for one in chapter.entries]
    inside = [one for told in entries for one in told.inside]
    assert len(entries) < 250
    assert 200 < len(inside) < 400
    assert len(page.context["left_out"]) == 3
    assert "Only the newest 150 calls are told" in page.content.decode()
    newest_call = GraphCall.objects.latest("pk")
    newest_delivery = Delivery.objects.order_by("-created_at", "-id")[0]
    urls = {one.url for one in (*entries, *inside)}
    assert {admin_url(newest_call), admin_url(newest_delivery)} <= urls


def multiply(mine):
    call, event = GraphCall.objects.get(link_id=mine.link.pk), PageEvent.objects.get(signup=mine.signup)
    delivery = Delivery.objects.get(event=mine.event)
    GraphCall.objects.bulk_create(copied(call) for _ in range(200))
    GraphCall.objects.bulk_create(copied(call, link_id=None, signup_id=None) for _ in range(200))
    PageEvent.objects.bulk_create(copied(event) for _ in range(99))
    again = [copied(delivery, trigger=Delivery.Trigger.MANUAL) for _ in range(200)]
    Delivery.objects.bulk_create(again)
    Attempt.objects.bulk_create(Attempt(delivery=one, number=1, at=LONG_AGO) for one in again)
    tries = [Signup(pk=uuid.uuid4(), link=mine.link) for _ in range(30)]
    Signup.objects.bulk_create(tries)
    Signup.objects.filter(pk__in=[one.pk for one in tries]).update(created_at=LONG_AGO)


def copied(row, **columns):
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)(**{name: getattr(row, name) for name in fields} | columns)
