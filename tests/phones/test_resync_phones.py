"""`manage.py resync_phones`: everything, or what is stale; a bar for people, lines for logs."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from phones.disconnecting import disconnect_waba
from phones.models import PhoneNumber
from phones.tasks import check_waba, sweep_phones
from tests.phones.world import healthy_phone, known_phone, names
from wabas.models import Waba


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def resync(*arguments: str, out: Any = None) -> str:
    out = out or io.StringIO()
    call_command("resync_phones", *arguments, stdout=out)
    return str(out.getvalue())


def test_every_connected_number_is_checked_and_told_of(organization, meta):
    phones = [known_phone(organization, meta) for _ in range(3)]
    gone = healthy_phone(organization)
    disconnect_waba(waba=gone.waba, reason="REQUESTED", initiated_by="customer", at=timezone.now())

    said = resync()

    assert "3 numbers were checked, 0 checks failed, 3 events were made." in said
    assert PhoneNumber.objects.filter(pk__in=[phone.pk for phone in phones], synced_at=None).count() == 0
    assert names() == ["phone_number.disconnected", *["phone_number.ready"] * 3]


def test_what_was_checked_lately_is_left_out(organization, meta):
    fresh, stale = (known_phone(organization, meta) for _ in range(2))
    resync()
    PhoneNumber.objects.filter(pk=stale.pk).update(synced_at=timezone.now() - timedelta(hours=2))
    before = len(meta.sandbox.calls())

    said = resync("--stale-for", "1h")

    assert "1 numbers were checked" in said
    assert len(meta.sandbox.calls()) - before == 3
    assert fresh.pk != stale.pk


def test_a_failure_is_counted_and_the_others_go_on(organization, meta):
    broken, _ = (known_phone(organization, meta) for _ in range(2))
    Waba.objects.filter(pk=broken.waba_id).update(access_token=None)

    assert "1 numbers were checked, 1 checks failed" in resync()


def test_a_terminal_has_a_bar(organization, meta):
    known_phone(organization, meta)

    assert "[##############################] 1 of 1 WABAs" in resync(out=Terminal())


@pytest.mark.parametrize("given", ["1", "h", "1w", "-1h", "1.5h", "\u0661h"])
def test_a_time_that_is_none_is_refused(db, given):
    with pytest.raises(CommandError, match="must be like 90s, 30m, 1h or 2d"):
        resync(f"--stale-for={given}")


def test_it_may_be_stopped(organization, meta, monkeypatch):
    known_phone(organization, meta)

    def stopped(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("phones.management.commands.resync_phones.check_waba", stopped)
    with pytest.raises(CommandError, match="Stopped after 0 of 1") as error:
        resync()

    assert error.value.returncode == 130


def test_the_sweep_finds_what_is_due_and_the_task_tells(organization, meta, monkeypatch):
    phone = known_phone(organization, meta)
    Waba.objects.update(check_due_at=timezone.now())
    rung: list[tuple[str, Any]] = []
    monkeypatch.setattr("phones.tasks.ring", lambda task, **given: rung.append((task.name, given)))
    monkeypatch.setattr("phones.tasks.ring_webhooks", lambda: rung.append(("webhooks", {})))

    sweep_phones()
    check_waba(waba_id=str(phone.waba_id))

    assert rung == [("phones.check_waba", {"waba_id": str(phone.waba_id)}), ("webhooks", {})]
    assert names() == ["phone_number.ready"]
