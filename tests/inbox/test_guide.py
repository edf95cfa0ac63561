"""The guide shows what is sent."""

import json
import re
from pathlib import Path

from inbox.receiving.contents import READERS
from webhooks.catalogue import EXAMPLES

GUIDE = (Path(__file__).parents[2] / "docs/guides/messages.md").read_text()


def test_the_event_of_the_guide_is_the_one_of_the_document():
    shown = json.loads(re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)[0])

    assert shown["data"] == EXAMPLES["message.received"]
    assert list(shown["data"]) == list(EXAMPLES["message.received"])


def test_the_guide_names_every_type_that_has_a_content_of_its_own():
    for kind in READERS:
        assert f"`{kind}`" in GUIDE
