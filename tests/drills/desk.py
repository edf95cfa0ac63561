"""Somebody of the support at the admin, in a browser: what is pressed is counted."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

PASSWORD = "opensesame"
REASON = "Asked for by the customer, ticket 4711."
YES = "yes"


@dataclass
class Desk:
    """`clicks`: what was clicked since `begin`, in words. What is typed, and Enter, are no clicks."""

    page: Page
    url: str
    clicks: list[str] = field(default_factory=list)

    def sign_in(self, name: str) -> None:
        self.page.goto(f"{self.url}/admin/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.locator("#site-search-term")).to_be_focused()

    def find(self, pasted: str) -> None:
        """From the front page, as it is open all day, by the box at its top."""
        self.page.goto(f"{self.url}/admin/")
        self.clicks.clear()
        expect(self.page.locator("#site-search-term")).to_be_focused()
        self.page.keyboard.insert_text(pasted.replace("\n", ""))
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#content h1, #content h2").first).not_to_have_text("Overview")

    def click(self, what: Locator, words: str) -> None:
        self.clicks.append(words)
        what.click()

    def press(self, name: str) -> None:
        self.click(self.page.get_by_role("button", name=name, exact=True), name)

    def follow(self, name: str) -> None:
        self.click(self.page.get_by_role("link", name=name).first, name)

    def agree(self) -> None:
        """The question is there: the reason is typed where the cursor stands already, then yes."""
        expect(self.page.get_by_label("Reason")).to_be_focused()
        self.page.keyboard.insert_text(REASON)
        self.click(self.page.locator(".answer button"), YES)

    def cure(self, name: str) -> None:
        self.press(name)
        self.agree()
        expect(self.page.locator(".messagelist .success")).to_be_visible()

    def says(self, field: str) -> str:
        """What stands beside a label of the row's page."""
        return self.page.locator(f".field-{field} .readonly").inner_text()

    def keep(self, name: str, page: Page | None = None) -> None:
        """A picture for whoever runs the drill to look at: DRILL_PICTURES names the folder."""
        if folder := os.environ.get("DRILL_PICTURES"):
            (page or self.page).screenshot(path=Path(folder) / f"{name}.png", full_page=True)
