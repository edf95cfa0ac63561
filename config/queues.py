"""Celery's broker, queues and clock: who does which task, and what beat rings by itself."""

from typing import Any

QUEUES: dict[str, dict[str, Any]] = {"signup": {}, "messages": {}, "webhooks": {}, "maintenance": {}}
ROUTES = {
    "onboarding.*": {"queue": "signup"},
    "meta_events.*": {"queue": "signup"},
    "inbox.*": {"queue": "messages"},
    "webhooks.*": {"queue": "webhooks"},
    "phones.*": {"queue": "maintenance"},
}
# What each sweep is for, its task, and one in how many sweeps it is.
SWEEPS = (
    ("steps that are due", "onboarding.sweep_signups", 1),
    ("messages that are due", "inbox.sweep_outbox", 1),
    ("deliveries that are due", "webhooks.sweep_deliveries", 1),
    ("what Meta told us", "meta_events.sweep_notifications", 1),
    ("what became ours", "meta_events.hand_out_held", 5),
    ("phones whose check is due", "phones.sweep_phones", 5),
    ("answers whose time is over", "organizations.forget_answers", 60),
)


def beat_schedule(*, sweep_seconds: float) -> dict[str, dict[str, Any]]:
    return {
        name: {"task": task, "schedule": sweep_seconds * every, "options": {"expires": 30}}
        for name, task, every in SWEEPS
    }


def broker_options(*, redis: bool, timeout: float) -> dict[str, Any]:
    """Kombu's transport options: for Redis, which nothing waits for longer than `timeout` seconds, or for
    the queue inside of one process."""
    if not redis:
        return {"polling_interval": 0.02}
    return {
        "visibility_timeout": 300,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "max_retries": 0,
        # A message is a hint, and gone once a worker has it. Given back when a connection breaks, it takes
        # the whole worker along: kombu does so on a connection that it has taken apart already.
        "ack_emulation": False,
    }
