"""What is made of the answers of workers; the workers themselves are in test_product.py."""

import time

import pytest
from django.core.cache import cache

from backoffice import tasks
from backoffice.doctor import workers
from backoffice.doctor.findings import Status
from backoffice.doctor.workers import Answered, heard, well, why_silent
from tests.backoffice.conftest import look


@pytest.mark.parametrize(("ahead", "skew"), [(0.0, 0), (0.05, 0), (60.0, 60), (-60.0, -60)])
def test_the_clock_of_a_workers_machine_is_known_by_its_answer(ahead, skew):
    asked_at = time.time() - 0.1
    cache.set(tasks.answer_key("a-question"), {"worker": "w@1", "at": asked_at + ahead})

    answer = heard({"signup": "a-question"}, asked_at)["signup"]

    assert answer.worker == "w@1"
    assert round(answer.skew) == skew
    assert 0.1 <= answer.seconds < 2


def test_who_does_not_answer_is_waited_for_so_long_and_no_longer(monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 0.2)
    began = time.monotonic()

    assert heard({"signup": "nobody-hears-this"}, time.time()) == {}
    assert 0.2 <= time.monotonic() - began < 2


def test_a_worker_with_another_clock_is_warned_of():
    finding = well({"signup": Answered("w@1", 0.01, 0.0), "webhooks": Answered("w@2", 0.01, -42.0)})

    assert finding.status is Status.WARNING
    assert finding.message == "clocks are off: w@2 by -42 s"


@pytest.mark.parametrize(
    ("served", "status", "words"),
    [
        (set(), Status.FAILED, "no worker serves signup, webhooks"),
        ({"signup"}, Status.FAILED, "no worker serves webhooks"),
        ({"signup", "webhooks"}, Status.WARNING, "no answer from signup, webhooks within 5 s"),
    ],
)
def test_a_queue_that_nobody_serves_is_told_from_one_that_is_busy(served, status, words):
    finding = why_silent(["signup", "webhooks"], served)

    assert finding.status is status
    assert words in finding.message


def test_sweeps_that_come_too_seldom_are_not_waited_for(settings):
    settings.SWEEP_SECONDS = 60.0
    settings.CELERY_BEAT_SCHEDULE = {"steps": {"task": "onboarding.sweep_signups", "schedule": 60.0}}

    assert look("scheduler").status is Status.NOT_CHECKED
