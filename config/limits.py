"""The limits, leases and pauses that the product cannot work with: they stop the start."""

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured

ABOVE_NOTHING = (
    "STEP_LEASE_SECONDS",
    "META_EVENT_LEASE_SECONDS",
    "IDEMPOTENCY_LEASE_SECONDS",
    "MESSAGE_LEASE_SECONDS",
    "MESSAGE_THROUGHPUT",
    "MESSAGE_THROUGHPUT_COEXISTENCE",
    "MESSAGE_THROUGHPUT_HIGH",
    "MESSAGE_PAIR_BURST",
    "MESSAGE_SENDERS",
    "MEDIA_STREAMS",
    "GRAPH_CALL_RETENTION_DAYS",
    "DELIVERY_LEASE_SECONDS",
    "DELIVERY_ORGANIZATION_CAP",
    "META_REQUEST_TIMEOUT",
    "SWEEP_SECONDS",
    "SELF_SWEEP_SECONDS",
    "PAGE_RATE_LIMIT_PER_LINK",
    "PAGE_RATE_LIMIT_PER_ADDRESS",
    "SHARED_INBOX_RATE_LIMIT",
    "SHARED_INBOX_OPENINGS",
    "STAFF_LOGIN_ATTEMPTS_PER_NAME",
    "STAFF_LOGIN_ATTEMPTS_PER_ADDRESS",
)
NOT_NEGATIVE = ("MESSAGE_PAIR_SECONDS", "MESSAGE_REQUEST_SECONDS", "TRUSTED_PROXY_COUNT", "METRICS_PORT")
PAUSES = (
    "STEP_BACKOFF_SECONDS",
    "DELIVERY_BACKOFF_SECONDS",
    "META_EVENT_BACKOFF_SECONDS",
    "MESSAGE_BACKOFF_SECONDS",
)


def check_limits(settings: Mapping[str, Any]) -> None:
    """Raises ImproperlyConfigured with the first wrong variable's name."""
    for sentence in wrong_limits(settings):
        raise ImproperlyConfigured(sentence)


def wrong_limits(settings: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name} must be above 0" for name in ABOVE_NOTHING if settings[name] <= 0)
    yield from (f"{name} must not be negative" for name in NOT_NEGATIVE if settings[name] < 0)
    yield from (
        f"{name} must be pauses of 0 seconds at least"
        for name in PAUSES
        if not all(0 <= pause < math.inf for pause in settings[name])
    )
    if not 0 < settings["DELIVERY_SECONDS"] < settings["DELIVERY_LEASE_SECONDS"]:
        yield "DELIVERY_SECONDS must be above 0 and below DELIVERY_LEASE_SECONDS"
    if settings["ONBOARDING_LINK_TTL"] is not None and settings["ONBOARDING_LINK_TTL"] <= timedelta(0):
        yield "ONBOARDING_LINK_TTL must be empty, or seconds above 0"
    if settings["PHONE_CHECK_SECONDS"] < 60:
        yield "PHONE_CHECK_SECONDS must be at least 60"
    if settings["META_EVENT_RETENTION_DAYS"] < 8:
        yield "META_EVENT_RETENTION_DAYS must be 8 at least: Meta sends again for 7 days"
    days = settings["MESSAGE_RETENTION_DAYS"]
    if days is not None and days < 8:
        yield "MESSAGE_RETENTION_DAYS must be empty, or 8 at least: Meta sends again for 7 days"
    if not settings["MESSAGE_BACKOFF_SECONDS"]:
        yield "MESSAGE_BACKOFF_SECONDS must name a pause"
