"""A form on a page of its own, for what may ask Meta: its refusal stands above the form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from api.errors import ApiError, of_graph
from meta_graph.errors import GraphError
from organizations.admin.cells import admin_url, list_url


@dataclass(frozen=True)
class AskingForm:
    """`act` does it with the form's cleaned data, outside of any transaction, and gives the row to go to."""

    title: str
    intro: str
    button: str
    form: type[forms.Form]
    act: Callable[[dict[str, Any]], Model]
    done: str
    initial: dict[str, Any] = field(default_factory=dict)

    def answer(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> HttpResponse:
        form = self.form(request.POST) if request.method == "POST" else self.form(initial=self.initial)
        if request.method == "POST" and form.is_valid():
            try:
                row = self.act(form.cleaned_data)
            except (ApiError, GraphError) as failure:
                form.add_error(None, str(of_graph(failure) if isinstance(failure, GraphError) else failure))
            else:
                model_admin.message_user(request, self.done, messages.SUCCESS)
                return HttpResponseRedirect(admin_url(row))
        return self.page(request, model_admin, form)

    def page(
        self, request: HttpRequest, model_admin: "ModelAdmin[Any]", form: forms.Form
    ) -> TemplateResponse:
        context = model_admin.admin_site.each_context(request) | {
            "title": self.title,
            "once": self,
            "form": form,
            "media": model_admin.media + form.media,
            "opts": model_admin.opts,
            "list_title": capfirst(model_admin.opts.verbose_name_plural),
            "list_url": list_url(model_admin.model),
        }
        return TemplateResponse(request, "admin/once_form.html", context)
