"""The public URL becomes a cookie, which opens one phone's inbox and nothing else."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from api.times import timestamp
from shared_inbox.models import SharedInboxAction, SharedInboxLink, SharedInboxSession
from shared_inbox.sessions import COOKIE, MAX_SESSIONS

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NEWS = "/shared/inbox/news"


def path_of(made):
    return urlsplit(made["publicUrl"]).path


@pytest.fixture
def browser():
    return Client()


def test_the_token_becomes_a_cookie_and_leaves_the_address(shared, browser):
    answer = browser.get(path_of(shared()))

    cookie = answer.cookies[COOKIE]
    assert (answer.status_code, answer["Location"]) == (302, "/shared/inbox")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/shared")
    assert cookie["max-age"] == 12 * 3600
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert browser.get("/shared/inbox").status_code == 200


def test_the_cookie_is_secure_where_the_product_is(shared, browser, settings):
    settings.SESSION_COOKIE_SECURE = True

    assert browser.get(path_of(shared())).cookies[COOKIE]["secure"]


def test_the_cookies_value_is_stored_as_a_hash(shared, browser):
    key = browser.get(path_of(shared())).cookies[COOKIE].value

    assert len(key) > 40
    assert key not in str(SharedInboxSession.objects.values())


def test_the_token_is_in_no_line_of_the_log(shared, browser, capfd, caplog):
    made = shared()
    token = made["publicUrl"].rpartition("/")[2]
    caplog.clear()

    with caplog.at_level("DEBUG"):
        browser.get(path_of(made))
        browser.get(f"/shared/{token}x")
        browser.post(path_of(made))

    assert "request" in caplog.text
    assert token not in caplog.text + "".join(capfd.readouterr())


def test_opening_is_written_down_and_seen_on_the_link(api, shared, browser):
    made = shared()

    browser.get(path_of(made), REMOTE_ADDR="192.0.2.7")

    assert api.get(f"shared-inbox-links/{made['id']}").json()["data"]["lastUsedAt"]
    done = SharedInboxAction.objects.get()
    assert (done.kind, done.address, done.session_id) == (
        "opened",
        "192.0.2.7",
        SharedInboxSession.objects.get().pk,
    )


@pytest.mark.parametrize("how", ["rotate", "revoke", "delete", "expire", "suspend", "unknown"])
def test_a_link_that_ended_opens_nothing_and_shuts_what_is_open(api, shared, browser, how):
    made = shared(expiresAt=timestamp(timezone.now() + HOUR))
    browser.get(path_of(made))
    path = f"shared-inbox-links/{made['id']}"
    later = timezone.now()
    if how == "delete":
        api.delete(path)
    elif how == "expire":
        later += HOUR
    elif how == "suspend":
        api.organization.suspended_at = later
        api.organization.save()
    elif how == "unknown":
        SharedInboxLink.objects.update(token_hash="0" * 64)
        SharedInboxSession.objects.update(key_hash="0" * 64)
    else:
        api.post(f"{path}/{how}")

    with time_machine.travel(later):
        assert browser.get(NEWS).status_code == 401
        assert browser.get("/shared/inbox").status_code == 410
        again = Client().get(path_of(made))

    assert (again["Location"], COOKIE in again.cookies) == ("/shared/ended", False)


def test_a_session_ends_after_twelve_hours_and_is_forgotten_when_the_next_one_begins(shared, browser):
    made = shared()
    browser.get(path_of(made))

    with time_machine.travel(timezone.now() + 12 * HOUR - timedelta(seconds=5)):
        assert browser.get(NEWS).status_code == 200
    with time_machine.travel(timezone.now() + 12 * HOUR):
        assert browser.get(NEWS).status_code == 401
        Client().get(path_of(made))
        assert SharedInboxSession.objects.count() == 1


def test_who_leaves_is_out(shared, browser):
    browser.get(path_of(shared()))

    browser.post("/shared/inbox/leave")

    assert not SharedInboxSession.objects.exists()
    assert browser.get("/shared/inbox").status_code == 410


def test_the_cookie_opens_neither_the_api_nor_the_admin(shared, browser):
    browser.get(path_of(shared()))

    assert browser.get("/v1/phones").status_code == 401
    assert browser.get("/admin/").status_code == 302


def test_an_api_key_opens_no_shared_inbox(api, shared):
    shared()

    assert api.client.get(NEWS, headers={"authorization": f"Bearer {api.key}"}).status_code == 401


@pytest.mark.parametrize("path", ["leave", "conversations/660e8400-e29b-41d4-a716-446655440001/read"])
def test_a_post_without_the_csrf_token_is_refused(shared, path):
    browser = Client(enforce_csrf_checks=True)
    browser.get(path_of(shared()))

    assert browser.post(f"/shared/inbox/{path}").status_code == 403
    assert SharedInboxSession.objects.exists()


def test_an_address_may_open_so_many_links_a_minute(shared, browser, settings):
    settings.SHARED_INBOX_OPENINGS = 2
    made = shared()

    with time_machine.travel(timezone.now(), tick=False):
        # Redis counts on from one test to the next: an address that nobody else has.
        opened = [Client(REMOTE_ADDR="192.0.2.30").get(path_of(made))["Location"] for _ in range(3)]

    assert opened == ["/shared/inbox", "/shared/inbox", "/shared/ended"]


def test_a_url_that_is_reloaded_all_day_makes_no_more_rows(shared, settings, monkeypatch):
    settings.SHARED_INBOX_OPENINGS = 10_000
    made = shared()
    link = SharedInboxLink.objects.get()
    now = timezone.now()
    SharedInboxSession.objects.bulk_create(
        SharedInboxSession(link=link, key_hash=str(number), started_at=now - HOUR, expires_at=now + HOUR)
        for number in range(MAX_SESSIONS)
    )

    browser = Client()
    browser.get(path_of(made))

    assert SharedInboxSession.objects.count() == MAX_SESSIONS
    assert browser.get(NEWS).status_code == 200
