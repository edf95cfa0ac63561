"""What a crash, a lost ring or a worker's end leave behind: it is found, and handled once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meta_events.claiming import BATCH, claim, max_attempts
from meta_events.items import Verdict
from meta_events.mailboxes import with_work
from meta_events.models import Change, Notification
from meta_events.pump import Pump
from meta_events.splitting import split
from meta_events.tasks import process, sweep_notifications
from tests.meta_events.conftest import values
from tests.meta_events.world import change, states, told, worked

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=61)


def test_what_nobody_rang_for_is_found_by_the_sweep(seen):
    told(change("seen"))

    sweep_notifications()

    assert len(seen) == 1


def test_a_ring_handles_what_is_there_and_a_second_one_nothing(seen):
    told(change("seen"))

    process()
    process()

    assert len(seen) == 1


def test_a_process_that_died_between_insert_and_handling_loses_nothing(seen):
    told(change("seen"), change("seen", n=2))
    split(timezone.now())
    dead = claim(timezone.now())
    assert len(dead.changes) == 2

    worked()
    assert not seen
    worked(clock=lambda: timezone.now() + LEASE)

    assert len(seen) == 2
    assert states() == ["done", "done"]
    assert set(Change.objects.values_list("attempts", flat=True)) == {2}


def test_a_change_that_kills_each_worker_ends_after_five_tries_and_its_siblings_are_handled(handling, seen):
    """As a segmentation fault does: nothing is written after the claim."""

    class KilledError(BaseException):
        pass

    def kill(item):
        raise KilledError

    handling("deadly", kill)
    told(change("seen", n=1), change("deadly"), change("seen", n=2), change("seen", n=3))

    deaths, now = 0, timezone.now()
    for _ in range(20):
        try:
            worked(clock=lambda: now)  # noqa: B023
        except KilledError:
            deaths += 1
        now += LEASE

    assert deaths == max_attempts()
    assert sorted(value["n"] for value in values(seen)) == [1, 2, 3]
    assert states() == ["done", "failed", "done", "done"]
    assert Change.objects.get(status="failed").error == "No worker lived to its end."


def test_a_worker_that_is_stopped_gives_back_what_it_has_not_begun(handling):
    pump = Pump(when_done=lambda: None)

    def stop(item):
        pump.stop()
        return Verdict.DONE

    handling("seen", stop)
    told(change("seen"), change("seen", n=2), change("seen", n=3))

    pump.run(when_time_is_up=lambda: None)

    assert states() == ["done", "waiting", "waiting"]
    assert set(Change.objects.filter(status="waiting").values_list("attempts", "lease_token")) == {(0, None)}
    worked()
    assert states() == ["done", "done", "done"]


def test_a_long_batch_keeps_its_lease(handling, settings):
    """Each takes 20 s, and the lease is one of 60."""
    now = [timezone.now()]

    def take_long(item):
        now[0] += timedelta(seconds=20)
        assert with_work(now[0]).since is None
        return Verdict.DONE

    handling("slow", take_long)
    told(*[change("slow", n=number) for number in range(BATCH)])

    worked(clock=lambda: now[0])

    assert states() == ["done"] * BATCH
    assert set(Change.objects.values_list("attempts", flat=True)) == {1}


def test_a_ring_during_a_turn_is_heard_by_it(handling):
    pump = Pump(when_done=lambda: None)
    rings: list[Notification] = []

    def ring_in_between(item):
        if not rings:
            rings.append(told(change("seen", n=2)))
        return Verdict.DONE

    handling("seen", ring_in_between)
    told(change("seen", n=1))

    pump.run(when_time_is_up=lambda: None)

    assert states() == ["done", "done"]
