"""Templates of a WABA, asked of Meta at each call. Its events are published by meta_events."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from api.errors import ConflictError, RateLimitedError
from meta_graph import limits, templates
from meta_graph.client import Token, business_token
from meta_graph.errors import Cause, GraphError
from meta_graph.templates import TemplateInfo
from wabas.models import Waba
from wabas.services import note_token_refused
from wabas.subjects import about_waba
from wabas.tokens import TokenStatus, token_status

AGAIN = "Have it connected again by a new onboarding link."


class NotConnectedError(ConflictError):
    message = f"This WABA is disconnected. {AGAIN}"


class TokenError(ConflictError):
    message = f"The access that was granted to this WABA has ended. {AGAIN}"


class PausedError(RateLimitedError):
    """Meta wants to hear nothing of the account until `retry_at`; nothing was asked of it."""

    message = "Meta's rate limit is reached."


def list_templates(*, waba: Waba, filters: dict[str, str]) -> list[TemplateInfo]:
    """By name, each language by itself. `filters` has any of name, status, language. Raises GraphError."""
    token = token_of(waba)
    with asking(waba, token):
        found = templates.list_templates(waba_id=waba.meta_waba_id, token=token, **filters)
    # Meta looks for a part of the name.
    name = filters.get("name")
    chosen = [template for template in found if name is None or template.name == name]
    return sorted(chosen, key=lambda template: (template.name, template.language or ""))


def create_template(*, waba: Waba, given: dict[str, Any]) -> TemplateInfo:
    """Hands a template in; Meta decides later. Raises ConflictError, GraphError."""
    token = token_of(waba)
    with asking(waba, token):
        return templates.create(waba_id=waba.meta_waba_id, token=token, **given)


def delete_template(*, waba: Waba, name: str) -> None:
    """In all its languages. Raises ConflictError, GraphError."""
    token = token_of(waba)
    with asking(waba, token):
        templates.delete(waba_id=waba.meta_waba_id, name=name, token=token)


@contextmanager
def asking(waba: Waba, token: Token) -> Iterator[None]:
    """Calls of the account; a GraphError that says so of its token is written down and goes on."""
    try:
        with about_waba(waba, "templates", failed_reads_only=True):
            yield
    except GraphError as error:
        note_refused_token(waba, token, error)
        raise


def note_refused_token(waba: Waba, token: Token, error: GraphError) -> None:
    if error.cause is Cause.TOKEN_INVALID:
        note_token_refused(waba=waba, token_value=token.value)


def token_of(waba: Waba) -> Token:
    """Raises ConflictError for an account that cannot be used, PausedError while Meta says to wait."""
    current = Waba.objects.get(pk=waba.pk)
    if not current.is_connected:
        raise NotConnectedError
    if token_status(current, timezone.now()) is not TokenStatus.VALID:
        raise TokenError
    if pause := limits.pause_until(current.meta_waba_id):
        seconds = max(1, math.ceil((pause - timezone.now()).total_seconds()))
        raise PausedError(retry_at=pause, headers={"Retry-After": str(seconds)})
    return business_token(current.access_token or "")
