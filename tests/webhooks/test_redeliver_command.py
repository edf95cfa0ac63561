"""`manage.py redeliver_webhooks`: what it sends again, what it says, and that it can be stopped."""

import io
import os
import pty
import signal
import subprocess
import sys
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from ulid import ULID

from api.times import timestamp
from tests.webhooks.test_replay import HOUR, ended, repeated
from webhooks import redelivery
from webhooks.models import Delivery, Event
from webhooks.services import delete_webhook, update_webhook


def run(webhook_id, *more: str, since: timedelta = 2 * HOUR, out: io.StringIO | None = None) -> list[str]:
    out = out or io.StringIO()
    moment = timestamp(timezone.now() - since)
    call_command("redeliver_webhooks", "--webhook", str(webhook_id), "--since", moment, *more, stdout=out)
    return out.getvalue().splitlines()


def test_it_sends_again_what_ended_and_says_how_many(webhook):
    rows = [*ended(webhook, "failed", 2), *ended(webhook, "succeeded")]

    said = run(webhook.pk)

    assert said == ["3 of 3 looked at, 3 to be sent again", "3 are sent again, one after another."]
    assert {row.replay_of_id for row in repeated()} == {row.pk for row in rows}


def test_only_what_failed(webhook):
    ended(webhook, "succeeded")
    [row] = ended(webhook, "failed")

    assert run(webhook.pk, "--status", "failed")[-1] == "1 are sent again, one after another."
    assert [one.replay_of_id for one in repeated()] == [row.pk]


def test_a_line_a_batch(webhook, monkeypatch):
    monkeypatch.setattr(redelivery, "BATCH", 2)
    ended(webhook, "failed", 3)

    assert run(webhook.pk)[:2] == [
        "2 of 3 looked at, 2 to be sent again",
        "3 of 3 looked at, 3 to be sent again",
    ]


def test_run_again_it_doubles_nothing(webhook):
    ended(webhook, "failed", 3)
    run(webhook.pk)

    assert run(webhook.pk)[-1] == "0 are sent again, one after another."
    assert len(repeated()) == 3


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_draws_a_bar(webhook, monkeypatch):
    monkeypatch.setattr(redelivery, "BATCH", 2)
    ended(webhook, "failed", 4)
    terminal = Terminal()

    run(webhook.pk, out=terminal)

    half, whole, *_ = terminal.getvalue().split("\r")[1:]
    assert half == f"[{'#' * 15}{'.' * 15}] 2 of 4 looked at, 2 to be sent again\x1b[K"
    assert whole.startswith(f"[{'#' * 30}] 4 of 4 looked at")
    assert terminal.getvalue().endswith("\n4 are sent again, one after another.\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "yesterday"], "--since: "),
        (["--since", "2020-01-15T10:30:00Z"], "--since: Events are kept for 30 days."),
        (["--since", "2100-01-15T10:30:00Z"], "--since: This time is in the future."),
    ],
)
def test_a_wrong_time_is_said(webhook, options, said):
    with pytest.raises(CommandError, match=said):
        call_command("redeliver_webhooks", "--webhook", str(webhook.pk), *options)


def test_no_endpoint_a_deleted_one_and_an_inactive_one_are_said(webhook):
    ended(webhook, "failed")
    with pytest.raises(CommandError, match="no such endpoint"):
        run(uuid.uuid4())
    update_webhook(webhook=webhook, changes={"is_active": False})
    with pytest.raises(CommandError, match=r"inactive: activate it first. 0 are sent again"):
        run(webhook.pk)
    delete_webhook(webhook=webhook)
    with pytest.raises(CommandError, match="no such endpoint"):
        run(webhook.pk)
    assert repeated() == []


def many_failed(webhook, count: int) -> None:
    began = timezone.now() - HOUR
    moments = [began + timedelta(milliseconds=number) for number in range(count)]
    events = Event.objects.bulk_create(
        Event(id=f"evt_{ULID.from_datetime(at)}", organization=webhook.organization, name="message.sent",
              body=b"{}", created_at=at)
        for at in moments
    )  # fmt: skip
    Delivery.objects.bulk_create(
        Delivery(event=event, webhook=webhook, state="failed", created_at=event.created_at)
        for event in events
    )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a process of its own")
@pytest.mark.django_db(transaction=True)
def test_stopped_by_hand_in_the_middle_it_keeps_what_it_did_and_goes_on_the_next_time(webhook, settings):
    many_failed(webhook, 6000)
    database = settings.DATABASES["default"]
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    leader, follower = pty.openpty()
    command = [sys.executable, "manage.py", "redeliver_webhooks", "--webhook", str(webhook.pk)]
    process = subprocess.Popen(
        [*command, "--since", timestamp(timezone.now() - 2 * HOUR)],
        cwd=Path(settings.BASE_DIR),
        env=os.environ | {"TEST_DATABASE_URL": url},
        stdout=follower,
        stderr=subprocess.PIPE,
    )
    os.close(follower)
    said = b""
    while b" 1000 of 6000" not in said:
        said += os.read(leader, 1024)
    process.send_signal(signal.SIGINT)
    _, wrong = process.communicate(timeout=30)
    os.close(leader)

    assert process.returncode == 130
    assert b"the same command sends the rest" in wrong
    sent = len(repeated())
    assert 1000 <= sent < 6000
    assert run(webhook.pk)[-1] == f"{6000 - sent} are sent again, one after another."
    assert len({row.replay_of_id for row in repeated()}) == len(repeated()) == 6000
