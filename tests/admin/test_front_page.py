"""The front page: what needs somebody, with the list behind each count; signups by cause, day and stage."""

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backoffice.front_page.tiles import WATCHES, tiles
from inbox.models import Message, OutboxEntry
from meta_events.models import Change, Notification
from onboarding.admin.filters import in_words
from onboarding.failures import Cause, cause_of, failure_groups
from onboarding.figures import by_day, funnel
from onboarding.models import OnboardingLink, SharedWaba, Signup, StepRun
from organizations.services import create_organization
from phones.models import PhoneNumber
from tests.admin.test_pages import address
from tests.admin.world import story
from wabas.models import Waba
from webhooks.models import OutgoingWebhook, WebhookLane

WEEK = timedelta(days=7)


@pytest.fixture
def troubled(told):
    """One of everything that needs somebody."""
    now = timezone.now()
    failing = story(told.organization)
    ours = {"code": "CONFIGURATION", "message": "It is ours.", "actor": "platform", "step": "subscribe_app",
            "meta": {"code": 200, "subcode": None, "traceId": "T"}}  # fmt: skip
    OnboardingLink.objects.filter(pk=failing.link.pk).update(
        status="pending", completed_at=None, last_error=ours
    )
    Signup.objects.filter(pk=failing.signup.pk).update(state="failed", error=ours)
    Signup.objects.filter(pk=told.failed.pk).update(abandoned_at=now)
    stuck = OnboardingLink.objects.create(
        organization=told.organization, name="Stuck", status="processing", opened_at=now
    )
    going = Signup.objects.create(
        pk=uuid.uuid4(), link=stuck, state="running", exchanged_at=now - timedelta(hours=2), started_at=now
    )
    StepRun.objects.create(
        signup=going, step="register_phone", position=6, status="failed", started_at=now,
        error={"code": "NOT_VERIFIED", "meta": {"code": 133006, "subcode": 2388012}},
    )  # fmt: skip
    SharedWaba.objects.create(meta_waba_id="1", first_told_at=now, last_told_at=now, outcome="nobody")
    silent = {"capabilities": {"canSendMessages": False}, "warnings": [], "at": now.isoformat()}
    PhoneNumber.objects.filter(pk=told.phone.pk).update(announced=silent)
    Waba.objects.filter(pk=told.waba.pk).update(
        token_expires_at=now + timedelta(days=13), token_refused_at=now
    )
    OutgoingWebhook.objects.filter(pk=failing.webhook.pk).update(
        is_active=False, disabled_reason="gone", disabled_at=now
    )
    WebhookLane.objects.create(webhook=told.webhook, failures=3, first_failure_at=now)
    Notification.objects.filter(pk=Notification.objects.all()[0].pk).update(status="unreadable")
    sent = Message.objects.all()[0]
    OutboxEntry.objects.create(
        message=sent, phone=sent.phone, contact=sent.conversation.contact, body={}, finished_at=now
    )
    return told


def tiles_of(staff) -> dict[str, tuple[str, str]]:
    page = staff.get("/admin/").content.decode()
    found = re.findall(
        r'<a href="([^"]+)"><span class="count">([^<]+)</span> <span class="name">([^<]+)<', page
    )
    return {name.replace("&#x27;", "'"): (count, url.replace("&amp;", "&")) for url, count, name in found}


def test_every_count_is_that_of_the_list_that_it_leads_to(staff, troubled):
    tiles = tiles_of(staff)

    assert len(tiles) == 14
    for name, (count, url) in tiles.items():
        if name != "Meta's quota":
            listed = staff.get(url).context["cl"]
            assert str(listed.result_count) == count, name
            assert listed.result_count >= 1, name


def test_the_quota_counts_new_businesses_of_seven_days_once(staff, told, settings):
    settings.META_ONBOARDING_LIMIT = 3
    stranger = create_organization(name="Stranger Inc")
    Waba.objects.create(
        organization=stranger, meta_waba_id="2", owner_business_id=told.waba.owner_business_id
    )
    assert tiles_of(staff)["Meta's quota"][0] == "1 of 3"

    Waba.objects.create(organization=stranger, meta_waba_id="3", owner_business_id="33")
    assert tiles_of(staff)["Meta's quota"][0] == "2 of 3"
    Waba.objects.create(
        organization=stranger, meta_waba_id="4", owner_business_id="33", status="disconnected",
        created_at=timezone.now() - timedelta(days=8),
    )  # fmt: skip
    assert tiles_of(staff)["Meta's quota"][0] == "1 of 3"


def test_one_cause_is_one_group_that_leads_to_its_links(staff, troubled):
    groups = {str(group.cause): group for group in failure_groups(timezone.now())}

    assert set(groups) == {"subscribe_app~CONFIGURATION~200~-", "register_phone~NOT_VERIFIED~133006~2388012"}
    for cause, group in groups.items():
        page = staff.get(address(OnboardingLink, "changelist"), {"failure": cause})
        assert page.context["cl"].result_count == group.links == 1
    assert "NOT_VERIFIED (133006 / 2388012)" in staff.get("/admin/").content.decode()


