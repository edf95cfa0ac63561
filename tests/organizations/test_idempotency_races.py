"""The same key at the same moment, on PostgreSQL with a connection each: one change, whoever comes when."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from onboarding.models import OnboardingLink
from organizations import retention
from organizations.models import IdempotencyKey
from tests.conftest import Api
from tests.organizations.test_idempotency import post
from tests.organizations.test_idempotency_claims import ORDER
from tests.wabas.world import at_once, on_postgresql

pytestmark = [on_postgresql, pytest.mark.django_db(transaction=True)]
MANY = 20


def callers(api: Api, count: int = MANY) -> list[Api]:
    return [Api(api.key, api.organization, Client()) for _ in range(count)]


def told(answers: list[Any]) -> Counter[int]:
    """How often each status was answered; a 409 names the time to come again."""
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(answer["Retry-After"] for answer in answers if answer.status_code == 409)
    return Counter(answer.status_code for answer in answers)


def calls(api: Api, *given: Any) -> list[Callable[[], Any]]:
    return [lambda one=one: post(one, *given) for one in callers(api)]  # type: ignore[misc]


def test_of_twenty_at_once_one_makes_the_change(api):
    answers = at_once(*calls(api))

    assert set(told(answers)) <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert OnboardingLink.objects.count() == IdempotencyKey.objects.count() == 1
    assert post(api).status_code == 201


def test_of_twenty_at_once_one_asks_the_supplier(api, plan):
    gate = threading.Event()
    plan.asking = lambda: gate.wait(10)
    threading.Timer(1.0, gate.set).start()

    answers = at_once(*calls(api, "orders", ORDER))

    assert told(answers) == {201: 1, 409: MANY - 1}
    assert OnboardingLink.objects.count() == 1


def test_of_twenty_that_find_a_dead_claim_one_takes_it_over(api, plan):
    plan.is_bound = False
    post(api, "orders", ORDER)
    IdempotencyKey.objects.update(
        status=None, answer=None, claim_token=api.organization.pk, claimed_until=timezone.now()
    )
    gate = threading.Event()
    plan.asking = lambda: gate.wait(10)
    threading.Timer(1.0, gate.set).start()

    answers = at_once(*calls(api, "orders", ORDER))

    assert told(answers) == {201: 1, 409: MANY - 1}
    assert OnboardingLink.objects.count() == 2


def test_twenty_who_find_a_bound_key_are_all_answered_from_what_is_stored(api, plan):
    link = post(api, "orders", ORDER).json()["data"]["id"]
    IdempotencyKey.objects.update(
        status=None, answer=None, claim_token=api.organization.pk, claimed_until=timezone.now(),
        bound_to=f"order:{link}",
    )  # fmt: skip

    answers = at_once(*calls(api, "orders", ORDER))

    assert told(answers) == {201: MANY}
    assert {answer.json()["data"]["id"] for answer in answers} == {link}
    assert OnboardingLink.objects.count() == 1


def test_twenty_different_bodies_under_one_key_make_one_change(api):
    made = [
        lambda one=one, place=place: post(one, "onboarding-links", {"name": f"Acme {place}"})
        for place, one in enumerate(callers(api))
    ]

    answers = at_once(*made)

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: MANY - 1}
    assert OnboardingLink.objects.count() == 1


def test_twenty_keys_at_once_do_not_wait_for_each_other(api):
    made = [
        lambda one=one, place=place: post(one, key=f"order-{place}") for place, one in enumerate(callers(api))
    ]

    assert told(at_once(*made)) == {201: MANY}
    assert OnboardingLink.objects.count() == MANY


def test_who_takes_over_waits_for_whoever_binds_at_that_moment(api, plan):
    """The claim is over, and its request is just about to commit what is bound: it is not done again."""
    met: list[Any] = []
    other = threading.Thread(target=lambda: met.extend(at_once(*calls(api, "orders", ORDER)[:1])))

    def begin_other() -> None:
        IdempotencyKey.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
        other.start()

    plan.before, plan.storing = begin_other, lambda: other.join(0.5)
    first = post(api, "orders", ORDER)
    other.join(10)

    assert first.status_code == 201
    assert met[0].json() == first.json()
    assert OnboardingLink.objects.count() == 1


def test_what_is_used_again_at_the_moment_when_it_is_pruned_stays(api):
    post(api)
    now = timezone.now()
    IdempotencyKey.objects.update(kept_until=now)

    with transaction.atomic():
        list(IdempotencyKey.objects.select_for_update())
        (pruned,) = at_once(lambda: list(retention.prune(now)))

    assert pruned == []
    assert IdempotencyKey.objects.count() == 1
