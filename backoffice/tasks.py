"""Celery's side of the doctor: a worker says that it is there."""

import time
from typing import Any

from celery import shared_task
from django.core.cache import cache

# Seconds that an answer is kept for whoever asked.
KEPT = 60


def answer_key(question: str) -> str:
    return f"doctor-{question}"


@shared_task(name="backoffice.answer", bind=True)
def answer(self: Any, *, question: str) -> None:
    """Puts its worker's name and clock (Unix seconds) into the cache, under the question."""
    cache.set(answer_key(question), {"worker": self.request.hostname, "at": time.time()}, timeout=KEPT)
