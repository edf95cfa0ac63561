"""The guide shows what is sent."""

import json
import re
from pathlib import Path

from inbox.receiving.contents import READERS
from webhooks.catalogue import EXAMPLES

GUIDE = (Path(__file__).parents[2] / "docs/guides/messages.md").read_text()
BODIES = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)


def test_the_events_of_the_guide_are_those_of_the_document():
    shown = [body for body in map(json.loads, BODIES) if "event" in body]

    assert {body["event"] for body in shown} == {
        "message.received",
        "contact.updated",
        "template.status_updated",
    }
    for body in shown:
        assert body["data"] == EXAMPLES[body["event"]]
        assert list(body["data"]) == list(EXAMPLES[body["event"]])


def test_the_guide_names_every_type_that_has_a_content_of_its_own():
    for kind in READERS:
        assert f"`{kind}`" in GUIDE
