"""The guide is true: the call that it shows sends what a link asked for, in each language."""

import json
import re
from pathlib import Path

import pytest

from onboarding.starter_templates.rows import NAMES
from tests.inbox.sending.world import work
from tests.onboarding.conftest import Circle
from tests.onboarding.starter_templates.conftest import Ask, made_at_meta, rows_of

pytestmark = pytest.mark.django_db(transaction=True)
GUIDE = (Path(__file__).parents[3] / "docs/guides/starter-templates.md").read_text()
(SHOWN,) = map(json.loads, re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL))
(BODY,) = map(json.loads, re.findall(r"-d '(\{.*?\})'", GUIDE, re.DOTALL))
CODES = {"en": "en", "es": "es", "pt": "pt_BR", "he": "he", "ar": "ar", "fr": "fr"}


@pytest.mark.parametrize("language", CODES)
def test_each_template_is_sent_by_the_same_call_in_each_language(
    circle: Circle, asked_for: Ask, language: str
) -> None:
    user = asked_for(language=language)
    for template in made_at_meta(circle):
        circle.meta.sandbox.template(template["id"], "APPROVED")
    phone_id = circle.read(user.link_id)["phoneNumberId"]

    for name in ("start_conversation", "welcome_message", "send_file"):
        parameters = {key: BODY["parameters"][key] for key in ("header", "body")}
        if name != "send_file":
            del parameters["header"]
        body = BODY | {"templateName": name, "languageCode": CODES[language], "parameters": parameters}
        answer = circle.api.post(f"phones/{phone_id}/messages", body)
        assert answer.status_code == 201, answer.json()
        work()

    sent = circle.meta.sandbox.calls("send_message")
    assert [call["status"] for call in sent] == [200, 200, 200]


def test_the_rows_of_the_guide_are_what_the_link_shows(circle: Circle, asked_for: Ask) -> None:
    user = asked_for("welcome", language="he")

    assert circle.read(user.link_id)["starterTemplates"] == SHOWN["starterTemplates"]


def test_the_guide_names_every_template_with_its_name_at_meta(circle: Circle, asked_for: Ask) -> None:
    user = asked_for()

    for name in NAMES:
        assert f"| `{name}` | `{rows_of(user)[name]['name']}` |" in GUIDE
