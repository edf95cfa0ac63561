"""Actions that commit by themselves under an Idempotency-Key: claimed, bound, taken over, answered."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone

from api.errors import MetaFailedError, MetaRefusedError, RateLimitedError
from onboarding.models import OnboardingLink
from organizations.models import IdempotencyKey
from tests.conftest import Api
from tests.organizations.orders import Plan
from tests.organizations.test_idempotency import post, refusal

pytestmark = pytest.mark.django_db(transaction=True)
ORDER = {"name": "One pizza"}
LEASE = timedelta(seconds=configured.IDEMPOTENCY_LEASE_SECONDS)


class Killed(BaseException):
    """The process ends here: nothing after it is run."""


def order(api: Api, **body: str) -> Any:
    return post(api, "orders", ORDER | body)


def raising(error: BaseException) -> Any:
    def asking() -> None:
        raise error

    return asking


def die(api: Api, plan: Plan) -> None:
    plan.asking = raising(Killed())
    with pytest.raises(Killed):
        order(api)
    plan.asking = lambda: None


def placed() -> int:
    return OnboardingLink.objects.count()


def test_the_answer_is_stored_after_the_action_and_given_again(api, plan):
    first, second = order(api), order(api)

    assert (first.status_code, second.content) == (201, first.content)
    assert second["Idempotency-Replayed"] == "true"
    assert placed() == 1


def test_while_it_runs_the_same_key_is_told_to_come_again(api, plan):
    met: list[Any] = []
    plan.asking = lambda: met.extend([order(api), order(api, name="Other")])

    first = order(api)

    assert (first.status_code, placed()) == (201, 1)
    assert [refusal(answer) for answer in met] == [(409, "CONFLICT")] * 2
    assert 1 <= int(met[0]["Retry-After"]) <= 5
    assert "Retry-After" not in met[1]
    assert order(api).content == first.content


def test_after_a_death_the_claim_expires_and_the_action_runs_again(api, plan):
    plan.is_bound = False
    die(api, plan)

    assert refusal(order(api)) == (409, "CONFLICT")
    with time_machine.travel(timezone.now() + LEASE):
        again = order(api)
        assert order(api).content == again.content
    assert (again.status_code, "Idempotency-Replayed" in again) == (201, False)
    assert placed() == 2


def test_after_a_death_what_is_bound_is_never_done_again(api, plan):
    die(api, plan)

    assert refusal(order(api)) == (409, "CONFLICT")
    with time_machine.travel(timezone.now() + LEASE):
        again = order(api)
        OnboardingLink.objects.update(name="One cold pizza")
        later = order(api)
        assert refusal(order(api, name="Other")) == (409, "CONFLICT")
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert (again.json()["data"]["name"], later.json()["data"]["name"]) == ("One pizza", "One cold pizza")
    assert placed() == 1


@pytest.mark.parametrize(
    "error",
    [MetaFailedError(), RateLimitedError(), ZeroDivisionError()],
    ids=lambda error: type(error).__name__,
)
def test_an_unknown_outcome_of_what_is_bound_is_answered_by_what_is_stored(api, plan, error):
    api.client.raise_request_exception = False
    plan.asking = raising(error)

    failed, again = order(api), order(api)

    assert failed.status_code in {429, 500, 502}
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert placed() == 1


def test_a_refusal_of_what_is_bound_frees_the_key(api, plan):
    plan.asking = raising(MetaRefusedError())
    assert order(api).status_code == 422
    plan.asking = lambda: None

    corrected = order(api, name="Two pizzas")

    assert (corrected.status_code, placed()) == (201, 2)


@pytest.mark.parametrize("error", [MetaFailedError(), MetaRefusedError(), ZeroDivisionError()], ids=repr)
def test_a_failure_of_what_is_not_bound_frees_the_key(api, plan, error):
    api.client.raise_request_exception, plan.is_bound = False, False
    plan.asking = raising(error)
    order(api)
    assert not IdempotencyKey.objects.exists()
    plan.asking = lambda: None

    assert order(api, name="Two pizzas").status_code == 201


def test_an_answer_that_is_no_success_frees_the_key_too(api, plan):
    plan.status, plan.is_bound = 503, False

    assert order(api).status_code == 503
    assert not IdempotencyKey.objects.exists()


def overtaken(api: Api, met: list[Any]) -> Any:
    """The claim expires while its request hangs, and another runs from beginning to end."""

    def other() -> None:
        if not met:
            met.append(None)
            IdempotencyKey.objects.update(claimed_until=timezone.now())
            met[0] = order(api)

    return other


def test_who_was_overtaken_before_storing_stores_nothing(api, plan):
    met: list[Any] = []
    plan.before = overtaken(api, met)

    slow = order(api)

    assert met[0].status_code == 201
    assert refusal(slow) == (409, "CONFLICT")
    assert slow["Retry-After"]
    assert placed() == 1
    assert order(api).content == met[0].content


def test_who_was_overtaken_before_answering_leaves_the_others_answer(api, plan):
    plan.is_bound = False
    met: list[Any] = []
    plan.asking = overtaken(api, met)

    slow = order(api)

    assert slow.json()["data"]["id"] != met[0].json()["data"]["id"]
    assert order(api).content == met[0].content


def test_a_bound_request_that_outlives_its_claim_stores_its_answer_all_the_same(api, plan):
    met: list[Any] = []
    plan.asking = overtaken(api, met)

    slow = order(api)

    assert met[0]["Idempotency-Replayed"] == "true"
    assert (slow.status_code, placed()) == (201, 1)
    assert IdempotencyKey.objects.get().status == 201


def test_a_success_whose_answer_cannot_be_stored_is_a_success(api, plan, caplog):
    def away(name: str, other: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {name} RENAME TO {other}")

    table = IdempotencyKey._meta.db_table
    plan.asking = lambda: away(table, "elsewhere")

    first = order(api)
    away("elsewhere", table)

    assert first.status_code == 201
    assert "claim not settled" in caplog.text
    assert refusal(order(api)) == (409, "CONFLICT")
    with time_machine.travel(timezone.now() + LEASE):
        assert order(api).json() == first.json()
    assert placed() == 1


def test_after_a_day_a_bound_key_is_a_new_one(api, plan):
    die(api, plan)

    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert "Idempotency-Replayed" not in order(api, name="Other")
    assert placed() == 2


def test_without_a_key_binding_does_nothing(api, plan):
    answers = [api.post("orders", ORDER) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert (placed(), IdempotencyKey.objects.count()) == (2, 0)


@pytest.mark.parametrize(
    ("call", "error"),
    [("loose", "UnboundError"), ("tight", "UnboundError"), ("unchecked", "NotValidatedError")],
)
def test_an_action_in_the_wrong_order_fails_loudly(api, plan, caplog, call, error):
    assert refusal(post(api, f"orders/{call}", {})) == (500, "INTERNAL_ERROR")
    assert error in caplog.text


def test_an_answer_without_a_body_is_given_again_without_one(api, plan):
    first, second = post(api, "orders/nothing", {}), post(api, "orders/nothing", {})

    assert (first.status_code, second.status_code, second.content) == (204, 204, b"")
    assert "Content-Type" not in second
    assert second["Idempotency-Replayed"] == "true"
