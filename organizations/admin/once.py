"""Forms whose answer holds a secret: it is shown on the answer's page and nowhere else, ever.

The page that answers the POST is the only place: no redirect, message, session or history carries the
secret, and `Cache-Control: no-store` keeps it out of the browser's memory. A token of the form, good for one
POST, keeps a reload or a double click from making another secret.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.text import capfirst

from api.errors import ApiError
from organizations.admin.cells import list_url

SESSION_KEY, FORM_FIELD, MOST_OPEN = "forms_shown", "form_token", 20


@dataclass(frozen=True)
class Secret:
    label: str
    value: str = field(repr=False)
    hint: str = ""


@dataclass(frozen=True)
class Shown:
    """What was made: a row at `url`, what else is to be known of it, and its secrets."""

    title: str
    url: str
    facts: Sequence[tuple[str, str]]
    secrets: Sequence[Secret]


@dataclass(frozen=True)
class OnceForm:
    """`make` makes the row of the form's cleaned data; what it refuses (ApiError) is said in the form.

    `back_url`: where a form that was sent twice goes. A form may have `sections`, the names of its fields
    by title.
    """

    title: str
    intro: str
    button: str
    form: type[forms.Form]
    make: Callable[[dict[str, Any]], Shown]
    back_url: str
    initial: dict[str, Any] = field(default_factory=dict)

    def answer(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> HttpResponse:
        form = self.form(request.POST) if request.method == "POST" else self.form(initial=self.initial)
        if request.method == "POST" and form.is_valid():
            if not spent(request):
                text = "That form was sent before, so nothing was made now. Its secret was shown then."
                messages.warning(request, text)
                return HttpResponseRedirect(self.back_url)
            try:
                return page(request, model_admin, "admin/shown_once.html", shown=self.make(form.cleaned_data))
            except ApiError as refused:
                tell(form, refused)
        given = {"form": form, "once": self, "token_field": FORM_FIELD, "token": issued(request)}
        given["media"] = model_admin.media + form.media
        return page(request, model_admin, "admin/once_form.html", title=self.title, **given)


def tell(form: forms.Form, refused: ApiError) -> None:
    for detail in refused.details:
        form.add_error(detail["field"] if detail["field"] in form.fields else None, detail["message"])
    if not refused.details:
        form.add_error(None, str(refused))


def issued(request: HttpRequest) -> str:
    token = secrets.token_urlsafe(16)
    request.session[SESSION_KEY] = [*request.session.get(SESSION_KEY, []), token][-MOST_OPEN:]
    return token


def spent(request: HttpRequest) -> bool:
    """Whether the form's token was still good. It is not any more.

    Two POSTs at once have both read the session before either writes it: a row of its own, with the token's
    hash as its key, can be made by one of them alone. It stays until `clearsessions`.
    """
    token, good = request.POST.get(FORM_FIELD, ""), list(request.session.get(SESSION_KEY, []))
    if token not in good:
        return False
    request.session[SESSION_KEY] = [one for one in good if one != token]
    _, is_first = Session.objects.get_or_create(
        session_key=hashlib.sha256(token.encode()).hexdigest()[:40],
        defaults={
            "session_data": SessionStore().encode({}),
            "expire_date": request.session.get_expiry_date(),
        },
    )
    return is_first


def page(request: HttpRequest, model_admin: "ModelAdmin[Any]", template: str, **context: Any) -> HttpResponse:
    usual = model_admin.admin_site.each_context(request) | {
        "opts": model_admin.opts,
        "list_title": capfirst(model_admin.opts.verbose_name_plural),
        "list_url": list_url(model_admin.model),
    }
    response = TemplateResponse(request, template, usual | context)
    add_never_cache_headers(response)
    return response