def test_the_same_cause_at_two_links_is_counted_together_with_when_it_was_seen_last(troubled):
    step = StepRun.objects.get(status="failed")
    later, link = timezone.now() + timedelta(seconds=5), OnboardingLink.objects.get(name="Stuck")
    link.pk = uuid.uuid4()
    link.save(force_insert=True)
    again = Signup.objects.create(pk=uuid.uuid4(), link=link, state="completed")
    StepRun.objects.create(
        signup=again, step=step.step, position=6, status="failed", error=step.error, started_at=later
    )

    worst = failure_groups(timezone.now())[0]

    assert (worst.links, worst.last_seen) == (2, later)


def test_what_was_cured_is_no_group_any_more(troubled):
    OnboardingLink.objects.update(status="completed", last_error=None)
    StepRun.objects.filter(status="failed").update(status="done")

    assert failure_groups(timezone.now()) == []


@pytest.mark.parametrize("text", ["", "x", "a~b", "a~b~c~d~e", "' OR 1=1~-~-~-"])
def test_a_cause_that_nobody_wrote_finds_nothing_and_breaks_nothing(staff, told, text):
    page = staff.get(address(OnboardingLink, "changelist"), {"failure": text})

    assert page.status_code == 200
    assert page.context["cl"].result_count == (OnboardingLink.objects.count() if not text else 0)


def test_a_cause_is_read_as_it_was_written():
    cause = Cause(None, "CODE_EXPIRED", "100", "36007")

    assert cause_of(str(cause)) == cause
    assert in_words(cause) == "Before the steps: CODE_EXPIRED (100 / 36007)"


def test_the_days_and_stages_are_in_the_page_as_numbers(staff, troubled):
    today, stages = by_day(timezone.now())[-1], {one.name: one.links for one in funnel(timezone.now())}

    page = staff.get("/admin/").content.decode()

    assert (today.completed, today.failed, today.abandoned) == (1, 3, 1)
    assert (stages["made"], stages["opened"], stages["completed"]) == (3, 3, 1)
    assert stages["save_phone"] == 2
    assert f'<th scope="row">{today.day:%Y-%m-%d}</th><td>1</td><td>3</td><td>1</td>' in page
    assert page.count('<rect class="failed"') == 1


def test_an_old_failure_is_not_drawn(troubled):
    Signup.objects.update(finished_at=timezone.now() - timedelta(days=20), abandoned_at=None)

    assert {(day.completed, day.failed, day.abandoned) for day in by_day(timezone.now())} == {(0, 0, 0)}


def test_the_front_page_costs_the_same_queries_with_more_of_everything(staff, troubled):
    staff.get("/admin/")
    with CaptureQueriesContext(connection) as few:
        staff.get("/admin/")

    for number in range(3):
        story(create_organization(name=f"Customer {number}"))
    with CaptureQueriesContext(connection) as many:
        staff.get("/admin/")

    assert len(many) == len(few) <= 30


def test_who_sees_no_links_sees_no_figures_of_them(client, troubled, django_user_model):
    client.force_login(django_user_model.objects.create_user("looker", is_staff=True))

    page = client.get("/admin/").content.decode()

    assert "What needs somebody" not in page
    assert "<svg" not in page.partition('id="content"')[2].partition("<footer")[0]


def test_changes_that_failed_are_counted(staff, troubled):
    assert tiles_of(staff)["Changes that failed"][0] == str(Change.objects.filter(status="failed").count())


def test_the_quotas_list_has_the_businesses_that_its_tile_counts(staff, told):
    now = timezone.now()
    known = {"organization": told.organization, "owner_business_id": "4711"}
    Waba.objects.create(meta_waba_id="90001", created_at=now - timedelta(days=30), **known)
    Waba.objects.create(meta_waba_id="90002", created_at=now, **known)
    Waba.objects.create(
        organization=told.organization, meta_waba_id="90003", created_at=now, owner_business_id="4712"
    )
    quota = next(tile for tile in tiles(User.objects.get(), now) if tile.title == "Meta's quota")

    listed = staff.get(quota.url).context["cl"].result_list

    counted = {row.owner_business_id for row in listed}
    assert quota.count.startswith(f"{len(counted)} of")
    assert "4712" in counted
    assert "4711" not in counted


def test_a_failed_link_that_has_expired_is_not_called_open(told):
    now = timezone.now()
    OnboardingLink.objects.filter(pk=told.link.pk).update(
        status="pending", completed_at=None, last_error={"code": "X", "actor": "meta"}, expires_at=now + WEEK
    )
    failed = next(watch for watch in WATCHES if watch.title == "Failed links")

    assert [failed.rows(now).count(), failed.rows(now + WEEK).count()] == [1, 0]
