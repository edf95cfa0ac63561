"""Workers and scheduler, seen by what they do: a question through each queue, and the sweeps that come."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.cache import cache

from backoffice.doctor.findings import Finding, failed, not_checked, ok, warning
from backoffice.tasks import answer, answer_key

PATIENCE = 5.0
# A question that nobody took is gone from its queue after so long.
EXPIRES = 30.0
INSPECT_SECONDS = 1.0
CLOCK_SECONDS = 5.0
LONGEST_WATCH = 20.0


@dataclass(frozen=True)
class Answered:
    """Who took a queue's question, how long it took, and how far that machine's clock is off, in seconds."""

    worker: str
    seconds: float
    skew: float


def workers() -> Finding:
    """A message through each queue, to whoever serves it, and the answer back through the cache."""
    asked_at = time.time()
    questions = {queue: ask(queue) for queue in settings.CELERY_TASK_QUEUES}
    answers = heard(questions, asked_at)
    silent = [queue for queue in questions if queue not in answers]
    return why_silent(silent, served()) if silent else well(answers)


def well(answers: dict[str, Answered]) -> Finding:
    if late := [one for one in answers.values() if abs(one.skew) > CLOCK_SECONDS]:
        off = ", ".join(sorted({f"{one.worker} by {one.skew:+.0f} s" for one in late}))
        return warning(f"clocks are off: {off}", "Have every machine's clock set by NTP.")
    return ok(", ".join(f"{queue} in {one.seconds * 1000:.0f} ms" for queue, one in sorted(answers.items())))


def ask(queue: str) -> str:
    question = secrets.token_hex(8)
    answer.apply_async(kwargs={"question": question}, queue=queue, expires=EXPIRES, retry=False)
    return question


def heard(questions: dict[str, str], asked_at: float) -> dict[str, Answered]:
    """The answers by queue, once all are there or the patience is over."""
    found: dict[str, Answered] = {}
    ends = time.monotonic() + PATIENCE
    while len(found) < len(questions) and time.monotonic() < ends:
        for queue, question in questions.items():
            said = cache.get(answer_key(question)) if queue not in found else None
            if said:
                now = time.time()
                skew = said["at"] - min(max(said["at"], asked_at), now)
                found[queue] = Answered(said["worker"], now - asked_at, skew)
        time.sleep(0.02)
    return found


def served() -> set[str]:
    """The queues that running workers take messages from."""
    return {queue["name"] for worker in inspected("active_queues").values() for queue in worker}


def why_silent(queues: list[str], served: set[str]) -> Finding:
    """Nobody serves them, or who does is busy or cannot answer."""
    unserved = [queue for queue in queues if queue not in served]
    if unserved:
        return failed(
            f"no worker serves {', '.join(unserved)}",
            f"Start one: celery -A config worker -P threads -c 16 -Q {','.join(unserved)}",
        )
    return warning(
        f"no answer from {', '.join(queues)} within {PATIENCE:g} s, although a worker serves them",
        "Its threads are busy, or it runs an older release: restart it, or start more. See its log.",
    )


def scheduler() -> Finding:
    """The sweeps that workers have done grow in number while we watch: somebody rings for them."""
    schedule = {entry["task"]: float(entry["schedule"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    seconds = 2 * min(schedule.values()) + INSPECT_SECONDS
    if seconds > LONGEST_WATCH:
        return not_checked(f"SWEEP_SECONDS is {settings.SWEEP_SECONDS:g}: too long to wait for a sweep")
    before = done(schedule)
    time.sleep(seconds)
    came = done(schedule) - before
    if came:
        return ok(f"{came.total()} sweeps came within {seconds:g} s")
    return failed(
        f"no sweep came within {seconds:g} s",
        "Start the scheduler, one in all: celery -A config beat. Without it nothing is taken up again whose"
        " message or worker was lost.",
    )


def done(schedule: dict[str, float]) -> Counter[tuple[str, str]]:
    """How many of each scheduled task each worker has taken since its start."""
    return Counter(
        {
            (worker, task): count
            for worker, stats in inspected("stats").items()
            for task, count in stats["total"].items()
            if task in schedule
        }
    )


def inspected(what: str) -> dict[str, Any]:
    """What the workers say of themselves, by their names; empty when none answers."""
    return getattr(current_app.control.inspect(timeout=INSPECT_SECONDS), what)() or {}
