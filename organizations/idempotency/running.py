"""Runs a view's POST under its key, in a transaction with its answer or claimed before and settled after."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from api.errors import of_drf
from organizations.idempotency.answers import REPLAYED, Answer, is_success
from organizations.idempotency.asking import Asked, asked_by
from organizations.idempotency.claims import CLAIM, Claim, KnownError, claim, enter, refuse_known, store
from organizations.idempotency.settling import let_go, settle
from organizations.models import IdempotencyKey

if TYPE_CHECKING:
    from organizations.viewsets import OrganizationViewSet

Run = Callable[[], Any]


class NotValidatedError(Exception):
    """The action changed something before `self.validated(...)`: outside of the transaction."""


def answered(
    view: OrganizationViewSet, handler: Callable[..., Any], request: Request, *args: Any, **kwargs: Any
) -> Any:
    """What `handler` answers, or what was answered to the same request before."""
    run, asked = partial(handler, request, *args, **kwargs), asked_by(request, view.write_scope)
    try:
        # Most of what is known is known already: who reads it waits for nobody and locks nothing.
        refuse_known(asked)
        how = in_claim if view.commits_as_it_goes else in_transaction
        return how(view, asked, run)
    except KnownError as known:
        return again(view, known.row)


def in_transaction(view: OrganizationViewSet, asked: Asked, run: Run) -> HttpResponse:
    """Begins it when the body has been found right: that may take as long as looking up a host's name."""
    carry(view, None)
    with ExitStack() as stack:
        begun: list[bool] = []

        def begin() -> None:
            if not begun:
                stack.enter_context(transaction.atomic())
                enter(asked)
                begun.append(True)

        view.begin_change = begin
        response = rendered(view, run())
        if is_success(response):
            if not begun:
                raise NotValidatedError(view.action)
            store(asked, Answer.of(response))
    return response


def in_claim(view: OrganizationViewSet, asked: Asked, run: Run) -> HttpResponse:
    held = claim(asked)
    carry(view, held)
    try:
        response = rendered(view, run())
    except Exception as error:
        known = of_drf(error)
        let_go(held, known.status if known else 500)
        raise
    if is_success(response):
        settle(held, Answer.of(response))
    else:
        let_go(held, response.status_code)
    return response


def carry(view: OrganizationViewSet, held: Claim | None) -> None:
    """On Django's request: DRF's shows what that has."""
    setattr(view.request._request, CLAIM, held)


def again(view: OrganizationViewSet, row: IdempotencyKey) -> Any:
    """The answer that is stored, or the view's own of the change that the key is bound to."""
    if row.status is not None and row.answer is not None:
        response = Answer(row.status, row.answer).response()
    else:
        response = view.answer_again(view.request, row.bound_to or "")
    response[REPLAYED] = "true"
    structlog.contextvars.bind_contextvars(is_replayed=True)
    return response


def rendered(view: OrganizationViewSet, response: Any) -> HttpResponse:
    """With the bytes that will be sent; the view finishes it a second time, which changes nothing."""
    finished = view.finalize_response(view.request, response)
    if hasattr(finished, "render"):
        finished.render()
    complete: HttpResponse = finished
    return complete
