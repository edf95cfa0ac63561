"""What fifty open pages of shared inboxes cost the one process of `make run`, beside the same process alone.

Every page has its conversation open and nothing moves: each asks for news as static/shared_inbox/polling.js
does, quick for a minute and calm from then on. Fails when pages cost 5 % of a core or more at either pace.
"""

import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import requests

from bench.rig.cpu import cpu_seconds
from bench.rig.figures import Bound, verdicts
from tests.e2e.product import ROOT, Product
from tests.shared_inbox.page.world import Inbox, connected

PAGES, SECONDS, MOST = 50, 60.0, 0.05
SETTLE_SECONDS = 10.0
PACES = re.findall(
    r"const (EVERY_MS|CALM_MS) = (\d+);", (ROOT / "static" / "shared_inbox" / "polling.js").read_text()
)


@dataclass
class OpenPage:
    """A browser's cookie and what it saw last."""

    session: requests.Session
    root: str
    conversation: str
    seen: str = ""

    def ask(self) -> int:
        asked = {"open": self.conversation, "seen": self.seen}
        answer = self.session.get(f"{self.root}/news", params=asked, timeout=30)
        if answer.status_code == 200:
            self.seen = answer.json()["seen"]
        elif answer.status_code != 204:
            raise RuntimeError(answer.text)
        return answer.status_code


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        product = Product(
            Path(folder), embedded=True, settings={"SHARED_INBOX_OPENINGS": "1000", "SWEEP_SECONDS": "1"}
        )
        try:
            product.start()
            return measured(product)
        finally:
            product.stop()


def measured(product: Product) -> int:
    inbox = connected(product)
    pages = [opened(inbox) for _ in range(PAGES)]
    time.sleep(SETTLE_SECONDS)
    group = product.processes["product"].pid
    alone = share(group, partial(time.sleep, SECONDS))
    paces = {name: int(ms) / 1000 for name, ms in PACES}
    found = {every: share(group, partial(asking, pages, every)) - alone for every in paces.values()}
    print(f"the process alone: {alone:.1%} of a core; {PAGES} pages besides:")
    held = [
        Bound(f"pages that ask every {every:g} s, less than {MOST:.0%}", f"{part:.1%}", part < MOST)
        for every, part in found.items()
    ]
    print(verdicts(held))
    return 0 if all(bound.is_held for bound in held) else 1


def opened(inbox: Inbox) -> OpenPage:
    """A page of its own link, with a conversation of its own customer."""
    number = inbox.number()
    inbox.write(number, text="Hello")
    session = requests.Session()
    session.get(inbox.share()["publicUrl"], timeout=30).raise_for_status()
    root = f"{inbox.product.url}/shared/inbox"
    page = OpenPage(session, root, conversation_of(session, root, number))
    page.ask()
    return page


def conversation_of(session: requests.Session, root: str, number: str) -> str:
    """It is there as soon as the worker has taken in what its customer wrote."""
    ends = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < ends:
        found = session.get(f"{root}/conversations", params={"search": number}, timeout=30).json()["data"]
        if found:
            return str(found[0]["id"])
        time.sleep(0.1)
    raise RuntimeError("what a customer wrote does not appear")


def share(group: int, work: Callable[[], None]) -> float:
    """What part of one core the processes of the group used meanwhile."""
    began, used = time.monotonic(), cpu_seconds(group)
    work()
    return (cpu_seconds(group) - used) / (time.monotonic() - began)


def asking(pages: list[OpenPage], every: float) -> None:
    """All pages ask, evenly spread, for SECONDS."""
    ends = time.monotonic() + SECONDS
    threads = [
        threading.Thread(target=ask_until, args=(page, every, place * every / len(pages), ends))
        for place, page in enumerate(pages)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def ask_until(page: OpenPage, every: float, first: float, ends: float) -> None:
    time.sleep(first)
    while time.monotonic() < ends:
        page.ask()
        time.sleep(every)


if __name__ == "__main__":
    sys.exit(main())
