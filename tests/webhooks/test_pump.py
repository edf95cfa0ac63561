"""The pump at work: many endpoints, slow ones, rings, shutdown, and a database that goes away."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.celery import app
from organizations.services import create_organization
from outbound.addresses import AddressPolicy
from tests.waiting import eventually
from tests.webhooks.receivers import Answer, Receiver, receiving
from webhooks import pump as pumps
from webhooks import tasks
from webhooks.delivery import claim
from webhooks.delivery.sending import session_for
from webhooks.events import publish
from webhooks.models import Attempt, Delivery, OutgoingWebhook
from webhooks.pump import Pump
from webhooks.services import create_webhook, update_webhook

NAME = "message.received"
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs a second connection")


@pytest.fixture
def other_receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def happen(organization, times: int = 1) -> None:
    with transaction.atomic():
        for _ in range(times):
            publish(organization=organization, name=NAME, data={})


def states() -> dict[str, int]:
    return dict(Counter(Delivery.objects.values_list("state", flat=True)))


def never() -> None:
    raise AssertionError("rang, though its time was not up")


def in_thread(work) -> threading.Thread:
    """Runs `work` with a database connection of its own."""

    def run() -> None:
        work()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_turn_delivers_everything_that_is_due(organization, receiver):
    for number in range(5):
        create_webhook(organization=organization, url=f"{receiver.url}/{number}", events=["*"])
    happen(organization, 20)

    Pump().run(when_time_is_up=never)

    assert states() == {"succeeded": 100}
    assert len({(got.path, got.headers["webhook-id"]) for got in receiver.got}) == len(receiver.got) == 100


def test_the_tasks_have_the_names_that_beat_rings(organization, webhook, receiver):
    happen(organization)

    app.tasks["webhooks.deliver"]()
    happen(organization)
    app.tasks["webhooks.sweep_deliveries"]()

    assert len(receiver.got) == 2
    rung = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "webhooks.sweep_deliveries" in rung


def test_a_slow_endpoint_delays_nobody_else_and_gets_its_cap_at_once(
    organization, webhook, receiver, other_receiver
):
    create_webhook(organization=organization, url=other_receiver.url, events=["*"])
    happen(organization, 12)
    receiver.answers = [Answer(after=1)] * 12
    arrived: list[float] = []
    began = time.monotonic()

    def watch() -> None:
        eventually(lambda: len(other_receiver.got) == 12)
        arrived.append(time.monotonic() - began)

    watcher = in_thread(watch)
    Pump().run(when_time_is_up=never)
    watcher.join()

    assert states() == {"succeeded": 24}
    assert arrived[0] < 1
    assert receiver.most_at_once == 4


def test_threads_that_begin_together_make_one_session():
    policy = AddressPolicy(allowed_networks=(ip_network("192.0.2.0/24"),))

    with ThreadPoolExecutor(16) as threads:
        sessions = set(threads.map(lambda _: session_for(policy), range(16)))

    assert len(sessions) == 1


def test_threads_that_send_hold_no_database_connection(organization, webhook, receiver):
    happen(organization, 8)
    Pump().run(when_time_is_up=never)

    count = len(pumps.senders()._threads)
    together = threading.Barrier(count)

    def held() -> object:
        together.wait(5)
        return connections["default"].connection

    assert [future.result() for future in [pumps.senders().submit(held) for _ in range(count)]] == [
        None
    ] * count


def test_a_secret_that_cannot_be_read_stops_its_own_endpoint_only(organization, webhook, receiver):
    broken = create_webhook(organization=organization, url=receiver.url, events=["*"])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE webhooks_outgoingwebhook SET secret = 'not a token' WHERE url = %s AND created_at = %s",
            [broken.url, connection.ops.adapt_datetimefield_value(broken.created_at)],
        )
    happen(organization)

    Pump().run(when_time_is_up=never)

    failed = Delivery.objects.get(webhook_id=broken.pk)
    assert (failed.state, failed.last_error) == ("pending", "internal")
    assert Delivery.objects.get(webhook_id=webhook.pk).state == "succeeded"


def test_when_its_time_is_up_a_turn_rings_and_whoever_comes_goes_on_with_what_is_in_hand(
    organization, webhook, receiver, monkeypatch
):
    monkeypatch.setattr(pumps, "TURN_SECONDS", 0.15)
    receiver.answers = [Answer(after=0.5)]
    happen(organization)
    rings: list[bool] = []

    Pump().run(when_time_is_up=lambda: rings.append(True))

    assert 2 <= len(rings) <= 4
    assert states() == {"succeeded": 1}


@pytest.mark.django_db
def test_at_shutdown_what_was_not_begun_is_given_back_at_once(receiver):
    for name in ("One", "Two", "Three"):
        each = create_organization(name=name)
        for number in range(14):
            create_webhook(organization=each, url=f"{receiver.url}/{name}/{number}", events=["*"])
        happen(each)
    receiver.hold.clear()
    pump = Pump()

    def shut_down() -> None:
        eventually(lambda: len(receiver.got) == pumps.FAST_THREADS)
        pump.stop()
        time.sleep(0.3)
        receiver.hold.set()

    watcher = in_thread(shut_down)
    pump.run(when_time_is_up=never)
    watcher.join()

    assert states() == {"succeeded": pumps.FAST_THREADS, "pending": 42 - pumps.FAST_THREADS}
    assert set(Delivery.objects.filter(state="pending").values_list("attempt_count", flat=True)) == {0}


def test_what_waited_in_hand_beyond_its_lease_is_not_sent(organization, webhook, receiver):
    happen(organization)
    (claimed,) = claim(1, now=timezone.now())

    assert pumps.attempted(claimed, lambda: claimed.lease_expires_at) is None
    assert receiver.got == []


def test_a_sweep_with_nothing_due_costs_one_query(organization, webhook):
    with CaptureQueriesContext(connection) as captured:
        tasks.sweep_deliveries()

    assert len(captured) == 1


def test_a_sweep_takes_up_what_died_and_sends_it(organization, webhook, receiver):
    happen(organization)
    claim(1, now=timezone.now())
    later = timezone.now() + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)

    Pump().sweep(when_time_is_up=never, clock=lambda: later)

    assert states() == {"succeeded": 1}
    assert list(Attempt.objects.order_by("number").values_list("error", flat=True)) == ["unknown", None]


def test_activating_an_endpoint_rings(organization, webhook, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as rung:
        update_webhook(webhook=webhook, changes={"description": "x"})
    assert rung == []

    with django_capture_on_commit_callbacks(execute=True) as rung:
        update_webhook(webhook=webhook, changes={"is_active": True})
    assert len(rung) == 1


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_ring_during_a_turn_is_heard_by_that_turn(organization, webhook, receiver):
    pump = Pump()
    receiver.hold.clear()
    happen(organization)
    turn = in_thread(lambda: pump.run(when_time_is_up=never))
    eventually(lambda: len(receiver.got) == 1)
    create_webhook(organization=organization, url=f"{receiver.url}/other", events=["*"])

    happen(organization)
    pump.run(when_time_is_up=never)
    eventually(lambda: len(receiver.got) >= 2)
    receiver.hold.set()
    turn.join()

    assert states() == {"succeeded": 3}


@pytest.mark.parametrize("turn_seconds", [20.0, 0.1])
@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_ring_is_heard_at_once_while_every_send_hangs(
    organization, webhook, receiver, other_receiver, monkeypatch, turn_seconds
):
    monkeypatch.setattr(pumps, "GATHER_SECONDS", 5 if turn_seconds > 1 else 0.03)
    monkeypatch.setattr(pumps, "TURN_SECONDS", turn_seconds)
    pump = Pump()
    receiver.hold.clear()
    happen(organization)
    turn = in_thread(lambda: pump.run(when_time_is_up=lambda: None))
    eventually(lambda: len(receiver.got) == 1)
    create_webhook(organization=organization, url=other_receiver.url, events=["*"])

    happen(organization)
    pump.run(when_time_is_up=lambda: None)
    eventually(lambda: len(other_receiver.got) == 1, seconds=4)
    receiver.hold.set()
    turn.join()
    # What a short turn had no time for is the next one's.
    pump.run(when_time_is_up=lambda: None)

    assert states() == {"succeeded": 3}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_pumps_share_the_work_and_send_nothing_twice(organization, receiver):
    for number in range(6):
        create_webhook(organization=organization, url=f"{receiver.url}/{number}", events=["*"])
    happen(organization, 30)

    for turn in [in_thread(lambda: Pump().run(when_time_is_up=never)) for _ in range(3)]:
        turn.join()

    eventually(lambda: states() == {"succeeded": 180})
    assert len(receiver.got) == 180


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_during_a_send_loses_nothing(organization, webhook, receiver):
    receiver.hold.clear()
    happen(organization)
    turn = in_thread(lambda: Pump().run(when_time_is_up=never))
    eventually(lambda: len(receiver.got) == 1)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        assert (True,) in cursor.fetchall()
    receiver.hold.set()
    turn.join()

    assert states() == {"succeeded": 1}
    assert len(receiver.got) == 1


@pytest.fixture
def database_that_refuses_an_answer_of_418() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE webhooks_attempt ADD CONSTRAINT odd CHECK (response_status <> 418)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE webhooks_attempt DROP CONSTRAINT odd")


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("database_that_refuses_an_answer_of_418")
def test_a_result_that_the_database_refuses_holds_up_no_other_and_comes_back_by_its_lease(
    organization, webhook, receiver, other_receiver, caplog
):
    create_webhook(organization=organization, url=other_receiver.url, events=["*"])
    receiver.answers = [Answer(status=418, body=b"a teapot's secret")]
    happen(organization)
    pump = Pump()

    pump.run(when_time_is_up=never)

    assert pump.hand.is_empty
    assert dict(Delivery.objects.values_list("webhook_id", "state"))[webhook.pk] == "in_flight"
    assert states() == {"in_flight": 1, "succeeded": 1}
    assert "a teapot's secret" not in caplog.text
    later = timezone.now() + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS + 1)
    pump.sweep(when_time_is_up=never, clock=lambda: later)
    assert states() == {"succeeded": 2}
    errors = Attempt.objects.filter(delivery__webhook_id=webhook.pk).order_by("number")
    assert list(errors.values_list("error", flat=True)) == ["unknown", None]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_worker_whose_connection_broke_between_tasks_works_again(organization, webhook, receiver):
    happen(organization)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    other.close()
    with pytest.raises(OperationalError):
        Delivery.objects.count()

    tasks.sweep_deliveries()

    assert len(receiver.got) == 1


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_endpoint_made_in_a_transaction_that_rolled_back_gets_nothing(organization, receiver):
    with transaction.atomic():
        create_webhook(organization=organization, url=receiver.url, events=["*"])
        publish(organization=organization, name=NAME, data={})
        tasks.ring_on_commit()
        transaction.set_rollback(True)

    tasks.sweep_deliveries()

    assert receiver.got == []
    assert not OutgoingWebhook.objects.exists()
