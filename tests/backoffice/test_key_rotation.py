"""rotate_encryption_key: everything ends under the newest key, and nothing that others write is lost."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.db.models import TextField, Value
from django.utils import timezone

from backoffice import key_rotation
from backoffice.key_rotation import replace, stored, tables
from organizations.models import IdempotencyKey
from organizations.services import create_organization
from wabas.models import Waba
from webhooks.services import create_webhook

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="concurrency is PostgreSQL's")


def saved(organization: Any, count: int) -> list[Waba]:
    return Waba.objects.bulk_create(
        Waba(
            organization=organization,
            meta_waba_id=str(10**12 + number),
            connected_at=timezone.now(),
            access_token=f"EAA-{number}",
        )
        for number in range(count)
    )


def raw() -> list[str]:
    """The stored tokens of all accounts."""
    return list(Waba.objects.annotate(raw=stored("access_token")).values_list("raw", flat=True))


def opened_by(key: str) -> int:
    return sum(key_rotation.opened(Fernet(key), sealed) is not None for sealed in raw())


def rotated(*arguments: str) -> tuple[str, int]:
    """What the command says, and its exit status."""
    out = io.StringIO()
    try:
        call_command("rotate_encryption_key", *arguments, stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(str(ended.code))
    return out.getvalue(), 0


@pytest.mark.django_db
def test_every_secret_ends_under_the_newest_key_and_reads_as_before(organization, settings, monkeypatch):
    monkeypatch.setattr(key_rotation, "BATCH", 2)
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    saved(organization, 5)
    webhook = create_webhook(organization=organization, url="https://shop.example.com", events=["*"])
    kept = IdempotencyKey.objects.create(
        organization=organization, fingerprint="f", answer="{}", status=201, kept_until=timezone.now()
    )
    was = webhook.secret
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OTHER, OLD]

    said, status = rotated()

    assert status == 0
    assert "8 secrets were encrypted anew." in said
    assert "8 secrets, 3 keys: 8 by the newest, 0 by older ones, 0 that no key opens." in said
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert set(Waba.objects.values_list("access_token", flat=True)) == {f"EAA-{n}" for n in range(5)}
    webhook.refresh_from_db()
    kept.refresh_from_db()
    assert (webhook.secret, webhook.previous_secret, kept.fingerprint, kept.answer) == (was, None, "f", "{}")


@pytest.mark.django_db
def test_what_is_done_is_not_written_again(organization, settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    saved(organization, 3)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    rotated()
    before = raw()

    said, status = rotated()

    assert (raw(), status) == (before, 0)
    assert "0 secrets were encrypted anew." in said


@pytest.mark.django_db
def test_a_check_changes_nothing_and_says_that_the_older_key_is_needed(organization, settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    saved(organization, 3)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    before = raw()

    said, status = rotated("--check")

    assert (raw(), status) == (before, 3)
    assert "0 by the newest, 3 by older ones" in said
    assert "Keep the older keys." in said


@pytest.mark.django_db
def test_what_no_key_opens_is_named_without_its_content_and_the_rest_is_done(organization, settings):
    settings.FIELD_ENCRYPTION_KEYS = [OTHER]
    lost = saved(organization, 1)[0]
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    Waba.objects.create(
        organization=organization, meta_waba_id="1", connected_at=timezone.now(), access_token="EAA-x"
    )
    unreadable = Waba.objects.create(
        organization=organization, meta_waba_id="2", connected_at=timezone.now(), access_token="EAA-y"
    )
    Waba.objects.filter(pk=unreadable.pk).update(access_token=Value("clear-é", output_field=TextField()))
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]

    said, status = rotated()

    assert status == 1
    assert "1 secrets were encrypted anew." in said
    assert f"No key opens wabas.Waba {lost.pk} access_token" in said
    assert f"No key opens wabas.Waba {unreadable.pk} access_token" in said
    assert "clear-é" not in said
    assert "EAA" not in said
    assert "gAAAA" not in said
    assert opened_by(NEW) == 1


@pytest.mark.django_db
def test_a_value_that_was_written_meanwhile_is_left_to_its_writer(organization, settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    waba = saved(organization, 1)[0]
    read = raw()[0]
    Waba.objects.filter(pk=waba.pk).update(access_token="EAA-newer")

    is_written = replace(Waba, "access_token", waba.pk, old=read, new="stale")

    assert not is_written
    waba.refresh_from_db()
    assert waba.access_token == "EAA-newer"


def test_every_encrypted_field_of_every_model_is_walked():
    assert {(table.model._meta.label, table.names) for table in tables()} >= {
        ("webhooks.OutgoingWebhook", ("secret", "previous_secret")),
        ("phones.PhoneNumber", ("pin", "new_pin")),
        ("organizations.IdempotencyKey", ("fingerprint", "answer")),
    }


# ---- beside others, and killed ---------------------------------------------------------------------------


class Writer:
    """A process with the new list of keys that changes tokens and reads them back, again and again."""

    def __init__(self, wabas: list[Waba]) -> None:
        self.wabas, self.is_over = wabas, False
        self.written: dict[Any, str] = {}
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        try:
            round_ = 0
            while not self.is_over:
                round_ += 1
                for waba in self.wabas:
                    self.written[waba.pk] = f"EAA-written-{round_}"
                    Waba.objects.filter(pk=waba.pk).update(access_token=self.written[waba.pk])
                    assert Waba.objects.get(pk=waba.pk).access_token == self.written[waba.pk]
        except BaseException as failure:  # noqa: BLE001 - raised again by stop()
            self.failure = failure
        finally:
            connection.close()

    def stop(self) -> None:
        self.is_over = True
        self.thread.join(10)
        if self.failure is not None:
            raise self.failure


def command_beside() -> subprocess.Popen[bytes]:
    database = urlsplit(os.environ["TEST_DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "READ_DOT_ENV": "false",
        "DEBUG": "true",
        "DATABASE_URL": database.geturl(),
        "FIELD_ENCRYPTION_KEYS": f"{NEW},{OLD}",
    }
    command = [sys.executable, "manage.py", "rotate_encryption_key"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_beside_writers_it_goes_on_and_loses_nothing(settings):
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    wabas = saved(create_organization(name="Acme"), 4000)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    process, ends = command_beside(), time.monotonic() + 60
    while (done := opened_by(NEW)) < 50:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < ends
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 50 <= done <= opened_by(NEW) < 4000

    writers = [Writer(wabas[-20:-10]), Writer(wabas[-10:])]
    try:
        said, status = rotated()
    finally:
        for writer in writers:
            writer.stop()

    assert status == 0
    assert "4000 by the newest, 0 by older ones" in said
    assert opened_by(NEW) == 4000
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    written = writers[0].written | writers[1].written
    assert len(written) == 20
    for number, waba in enumerate(wabas):
        waba.refresh_from_db()
        assert waba.access_token == written.get(waba.pk, f"EAA-{number}")
