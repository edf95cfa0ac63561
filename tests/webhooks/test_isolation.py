"""Nobody waits for another's endpoint: classes, caps, and a pump beside receivers that hang."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from organizations.services import create_organization
from tests.waiting import eventually, seconds_until
from tests.webhooks.receivers import Receiver, receiving
from webhooks import pump as pumps
from webhooks.delivery import Outcome, claim, release, settle
from webhooks.delivery.lanes import CAP
from webhooks.events import publish
from webhooks.models import Attempt, Delivery, OutgoingWebhook, WebhookLane
from webhooks.pump import Pump
from webhooks.services import create_webhook
from webhooks.trust import TRUSTED_SECONDS, Trust

NAME = "message.received"
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="concurrency is PostgreSQL's")


def endpoints(organization, count: int, url: str = "https://{}.example.com") -> list[OutgoingWebhook]:
    return [
        create_webhook(organization=organization, url=url.format(number), events=[NAME])
        for number in range(count)
    ]


def happen(organization, times: int = 1) -> None:
    with transaction.atomic():
        for _ in range(times):
            publish(organization=organization, name=NAME, data={})


def make_slow(webhook: OutgoingWebhook) -> None:
    WebhookLane.objects.create(webhook=webhook, slow_until=timezone.now() + timedelta(days=1))


@pytest.fixture
def hanging() -> Iterator[Receiver]:
    with receiving() as running:
        running.hold.clear()
        yield running


def test_an_organization_has_sixteen_under_way_at_most(organization):
    endpoints(organization, 10)
    happen(organization, CAP)
    other = create_organization(name="Other")
    endpoints(other, 1)
    happen(other)

    claimed = Counter(one.webhook_id for one in claim(100, now=timezone.now()))

    organizations = Counter(OutgoingWebhook.objects.get(pk=pk).organization.name for pk in claimed.elements())
    assert organizations == {organization.name: settings.DELIVERY_ORGANIZATION_CAP, "Other": 1}
    assert max(claimed.values()) == 2
    assert claim(100, now=timezone.now()) == []


def test_the_cap_of_an_organization_is_a_setting(organization, settings):
    settings.DELIVERY_ORGANIZATION_CAP = 5
    endpoints(organization, 10)
    happen(organization)

    assert len(claim(100, now=timezone.now())) == 5


def test_one_of_each_endpoint_is_taken_before_a_second_of_any(organization):
    endpoints(organization, 6)
    happen(organization, CAP)

    claimed = claim(100, now=timezone.now())

    assert len({one.webhook_id for one in claimed[:6]}) == 6
    assert len({one.webhook_id for one in claimed[6:12]}) == 6


def test_a_backlog_is_not_served_before_the_first_of_another(organization):
    endpoints(organization, 1)
    happen(organization, 3)
    endpoints(organization, 1, "https://new.example.com")
    happen(organization)

    assert len({one.webhook_id for one in claim(2, now=timezone.now())}) == 2


def test_an_organization_with_many_due_endpoints_leaves_room_for_the_others(organization):
    endpoints(organization, 40)
    happen(organization)
    for name in ("Two", "Three"):
        other = create_organization(name=name)
        endpoints(other, 1)
        happen(other)

    first = claim(4, now=timezone.now())

    owners = OutgoingWebhook.objects.in_bulk([one.webhook_id for one in first]).values()
    assert len({webhook.organization_id for webhook in owners}) == 3


def test_retries_go_with_the_slow(organization):
    endpoints(organization, 1)
    happen(organization)
    now = timezone.now()
    settle([Outcome(one, now, 5, status=500, error="http_status") for one in claim(10, now=now)], now=now)
    happen(organization)

    later = now + timedelta(minutes=2)
    first, again = sorted(claim(10, now=later), key=lambda one: one.attempt)

    assert (first.attempt, first.is_slow) == (1, False)
    assert (again.attempt, again.is_slow) == (2, True)


def test_a_slow_endpoint_goes_with_the_slow_until_it_is_quick_again(organization):
    slow, quick = endpoints(organization, 2)
    make_slow(slow)
    happen(organization)

    kinds = {one.webhook_id: one.is_slow for one in claim(10, now=timezone.now())}
    release(claim(10, now=timezone.now()))

    assert kinds == {slow.pk: True, quick.pk: False}


def test_each_class_has_its_own_limit(organization):
    for webhook in endpoints(organization, 6)[:3]:
        make_slow(webhook)
    happen(organization)
    now = timezone.now()

    assert Counter(one.is_slow for one in claim(2, 1, now=now)) == {False: 2, True: 1}
    assert Counter(one.is_slow for one in claim(0, 1, now=now)) == {True: 1}
    assert Counter(one.is_slow for one in claim(5, 0, now=now)) == {False: 1}


def test_a_backlog_of_retries_leaves_first_attempts_their_place(organization):
    endpoints(organization, 1)
    happen(organization, 50)
    Delivery.objects.update(attempt_count=1, next_attempt_at=timezone.now() - timedelta(hours=1))
    happen(organization)

    claimed = claim(100, now=timezone.now())

    assert [one.attempt for one in claimed if not one.is_slow] == [1]
    assert len(claimed) == CAP


def test_slow_work_takes_half_of_an_organization_at_most(organization):
    slow = endpoints(organization, 20)
    for webhook in slow:
        make_slow(webhook)
    happen(organization)
    (quick,) = endpoints(organization, 1)
    happen(organization)

    claimed = claim(100, now=timezone.now())

    assert Counter(one.is_slow for one in claimed) == {True: 8, False: 1}
    assert not any(one.is_slow for one in claim(100, now=timezone.now()))
    assert quick.pk in {one.webhook_id for one in claimed}


def test_who_is_not_trusted_gets_one_and_who_waits_for_an_answer_none(organization):
    known, unknown, waiting = endpoints(organization, 3)
    happen(organization, CAP)

    claimed = claim(100, now=timezone.now(), trusts=lambda pk: pk == known.pk, besides=[waiting.pk])

    assert Counter(one.webhook_id for one in claimed) == {known.pk: CAP, unknown.pk: 1}


def test_who_is_not_trusted_gets_one_of_new_and_tried_together(organization):
    (webhook,) = endpoints(organization, 1)
    make_slow(webhook)
    happen(organization, 2)
    Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(attempt_count=1)

    assert len(claim(100, now=timezone.now(), trusts=lambda pk: False)) == 1


def test_trust_lasts_a_minute_and_ends_when_nobody_answers(organization):
    endpoints(organization, 1)
    happen(organization)
    (claimed,) = claim(1, now=timezone.now())
    now = [0.0]
    trust = Trust(lambda: now[0])
    assert not trust.has(claimed.webhook_id)

    trust.note(Outcome(claimed, timezone.now(), 5, status=500, error="http_status"))
    assert trust.has(claimed.webhook_id)
    now[0] = TRUSTED_SECONDS
    assert not trust.has(claimed.webhook_id)
    trust.note(Outcome(claimed, timezone.now(), 5, status=200))
    trust.note(Outcome(claimed, timezone.now(), 5, error="read_timeout"))
    assert not trust.has(claimed.webhook_id)


def test_trust_forgets_those_of_long_ago(organization, monkeypatch):
    monkeypatch.setattr("webhooks.trust.MOST", 3)
    endpoints(organization, 5)
    happen(organization)
    now = [0.0]
    trust = Trust(lambda: now[0])

    for claimed in claim(5, now=timezone.now()):
        trust.note(Outcome(claimed, timezone.now(), 5, status=200))
        now[0] += TRUSTED_SECONDS / 2

    assert len(trust.until) <= 3


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_claimers_at_once_never_exceed_the_cap_of_an_organization(organization):
    endpoints(organization, 30)
    happen(organization, 8)
    lock, at_once, worst = threading.Lock(), [0], [0]

    def work() -> None:
        idle = 0
        while idle < 30:
            claimed = claim(10, now=timezone.now())
            idle = 0 if claimed else idle + 1
            with lock:
                at_once[0] += len(claimed)
                worst[0] = max(worst[0], at_once[0])
            time.sleep(0.003)
            with lock:
                at_once[0] -= len(claimed)
            settle([Outcome(one, timezone.now(), 1, status=200) for one in claimed], now=timezone.now())
        connection.close()

    together([work] * 8)

    assert worst[0] <= settings.DELIVERY_ORGANIZATION_CAP
    assert not Delivery.objects.exclude(state="succeeded").exists()


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_twenty_endpoints_that_hang_delay_none_of_the_thirty_healthy(receiver, hanging):
    """Each of ten organizations has two that hang, with a backlog, and three that answer."""
    owners = [create_organization(name=f"Owner {number}") for number in range(10)]
    for owner in owners:
        endpoints(owner, 2, hanging.url + "/{}/" + owner.name[-1])
        endpoints(owner, 3, receiver.url + "/{}/" + owner.name[-1])
        happen(owner, 4)

    with running_pump():
        eventually(lambda: len(receiver.got) == 120)
        eventually(lambda: not in_flight(receiver))
        delays = []
        for _ in range(10):
            for owner in owners:
                happen(owner)
            delays.append(seconds_until(lambda: not in_flight(receiver)))
        assert len(hanging.got) == 20
        hanging.hold.set()

    assert max(delays) < 1.5
    assert Attempt.objects.filter(error__isnull=False, response_status=None).count() == 0


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_slow_endpoints_hold_their_own_threads_only(receiver, hanging):
    for name in ("One", "Two", "Three"):
        owner = create_organization(name=name)
        for webhook in endpoints(owner, 5, hanging.url + "/{}/" + name):
            make_slow(webhook)
        happen(owner)

    with running_pump():
        eventually(lambda: len(hanging.got) == pumps.SLOW_THREADS)
        time.sleep(0.3)
        assert len(hanging.got) == pumps.SLOW_THREADS
        assert Delivery.objects.filter(state="in_flight").count() == 15
        hanging.hold.set()
        eventually(lambda: len(hanging.got) == 15)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_healthy_endpoints_of_one_organization_wait_for_the_first_timeouts_only(
    organization, receiver, hanging, settings
):
    settings.DELIVERY_SECONDS = 1.0
    endpoints(organization, 20, hanging.url + "/{}")
    happen(organization, 4)
    endpoints(organization, 30, receiver.url + "/{}")

    with running_pump() as pump:
        eventually(lambda: len(hanging.got) >= 16)
        happen(organization)
        eventually(lambda: not in_flight(receiver), 15)
        delays = []
        for _ in range(5):
            happen(organization)
            delays.append(seconds_until(lambda: not in_flight(receiver)))
        pump.stop()
        hanging.hold.set()

    assert max(delays) < 1.5
    assert WebhookLane.objects.filter(slow_until__isnull=False).count() == 20


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_one_bad_endpoint_of_a_thousand_delays_no_other(organization, receiver, hanging, settings):
    settings.DELIVERY_ORGANIZATION_CAP = 64
    OutgoingWebhook.objects.bulk_create(
        OutgoingWebhook(
            organization=organization,
            url=f"{hanging.url if number == 500 else receiver.url}/{number}",
            events=[NAME],
            secret="a-secret-of-a-shop",
        )
        for number in range(1000)
    )
    happen(organization)

    with running_pump():
        took = seconds_until(lambda: len(receiver.got) == 999, 60)
        hanging.hold.set()

    assert took < 9
    assert len(hanging.got) == 1


def in_flight(receiver: Receiver) -> bool:
    rows = Delivery.objects.filter(webhook__url__startswith=receiver.url)
    return rows.filter(state__in=["pending", "in_flight"]).exists()


class running_pump:  # noqa: N801 -- used as a function
    """A worker's pump that sweeps without a pause, in a thread, until the block ends."""

    def __init__(self) -> None:
        self.pump, self.over = Pump(), threading.Event()
        self.thread = threading.Thread(target=self.work)

    def __enter__(self) -> Pump:
        self.thread.start()
        return self.pump

    def __exit__(self, *failure: object) -> None:
        self.over.set()
        self.pump.stop()
        self.thread.join()

    def work(self) -> None:
        try:
            while not self.over.wait(0.02):
                self.pump.sweep(when_time_is_up=lambda: None)
        finally:
            connection.close()


def together(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
