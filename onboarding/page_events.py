"""Keeps what the page told, with what became of it, and says whose the calls of Graph are meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import Error, transaction
from django.db.models import Count
from django.utils import timezone

from api.errors import ApiError
from api.request_id import current_request_id
from journal.subjects import about
from onboarding.models import OnboardingLink, PageEvent, Signup

log = structlog.get_logger("onboarding.page_events")
# More of one signup is nobody's way through the page.
MOST = 100
BROKE = "INTERNAL_ERROR"


def session_in_words(given: dict[str, Any]) -> str:
    """The event of Meta's window, and the screen at which somebody left it."""
    screen = given["data"].get("current_step")
    return f"{given['event']} at {screen}" if isinstance(screen, str) and screen else str(given["event"])


# What is kept of a call's body. Codes and PINs are not.
DETAILS: dict[str, Callable[[dict[str, Any]], str]] = {
    "session": session_in_words,
    "number": lambda given: f"{given['phone_number']}, {given['method']}",
    "request-code": lambda given: str(given["method"]),
}


@contextmanager
def told(link: OnboardingLink, name: str, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One call of the page, with its checked body. Its refusal (ApiError) is kept and goes on."""
    at, refusal, signup_id = timezone.now(), BROKE, given["signup_id"]
    try:
        with about(organization=link.organization_id, link=link.pk, signup=signup_id, deed=name):
            yield given
        refusal = ""
    except ApiError as refused:
        refusal = refused.code
        raise
    finally:
        detail = DETAILS[name](given) if name in DETAILS else ""
        keep(link, signup_id, name=name, detail=detail, refusal=refusal, at=at)


def keep(
    link: OnboardingLink, signup_id: UUID, *, name: str, detail: str, refusal: str, at: datetime
) -> None:
    """Never raises: the page's answer does not depend on it. What no signup of the link told is not kept."""
    mine = Signup.objects.filter(pk=signup_id, link=link).order_by().annotate(count=Count("told"))
    try:
        with transaction.atomic():
            count = mine.values_list("count", flat=True).first()
            if count is not None and count < MOST:
                PageEvent.objects.create(
                    signup_id=signup_id, name=name, detail=detail[:128], refusal=refusal[:64],
                    request_id=current_request_id()[:128], at=at,
                )  # fmt: skip
    except Error as failure:
        log.warning("not kept what the page told", call=name, error=type(failure).__name__)
