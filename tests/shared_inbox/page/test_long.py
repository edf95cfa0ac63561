"""Claims about a conversation of 10,000 messages: it scrolls back smoothly and is never loaded whole."""

import pytest
from playwright.sync_api import Page, expect

from tests.shared_inbox.page.world import Desk

pytestmark = pytest.mark.long
MESSAGES = 10_000
FILL = """
from datetime import timedelta
from django.utils import timezone
from inbox.models import Conversation, Message
row = Conversation.objects.get(contact__name="Long")
now = timezone.now()
Message.objects.bulk_create([
    Message(phone_id=row.phone_id, conversation=row, type="text", wamid=f"wamid.long.{{n}}",
            direction="inbound" if n % 3 else "outbound", source="customer" if n % 3 else "api",
            content={{"body": f"Message {{n}}. " + "word " * (n % 30)}}, status="delivered",
            timestamp=now - timedelta(minutes=7 * n + 1))
    for n in range(1, {count} + 1)
], batch_size=1000)
Conversation.objects.filter(pk=row.pk).update(message_count={count} + 1)
"""
# The first message in sight and how far from the top it is.
SIGHT = """() => { const box = document.querySelector('[data-scroll]');
const top = box.getBoundingClientRect().top, all = [...box.querySelectorAll('[data-key]')];
const seen = all.find(one => one.getBoundingClientRect().bottom > top + 1);
return [seen.dataset.key, Math.round(seen.getBoundingClientRect().top - top)]; }"""


def places(page: Page) -> list[int]:
    """The numbers of the messages that are on the page, as they follow each other."""
    words = page.locator("[data-days] .msg .words").all_text_contents()
    return [int(one.split()[1].rstrip(".")) for one in words if one.startswith("Message")]


@pytest.fixture
def long(desk: Desk) -> Desk:
    if not desk.inbox.chat("16315559999", "in"):
        desk.inbox.write("16315559999", name="Long", text="The newest")
        desk.inbox.product.manage("shell", "-v0", "-c", FILL.format(count=MESSAGES))
    desk.open()
    desk.choose("Long")
    desk.sees("The newest")
    return desk


def test_it_scrolls_back_through_thousands_with_few_of_them_on_the_page(long: Desk, wrong: list[str]):
    page, asked = long.page, []
    page.on("request", lambda one: asked.append(one.url) if "/messages" in one.url else None)
    box, most = page.locator("[data-scroll]"), 0

    while (at := places(page))[0] < 3000:
        box.evaluate("box => box.scrollTop -= 1500")
        page.wait_for_timeout(40)
        most = max(most, page.locator("[data-days] .msg").count())
        assert at == sorted(at, reverse=True)
        assert len(at) == at[0] - at[-1] + 1

    assert most <= 160
    assert 40 <= len(asked) <= 60
    page.get_by_role("button", name="To the newest message").click()
    long.sees("The newest")
    expect(long.bubble("The newest")).to_be_in_viewport()
    assert wrong == []


def test_nothing_jumps_when_older_messages_come(long: Desk):
    page, box = long.page, long.page.locator("[data-scroll]")

    jumps = []
    for _ in range(25):
        before = page.evaluate(SIGHT)
        key, top = before
        box.evaluate("box => box.scrollTop -= 260")
        page.wait_for_timeout(150)
        now = page.evaluate(
            """key => { const one = document.querySelector(`[data-key="${key}"]`);
            return one && Math.round(one.getBoundingClientRect().top
              - document.querySelector('[data-scroll]').getBoundingClientRect().top); }""",
            key,
        )
        jumps.append(now - top - 260)

    assert max(map(abs, jumps)) <= 2, jumps


def test_a_new_message_does_not_take_away_what_is_read(long: Desk):
    page, box = long.page, long.page.locator("[data-scroll]")
    for _ in range(5):
        box.evaluate("box => box.scrollTop -= 1200")
        page.wait_for_timeout(150)
    before = page.evaluate(SIGHT)

    long.inbox.write("16315559999", text="Something new")

    expect(page.locator("[data-jump-count]")).to_have_text("1", timeout=9000)
    assert page.evaluate(SIGHT) == before
    page.locator(".jump").click()
    expect(long.bubble("Something new").last).to_be_in_viewport()
