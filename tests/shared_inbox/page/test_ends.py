"""Claims about a link that ends while its page is open, and about what a permission does not allow."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.shared_inbox.conftest import ALL
from tests.shared_inbox.page.world import NEWS, Desk


@pytest.fixture
def opened(desk: Desk) -> tuple[Desk, dict]:
    desk.inbox.write(desk.inbox.number(), name="Ada", text="A secret")
    link = desk.inbox.share()
    desk.open(link)
    desk.choose("Ada")
    desk.sees("A secret")
    return desk, link


@pytest.mark.parametrize("act", ["rotate", "revoke"])
def test_an_open_page_says_that_the_link_was_taken_away_and_asks_no_more(opened, act: str):
    desk, link = opened

    desk.inbox.change(link, act)

    desk.sees_end()
    assert "A secret" not in desk.page.content()
    asked = []
    desk.page.on("request", lambda one: asked.append(one.url))
    desk.page.wait_for_timeout(6000)
    assert asked == []


def test_an_open_page_says_that_the_link_has_expired(opened):
    desk, link = opened
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()

    desk.inbox.change(link, body={"expiresAt": soon})

    desk.sees_end()


def test_sending_through_a_link_that_was_taken_away_ends_the_page_too(opened):
    desk, link = opened
    desk.inbox.change(link, "revoke")

    desk.say("Too late")

    desk.sees_end()


def test_who_leaves_is_out(opened):
    desk, _ = opened

    desk.page.get_by_role("button", name="Leave this inbox").click()

    expect(desk.page.get_by_role("heading", name="This inbox is not open here")).to_be_visible()
    desk.page.goto(f"{desk.inbox.product.url}/shared/inbox")
    expect(desk.page.get_by_role("heading", name="This inbox is not open here")).to_be_visible()


def test_the_token_is_not_in_the_address_and_goes_nowhere(opened):
    desk, link = opened
    token = link["publicUrl"].rpartition("/")[2]

    referers = []
    desk.page.on("request", lambda one: referers.append(one.headers.get("referer", "")))
    desk.page.reload()
    desk.sees("A secret")

    assert token not in desk.page.url
    assert referers
    assert not any(token in one for one in referers)


SHOWN = {
    "readDetails": ".thread [data-action=details]",
    "sendText": "[data-text]",
    "sendMedia": "[data-files]",
    "sendTemplates": "[data-menu=attach] [data-action=templates]",
    "sendAdvanced": "[data-menu=attach] [data-action=location]",
}


@pytest.mark.parametrize("missing", SHOWN)
def test_what_is_not_permitted_is_not_on_the_page(desk: Desk, wrong: list[str], missing: str):
    desk.inbox.write(desk.inbox.number(), name=f"Bo {missing}", text="Hello")
    desk.open(desk.inbox.share(without=(missing,)))

    desk.choose(f"Bo {missing}")

    desk.sees("Hello")
    for permission, place in SHOWN.items():
        assert desk.page.locator(place).count() == (0 if permission == missing else 1)
    assert wrong == []


def test_who_may_only_read_has_nothing_to_write_with_and_marks_nothing(desk: Desk, wrong: list[str]):
    number = desk.inbox.number()
    desk.inbox.write(number, name="Cy", text="Hello")
    desk.open(desk.inbox.share("readInbox"))

    desk.choose("Cy")

    expect(desk.page.get_by_text("This link lets you read, not write.")).to_be_visible()
    desk.page.wait_for_timeout(2500)
    assert not desk.inbox.chat(number, "in")[0]["isRead"]
    assert wrong == []


@pytest.mark.parametrize("only", [name for name in ALL if name != "readInbox"])
def test_who_may_not_read_sees_nothing(desk: Desk, wrong: list[str], only: str):
    desk.inbox.write(desk.inbox.number(), name="Di", text="Hello")

    desk.open(desk.inbox.share(only))

    expect(desk.page.get_by_text("This link does not let you see conversations.")).to_be_visible()
    assert desk.page.locator(".row").count() == 0
    assert wrong == []


def test_a_permission_that_is_taken_away_refuses_what_the_page_still_offers(desk: Desk):
    number = desk.inbox.number()
    desk.inbox.write(number, name="Ed", text="Hello")
    link = desk.inbox.share()
    desk.open(link)
    desk.choose("Ed")

    desk.inbox.change(link, body={"permissions": {"readInbox": True}})
    desk.say("May I?")

    expect(desk.bubble("May I?")).to_contain_text("This link does not allow that any more.")
    assert desk.inbox.chat(number) == []


def test_a_page_that_may_not_read_any_more_shows_nothing(opened):
    desk, link = opened

    desk.inbox.change(link, body={"permissions": {"sendText": True}})

    words = "This link does not let you see conversations."
    expect(desk.page.get_by_text(words)).to_be_visible(timeout=NEWS)
    assert "A secret" not in desk.page.content()


def test_a_conversation_that_was_erased_is_left(opened):
    desk, _ = opened
    phone = desk.inbox.phone["id"]
    rows = desk.inbox.product.api("GET", f"phones/{phone}/conversations?limit=1")

    desk.inbox.product.api("DELETE", f"phones/{phone}/contacts/{rows[0]['contactId']}")

    expect(desk.page.get_by_text("This conversation is not there any more.")).to_be_visible(timeout=NEWS)
    expect(desk.bubble("A secret")).to_have_count(0)
