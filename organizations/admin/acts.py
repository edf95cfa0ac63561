"""What staff can do to rows: from a list or from a row's page, after a page that asks whether to."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from api.errors import ApiError, of_graph
from meta_graph.errors import GraphError
from organizations.admin.cells import admin_url, list_url

if TYPE_CHECKING:
    from organizations.admin.rows import RowAdmin

# So many at once and no more: each is a call of a service.
MOST_AT_ONCE = 200

Act = Callable[[Any, Any], None]
Action = Callable[["RowAdmin", HttpRequest, QuerySet[Any]], HttpResponse]


def confirmed(
    label: str,
    question: str,
    *,
    permission: str = "operate",
    deletes: bool = False,
    calls_out: bool = False,
) -> Callable[[Act], Action]:
    """Makes an admin action of a method that changes one row, or raises ApiError to say why not.

    One that `calls_out` asks Meta for something, may raise GraphError too, and has its own transactions.
    """
    done_by = is_done_outside if calls_out else functools.partial(is_done, deletes=deletes)

    def decorated(act: Act) -> Action:
        @admin.action(description=label, permissions=[permission])
        @functools.wraps(act)
        def action(model_admin: "RowAdmin", request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
            chosen = list(rows[: MOST_AT_ONCE + 1])
            if len(chosen) > MOST_AT_ONCE:
                text = f"Choose at most {MOST_AT_ONCE} rows for “{label}”. Nothing was changed."
                model_admin.message_user(request, text, messages.ERROR)
                return HttpResponseRedirect(list_url(model_admin.model))
            if "confirmed" not in request.POST:
                return asked(model_admin, request, chosen, label, question, act.__name__)
            done = [row for row in chosen if done_by(model_admin, request, row, label, act)]
            if done:
                names = ", ".join(str(row) for row in done[:5]) + (" …" if len(done) > 5 else "")
                model_admin.message_user(request, f"{label}: done for {names}.", messages.SUCCESS)
            return HttpResponseRedirect(next_page(model_admin, request, chosen))

        return action

    return decorated


def asked(
    model_admin: "RowAdmin", request: HttpRequest, rows: list[Any], label: str, question: str, name: str
) -> HttpResponse:
    """The page that asks. Nothing has happened yet."""
    context = model_admin.admin_site.each_context(request) | {
        "title": f"{label}?",
        "label": label,
        "question": question,
        "action": name,
        "rows": [(row, admin_url(row)) for row in rows],
        "checkbox": ACTION_CHECKBOX_NAME,
        "url": list_url(model_admin.model),
        "back_url": admin_url(rows[0]) if len(rows) == 1 else list_url(model_admin.model),
        "opts": model_admin.opts,
        "list_title": capfirst(model_admin.opts.verbose_name_plural),
    }
    return TemplateResponse(request, "admin/ask.html", context)


def is_done(
    model_admin: "RowAdmin", request: HttpRequest, row: Any, label: str, act: Act, *, deletes: bool
) -> bool:
    """Acts on one row and writes that into its history, or neither. A refusal is told; the others go on."""
    name = str(row)
    try:
        with transaction.atomic():
            if deletes:
                model_admin.log_deletions(request, model_admin.model._base_manager.filter(pk=row.pk))
            else:
                model_admin.log_change(request, row, f"{label}.")
            act(model_admin, row)
    except ApiError as refused:
        tell_refused(model_admin, request, name, label, refused)
        return False
    return True


def is_done_outside(model_admin: "RowAdmin", request: HttpRequest, row: Any, label: str, act: Act) -> bool:
    """Acts without a transaction, which a call must not be in. The history says first who asked for it."""
    model_admin.log_change(request, row, f"{label}.")
    try:
        act(model_admin, row)
    except (ApiError, GraphError) as failure:
        refused = of_graph(failure) if isinstance(failure, GraphError) else failure
        model_admin.log_change(request, row, f"{label}: not done. {refused}")
        tell_refused(model_admin, request, str(row), label, refused)
        return False
    return True


def tell_refused(
    model_admin: "RowAdmin", request: HttpRequest, name: str, label: str, refused: ApiError
) -> None:
    model_admin.message_user(request, f"{label}: not done for {name}. {refused}", messages.ERROR)


def next_page(model_admin: "RowAdmin", request: HttpRequest, rows: list[Any]) -> str:
    """A single row's own page while it exists, else the list."""
    if len(rows) == 1 and model_admin.get_queryset(request).filter(pk=rows[0].pk).exists():
        return admin_url(rows[0])
    return list_url(model_admin.model)
