"""Any history of requests, deaths, failures and waiting under one key, beside a model of what is promised."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.errors import ConflictError, MetaFailedError, MetaRefusedError, RateLimitedError
from onboarding.models import OnboardingLink
from tests.conftest import Api
from tests.organizations.orders import Plan
from tests.organizations.test_idempotency import post
from tests.organizations.test_idempotency_claims import LEASE, Killed, raising

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(hours=24)
FREEING = {"refused": MetaRefusedError(), "conflict": ConflictError()}
UNKNOWN = {"limited": RateLimitedError(), "failed": MetaFailedError(), "unforeseen": ZeroDivisionError()}
OUTCOMES = ["done", "killed", *FREEING, *UNKNOWN]
SENDS = st.tuples(st.sampled_from(["one", "two"]), st.sampled_from(OUTCOMES), st.booleans())
WAITS = st.sampled_from([LEASE / 2, LEASE, DAY / 2, DAY])
HISTORIES = st.lists(st.one_of(SENDS, SENDS, SENDS, WAITS), max_size=12)


@dataclass
class Standing:
    """What is known of the key: nothing, a claim, an order that it is bound to, an answer."""

    body: str = ""
    kept_until: datetime | None = None
    claimed_until: datetime | None = None
    bound: str | None = None
    answer: bytes | None = None


@dataclass
class History:
    api: Api
    plan: Plan
    key: str
    now: datetime
    standing: Standing
    runs: int = 0

    def send(self, body: str, outcome: str, is_bound: bool) -> None:
        expected = self.expected(body)
        self.plan.is_bound = is_bound
        error = Killed() if outcome == "killed" else (FREEING | UNKNOWN).get(outcome)
        self.plan.asking = raising(error) if error else lambda: None
        before = set(OnboardingLink.objects.values_list("pk", flat=True))
        with time_machine.travel(self.now, tick=False):
            answer = self.answer(body)
        made = set(OnboardingLink.objects.values_list("pk", flat=True)) - before
        assert len(made) == (expected == "run")
        if expected == "run":
            self.runs += 1
            self.note_run(body, outcome, is_bound, str(made.pop()), answer)
        else:
            self.compare(expected, answer)

    def answer(self, body: str) -> Any:
        try:
            return post(self.api, "orders", {"name": body}, key=self.key)
        except Killed:
            return None

    def expected(self, body: str) -> str:
        is_known = self.standing.kept_until is not None and self.standing.kept_until > self.now
        if not is_known:
            return "run"
        if self.standing.body != body:
            return "conflict"
        if self.standing.answer is not None:
            return "replay"
        if self.standing.claimed_until and self.standing.claimed_until > self.now:
            return "running"
        return "bound" if self.standing.bound else "run"

    def compare(self, expected: str, answer: Any) -> None:
        if expected in {"conflict", "running"}:
            assert answer.status_code == 409
            assert ("Retry-After" in answer) == (expected == "running")
            return
        assert (answer.status_code, answer["Idempotency-Replayed"]) == (201, "true")
        if expected == "replay":
            assert answer.content == self.standing.answer
        else:
            assert answer.json()["data"]["id"] == self.standing.bound

    def note_run(self, body: str, outcome: str, is_bound: bool, made: str, answer: Any) -> None:
        bound = made if is_bound else None
        kept = self.now + DAY
        if outcome == "done":
            assert (answer.status_code, "Idempotency-Replayed" in answer) == (201, False)
            self.standing = Standing(body, kept, answer=answer.content)
        elif outcome == "killed":
            self.standing = Standing(body, kept, claimed_until=self.now + LEASE, bound=bound)
        elif outcome in UNKNOWN and is_bound:
            self.standing = Standing(body, kept, bound=bound)
        else:
            self.standing = Standing()


@settings(
    max_examples=100 if connection.vendor == "sqlite" else 30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(events=HISTORIES)
def test_every_history_of_a_key_keeps_what_is_promised(
    api: Api, plan: Plan, settings: Any, events: Any
) -> None:
    settings.API_RATE_LIMIT = "1000000/minute"
    api.client.raise_request_exception = False
    OnboardingLink.objects.all().delete()
    history = History(api, plan, str(uuid4()), timezone.now(), Standing())

    for event in events:
        if isinstance(event, timedelta):
            history.now += event
        else:
            history.send(*event)

    assert OnboardingLink.objects.count() == history.runs
