"""The sweep that a worker makes by itself when the scheduler is dead, and who has one."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection

from tests.waiting import eventually
from tests.webhooks.acts import happen
from webhooks import tasks
from webhooks.models import Delivery
from webhooks.pump import Pump
from webhooks.self_sweep import SelfSweep, alone
from webhooks.services import create_webhook

ROOT = Path(__file__).resolve().parents[2]
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs a second connection")


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_what_nobody_rings_for_is_delivered_without_a_scheduler(organization, webhook, receiver):
    sweep = SelfSweep(Pump(), seconds=0.05)
    sweep.start()

    happen(organization, 3)
    eventually(lambda: len(receiver.got) == 3)
    eventually(lambda: Delivery.objects.filter(state="succeeded").count() == 3)
    sweep.stop()

    assert not sweep.thread.is_alive()


def test_it_does_nothing_while_sweeps_come(organization, webhook, receiver):
    pump = Pump()
    sweep = SelfSweep(pump, seconds=60)
    pump.sweep(when_time_is_up=lambda: None)
    happen(organization)

    sweep.look()
    assert receiver.got == []
    pump.swept_at -= 60
    sweep.look()

    assert len(receiver.got) == 1


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_sweeps(organization, webhook, receiver):
    happen(organization)
    inside: list[bool] = []

    def work() -> None:
        SelfSweep(Pump(), seconds=10).sweep()
        with alone() as is_alone:
            inside.append(is_alone)
        connection.close()

    with alone() as is_alone:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert (is_alone, inside) == (True, [False])
    assert receiver.got == []
    SelfSweep(Pump(), seconds=10).sweep()

    assert len(receiver.got) == 1


def test_it_goes_on_by_itself_when_its_time_is_up(organization, webhook, receiver, monkeypatch):
    """The broker may be gone with the scheduler: nobody hears a ring."""
    monkeypatch.setattr("webhooks.pump.TURN_SECONDS", 0.01)
    for number in range(10):
        create_webhook(organization=organization, url=f"{receiver.url}/{number}", events=["*"])
    happen(organization, 4)

    SelfSweep(Pump(), seconds=10).sweep()

    assert set(Delivery.objects.values_list("state", flat=True)) == {"succeeded"}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_does_not_end_it(organization, webhook, receiver):
    sweep = SelfSweep(Pump(), seconds=0.05)
    sweep.start()
    eventually(lambda: sweep.pump.swept_at > 0)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    happen(organization)
    eventually(lambda: len(receiver.got) == 1)
    sweep.stop()


class Begun:
    """Stands where a worker's self-sweep does, and says whether it was started."""

    def __init__(self) -> None:
        self.started = 0

    def start(self) -> None:
        self.started += 1


@pytest.mark.parametrize(
    ("queues", "started"), [(["signup", "maintenance"], 0), (["webhooks"], 1), (["signup", "webhooks"], 1)]
)
def test_it_starts_with_workers_that_take_deliveries(monkeypatch, queues, started):
    begun = Begun()
    monkeypatch.setattr(tasks.beside, "self_sweep", begun)
    consumed = SimpleNamespace(queues=SimpleNamespace(consume_from=dict.fromkeys(queues)))

    tasks.beside.begin(sender=SimpleNamespace(app=SimpleNamespace(amqp=consumed)))

    assert begun.started == started


def threads_after(code: str) -> set[str]:
    """The names of a new process's threads once it has run `code`."""
    lines = "import time, threading\n" + code + "\nprint(*(thread.name for thread in threading.enumerate()))"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.test_settings"}
    ran = subprocess.run(
        [sys.executable, "-c", lines], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return set(ran.stdout.split())


def test_the_embedded_worker_has_one_and_the_web_process_has_none():
    web = "from config.wsgi import application\nimport webhooks.tasks"
    worker = web + "\nfrom development.processes import start_worker\nstart_worker()\ntime.sleep(3)"

    assert "self-sweep" not in threads_after(web)
    assert "self-sweep" in threads_after(worker)
