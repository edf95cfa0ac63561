"""The guide for receivers says what is so: its headers, bodies, names and code, against the real ones."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import BaseCommand, call_command, load_command_class
from django.utils import timezone

from phones.models import PhoneNumber
from phones.sync import check_waba
from tests.onboarding.conftest import EndUser
from tests.verifiers.cases import SENT, signed_by
from tests.verifiers.test_by_hand import PUBLISHED
from tests.webhooks.receivers import Answer, receiving
from tests.webhooks.test_signing import AT, BODY, EVENT_ID, GOLDEN
from webhooks.catalogue import DATA
from webhooks.catalogue import EXAMPLES as SENT_TODAY
from webhooks.delivery import claim, send, settle
from webhooks.events import EVENTS
from webhooks.serializers import STATUSES
from webhooks.services import create_webhook, update_webhook
from webhooks.signing import attempt_headers

HERE = Path(__file__).parent
GUIDE = (PUBLISHED.parent / "webhooks.md").read_text()
BODIES = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
EXAMPLES = {body["event"]: body for body in map(json.loads, BODIES)}
SHAPES = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "E.164": r"\+\d{8,15}",
    "digits": r"\d+",
    "address": r"https?://\S+",
    "event": "|".join(map(re.escape, EVENTS)),
}


def shape(value: Any) -> Any:
    """What a value is like, its keys in their order; words that are none of the known forms stay."""
    if isinstance(value, dict):
        return [(key, shape(one)) for key, one in value.items()]
    if isinstance(value, str):
        return next((name for name, form in SHAPES.items() if re.fullmatch(form, value)), value)
    return type(value).__name__


def block(language: str, having: str) -> str:
    """The one block of code in `language` that has the line."""
    blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    (found,) = (code for code in blocks if having in code)
    return str(found)


def go() -> None:
    now = timezone.now()
    settle([send(claimed, at=now) for claimed in claim(100, now=now)], now=now)


@pytest.mark.django_db(transaction=True)
def test_the_examples_are_like_what_receivers_really_get(circle):
    with receiving() as gone, receiving() as other:
        organization = circle.api.organization
        create_webhook(organization=organization, url=gone.url, events=["phone_number.connected"])
        told = create_webhook(organization=organization, url=other.url, events=["webhook.disabled"])
        gone.answers = [Answer(410)]
        circle.completed(externalId="customer-123")

        go()
        go()
        phone = PhoneNumber.objects.get()
        update_webhook(webhook=told, changes={"events": ["phone_number.ready", "phone_number.disconnected"]})
        check_waba(phone.waba_id)
        assert circle.api.post(f"wabas/{phone.waba_id}/disconnect").status_code == 200
        go()
        update_webhook(webhook=told, changes={"events": ["onboarding_link.abandoned"]})
        left = EndUser(circle.make_link(externalId="customer-123")["id"])
        left.bring(circle.meta.sandbox.sign_up("cancel"))
        go()
        assert circle.api.post(f"outgoing-webhooks/{told.pk}/test").status_code == 200

    for got in (*gone.got, *other.got):
        body = json.loads(got.body)
        assert shape(EXAMPLES[body["event"]]) == shape(body)
    assert {got.headers["x-webhook-event"] for got in (*gone.got, *other.got)} == set(EXAMPLES)


def test_the_headers_are_those_of_an_attempt():
    secret = GOLDEN[3][0]

    headers = attempt_headers(
        event_id=EVENT_ID, event_name="phone_number.connected", body=BODY, signing=[secret], attempt=1, at=AT
    )

    shown = block("http", "webhook-id").splitlines()
    assert shown == [f"{name}: {value}" for name, value in headers.items()]


def test_the_table_of_events_is_the_catalogue():
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (.*) \|$", GUIDE, re.MULTILINE)

    assert rows == list(EVENTS.items())


def test_every_event_that_is_sent_has_an_example_or_one_with_the_same_data():
    """Here, or in the guide of messages, whose examples are the catalogue's own."""
    others = (PUBLISHED.parent / "messages.md").read_text()
    of_messages = re.findall(r'^  "event": "(.*)",$', others, re.MULTILINE)
    told = [DATA[name] for name in (*EXAMPLES, *of_messages)]

    assert [name for name in SENT_TODAY if DATA[name] not in told] == []
    assert set(EXAMPLES) <= set(SENT_TODAY)


def test_the_table_of_statuses_is_the_apis():
    rows = re.findall(r"^\| `([a-z_]+)` \| [A-Z].*\. \|$", GUIDE, re.MULTILINE)

    assert rows == [status for status, _ in STATUSES]


def test_the_options_of_the_command_are_those_that_it_prints(capsys):
    rows = re.findall(r"^\| `(--.*)` \| (.*) \|$", GUIDE, re.MULTILINE)
    every_command, this_one = (
        {
            option
            for action in command.create_parser("manage.py", "it")._actions
            for option in action.option_strings
        }
        for command in (BaseCommand(), load_command_class("webhooks", "redeliver_webhooks"))
    )

    with pytest.raises(SystemExit):
        call_command("redeliver_webhooks", "--help")

    printed = " ".join(capsys.readouterr().out.split())
    assert {option.split()[0] for option, _ in rows} == this_one - every_command
    assert all(f" {option} {text}" in printed for option, text in rows)


@pytest.mark.parametrize(
    ("name", "language"), [("verify.py", "python"), ("verify.mjs", "js"), ("verify.php", "php")]
)
def test_the_guide_shows_the_verifiers_as_they_are(name, language):
    assert f"[{name}](verifiers/{name}):\n\n```{language}\n{(PUBLISHED / name).read_text()}```" in GUIDE


def test_the_lines_for_pypis_library_verify(monkeypatch):
    secret, alias, *_ = GOLDEN[0]
    monkeypatch.setenv("STANDARD_WEBHOOKS_SECRET", alias)
    lines: dict[str, Any] = {}
    exec(block("python", "from standardwebhooks"), lines)  # noqa: S102 - our own guide

    with time_machine.travel(AT, tick=False):
        event = lines["verified"](signed_by(secret), BODY)

    assert event == json.loads(BODY)


def test_the_lines_for_npms_library_verify(node_with_libraries):
    secret, alias, *_ = GOLDEN[0]
    ask = f"""
    Date.now = () => {SENT} * 1000;
    const event = verified({json.dumps(signed_by(secret))}, Buffer.from({json.dumps(BODY.decode())}));
    process.stdout.write(JSON.stringify(event));
    """

    run = subprocess.run(
        [node_with_libraries, "--input-type=module", "--eval", block("js", 'from "standardwebhooks"') + ask],
        cwd=HERE,
        env=os.environ | {"STANDARD_WEBHOOKS_SECRET": alias},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == json.loads(BODY)
