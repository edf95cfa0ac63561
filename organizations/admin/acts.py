"""What staff can do to rows: from a list or from a row's page, after a page that asks whether to."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from api.errors import ApiError, HalfDoneError, of_graph
from meta_graph.errors import GraphError
from organizations.admin.audit import Outcome, note_act, note_done, note_refusal
from organizations.admin.cells import admin_url, list_url
from organizations.models import StaffAction

if TYPE_CHECKING:
    from organizations.admin.rows import RowAdmin

# So many at once and no more: each is a call of a service; one that calls out may take ten seconds and more.
MOST_AT_ONCE, MOST_CALLING_OUT = 200, 20
ONE_BY_ONE = f" One after another, {MOST_CALLING_OUT} at most: each may take some seconds."

Act = Callable[..., None]
Action = Callable[["RowAdmin", HttpRequest, QuerySet[Any]], HttpResponse]
Choices = list[tuple[str, str]]
# What the page asks: the same for all rows, or in words about these.
Question = str | Callable[[list[Any]], str]


def reason_field() -> forms.CharField:
    return forms.CharField(
        label="Reason",
        min_length=3,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text="Such as the ticket, or who asked for it. It stays in the log.",
    )


class ReasonForm(forms.Form):
    """Why it is done, for whoever reads the log later; and what of several, where there is a choice."""

    choice = forms.ChoiceField(label="Which")
    reason = reason_field()

    def __init__(self, data: Any = None, *, choices: Choices | None = None) -> None:
        super().__init__(data, use_required_attribute=True)
        if choices is None:
            del self.fields["choice"]
        else:
            self.fields["choice"].choices = choices  # type: ignore[attr-defined]
        self.fields["reason"].widget.attrs["autofocus"] = True


@dataclass(frozen=True)
class Doing:
    """One action that was said yes to: how it is called, what it does to a row, and why.

    `touches`: the other rows that an act on one changes, whose log has it too.
    """

    label: str
    act: Callable[[Any, Any], None]
    reason: str
    deletes: bool = False
    touches: Callable[[Any], Iterable[Any]] = lambda _: ()


def confirmed(
    label: str,
    question: Question,
    *,
    permission: str = "operate",
    deletes: bool = False,
    calls_out: bool = False,
    choose: Callable[[list[Any]], Choices] | None = None,
    touches: Callable[[Any], Iterable[Any]] = lambda _: (),
) -> Callable[[Act], Action]:
    """Makes an admin action of a method that changes one row, or raises ApiError to say why not.

    One that `calls_out` asks Meta for something, may raise GraphError too, and has its own transactions: it
    does fewer rows at once, since somebody waits for the page.
    `choose` gives values and words for the rows; the method gets the chosen value as `choice`.
    `touches` gives the rows beside one, of whomever, that are changed with it: the log of each has the act.
    """
    done_by = is_done_outside if calls_out else is_done
    most = MOST_CALLING_OUT if calls_out else MOST_AT_ONCE

    def decorated(act: Act) -> Action:
        @admin.action(description=label, permissions=[permission])
        @functools.wraps(act)
        def action(model_admin: "RowAdmin", request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
            chosen = list(rows[: most + 1])
            if len(chosen) > most:
                text = f"Choose at most {most} rows for “{label}”. Nothing was changed."
                model_admin.message_user(request, text, messages.ERROR)
                return HttpResponseRedirect(list_url(model_admin.model))
            form = form_of(request, choose(chosen) if choose else None)
            if not form.is_valid():
                words = question if isinstance(question, str) else question(chosen)
                words += ONE_BY_ONE if calls_out and len(chosen) > 1 else ""
                return asked(model_admin, request, chosen, label, words, act.__name__, form)
            doing = doing_of(label, act, form.cleaned_data, deletes=deletes, touches=touches)
            done = [row for row in chosen if done_by(model_admin, request, row, doing)]
            if done:
                names = ", ".join(str(row) for row in done[:5]) + (" …" if len(done) > 5 else "")
                model_admin.message_user(request, f"{label}: done for {names}.", messages.SUCCESS)
            return HttpResponseRedirect(next_page(model_admin, request, chosen))

        return action

    return decorated


def form_of(request: HttpRequest, choices: Choices | None = None) -> ReasonForm:
    """Filled in once the question was answered; before that it is only shown."""
    return ReasonForm(request.POST if "confirmed" in request.POST else None, choices=choices)


def doing_of(label: str, act: Act, given: dict[str, Any], **more: Any) -> Doing:
    if "choice" not in given:
        return Doing(label, act, given["reason"], **more)
    called = functools.partial(act, choice=given["choice"])
    return Doing(f"{label}: {given['choice']}", called, given["reason"], **more)


def asked(
    model_admin: "RowAdmin",
    request: HttpRequest,
    rows: list[Any],
    label: str,
    question: str,
    name: str,
    form: ReasonForm | None = None,
    url: str = "",
) -> HttpResponse:
    """The page that asks. Nothing has happened yet. The answer goes to `url`, else to the list."""
    context = model_admin.admin_site.each_context(request) | {
        "title": f"{label}?",
        "label": label,
        "question": question,
        "action": name,
        "rows": [(row, admin_url(row)) for row in rows],
        "checkbox": ACTION_CHECKBOX_NAME,
        "form": form or form_of(request),
        "url": url or list_url(model_admin.model),
        "back_url": admin_url(rows[0]) if len(rows) == 1 else list_url(model_admin.model),
        "opts": model_admin.opts,
        "list_title": capfirst(model_admin.opts.verbose_name_plural),
    }
    return TemplateResponse(request, "admin/ask.html", context)


def is_done(model_admin: "RowAdmin", request: HttpRequest, row: Any, doing: Doing) -> bool:
    """Acts on one row and writes that into the log, or neither. A refusal is told, and logged as one."""
    name = str(row)
    try:
        with transaction.atomic():
            note_act(model_admin, request, row, doing.label, doing.reason, deletes=doing.deletes)
            note_touched(model_admin, request, row, doing)
            doing.act(model_admin, row)
    except ApiError as refused:
        noted = note_act(model_admin, request, row, doing.label, doing.reason)
        note_refusal(noted, str(refused))
        tell_refused(model_admin, request, name, doing.label, refused)
        return False
    return True


def is_done_outside(model_admin: "RowAdmin", request: HttpRequest, row: Any, doing: Doing) -> bool:
    """Acts without a transaction, which a call must not be in. The log says first who asked for it."""
    noted = note_act(model_admin, request, row, doing.label, doing.reason, outcome=Outcome.ASKED)
    touched = note_touched(model_admin, request, row, doing, outcome=Outcome.ASKED)
    try:
        doing.act(model_admin, row)
    except (ApiError, GraphError) as failure:
        refused = of_graph(failure) if isinstance(failure, GraphError) else failure
        note_refusal(noted, str(refused))
        for other in touched:
            note_done(other) if isinstance(refused, HalfDoneError) else note_refusal(other, str(refused))
        tell_refused(model_admin, request, str(row), doing.label, refused)
        return False
    for one in (noted, *touched):
        note_done(one)
    return True


def note_touched(
    model_admin: "RowAdmin", request: HttpRequest, row: Any, doing: Doing, **more: Any
) -> list[StaffAction]:
    """A line in the log of each other row that is changed: whoever helps its owner has to see it there."""
    label = f"{doing.label}, by {row._meta.verbose_name} {row} ({row.pk})"
    return [
        note_act(admin_of(model_admin, other), request, other, label, doing.reason, **more)
        for other in doing.touches(row)
    ]


def admin_of(model_admin: "RowAdmin", row: Any) -> Any:
    return model_admin.admin_site.get_model_admin(type(row))


def tell_refused(
    model_admin: "RowAdmin", request: HttpRequest, name: str, label: str, refused: ApiError
) -> None:
    model_admin.message_user(request, f"{label}: not done for {name}. {refused}", messages.ERROR)


def next_page(model_admin: "RowAdmin", request: HttpRequest, rows: list[Any]) -> str:
    """A single row's own page while it exists, else the list."""
    if len(rows) == 1 and model_admin.get_queryset(request).filter(pk=rows[0].pk).exists():
        return admin_url(rows[0])
    return list_url(model_admin.model)
