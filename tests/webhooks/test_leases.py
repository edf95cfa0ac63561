"""Leases that run out, are given back or settled too late; and what was held for too long."""

from datetime import timedelta

from django.utils import timezone

from tests.webhooks.acts import endpoint, happen, states
from tests.webhooks.receivers import Answer
from webhooks.delivery import Outcome, claim, is_anything_due, recover, release, send, settle
from webhooks.models import Attempt, Delivery
from webhooks.services import update_webhook

LEASE = timedelta(seconds=60)


def test_a_crash_between_claim_and_settle_sends_again_after_the_lease(organization, receiver, go):
    endpoint(organization, url=receiver.url)
    happen(organization)
    now = timezone.now()
    (lost,) = claim(100, now=now)
    send(lost, at=now)

    recover(now + LEASE - timedelta(milliseconds=1))
    assert go(now + LEASE) == []
    assert is_anything_due(now + LEASE)
    recover(now + LEASE)
    (again,) = go(now + LEASE)

    assert again.claimed.attempt == 2
    assert [got.headers["webhook-id"] for got in receiver.got] == [lost.event_id] * 2
    unknown, second = Attempt.objects.order_by("number")
    assert (unknown.number, unknown.error, unknown.response_status, unknown.at) == (1, "unknown", None, now)
    assert (second.number, second.response_status) == (2, 200)
    assert states() == {"succeeded": 1}


def test_a_body_that_kills_its_worker_each_time_ends_after_five_attempts(organization):
    endpoint(organization)
    happen(organization)
    now = timezone.now()

    for _ in range(5):
        assert len(claim(100, now=now)) == 1
        now += LEASE
        recover(now)

    assert claim(100, now=now) == []
    row = Delivery.objects.get()
    assert (row.state, row.last_error, row.attempt_count) == ("failed", "unknown", 5)
    assert Attempt.objects.filter(error="unknown").count() == 5


def test_a_late_failure_is_logged_and_moves_nothing(organization, receiver):
    endpoint(organization, url=receiver.url)
    happen(organization)
    now = timezone.now()
    receiver.answers = [Answer(500)]
    (stale,) = claim(100, now=now)
    recover(now + LEASE)
    (current,) = claim(100, now=now + LEASE)

    settle([send(stale, at=now)], now=now + LEASE)

    row = Delivery.objects.get()
    assert (row.state, row.lease_token) == ("in_flight", current.lease_token)
    assert Attempt.objects.filter(response_status=500).count() == 1


def test_a_late_success_closes_the_delivery(organization, receiver):
    endpoint(organization, url=receiver.url)
    happen(organization)
    now = timezone.now()
    (stale,) = claim(100, now=now)
    recover(now + LEASE)
    (current,) = claim(100, now=now + LEASE)

    settle([send(stale, at=now)], now=now + LEASE)
    receiver.answers = [Answer(500)]
    settle([send(current, at=now + LEASE)], now=now + LEASE)

    assert states() == {"succeeded": 1}


def test_a_result_that_came_too_late_does_not_hold_up_the_others_of_its_batch(organization):
    endpoint(organization)
    happen(organization, 3)
    now = timezone.now()
    stale, gone, good = claim(3, now=now)
    Delivery.objects.filter(pk=stale.delivery_id).update(lease_token=good.delivery_id)
    Delivery.objects.filter(pk=gone.delivery_id).delete()

    settle(
        [
            Outcome(stale, now, 5, status=500, error="http_status"),
            Outcome(gone, now, 5, status=500, error="http_status"),
            Outcome(good, now, 5, status=200),
        ],
        now=now,
    )

    assert states() == {"in_flight": 1, "succeeded": 1}
    assert Attempt.objects.count() == 2


def test_what_is_given_back_is_as_if_it_had_not_been_claimed(organization):
    endpoint(organization)
    happen(organization, 2)
    before = list(Delivery.objects.order_by("pk").values())

    release(claim(100, now=timezone.now()))

    assert list(Delivery.objects.order_by("pk").values()) == before


def test_a_stale_claim_gives_nothing_back(organization):
    endpoint(organization)
    happen(organization)
    now = timezone.now()
    stale = claim(100, now=now)
    recover(now + LEASE)
    (current,) = claim(100, now=now + LEASE)

    release(stale)

    assert Delivery.objects.get().lease_token == current.lease_token


def test_what_is_held_for_72_hours_fails_as_expired(organization):
    webhook = endpoint(organization)
    active = endpoint(organization, "active")
    happen(organization)
    update_webhook(webhook=webhook, changes={"is_active": False})
    due = Delivery.objects.get(webhook=webhook).event.created_at

    recover(due + timedelta(hours=71, minutes=59))
    assert states() == {"pending": 2}
    recover(due + timedelta(hours=72))

    row = Delivery.objects.get(webhook=webhook)
    assert (row.state, row.last_error, row.attempt_count) == ("failed", "expired", 0)
    assert Delivery.objects.get(webhook=active).state == "pending"


def test_the_sweep_sees_what_was_held_too_long_and_not_what_is_held(organization):
    webhook = endpoint(organization)
    happen(organization)
    update_webhook(webhook=webhook, changes={"is_active": False})
    now = timezone.now()

    assert not is_anything_due(now)
    assert not is_anything_due(now + timedelta(hours=71))
    assert is_anything_due(now + timedelta(hours=72))
