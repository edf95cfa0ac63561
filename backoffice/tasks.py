"""Celery's side of running it: a worker says that it is there, and answers Prometheus."""

import time
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.core.cache import cache

from backoffice import metrics

# Seconds that an answer is kept for whoever asked.
KEPT = 60


def answer_key(question: str) -> str:
    return f"doctor-{question}"


@shared_task(name="backoffice.answer", bind=True)
def answer(self: Any, *, question: str) -> None:
    """Puts its worker's name and clock (Unix seconds) into the cache, under the question."""
    cache.set(answer_key(question), {"worker": self.request.hostname, "at": time.time()}, timeout=KEPT)


@worker_ready.connect
def begin(**_: Any) -> None:
    """In every worker, never in the web process."""
    metrics.serve()
