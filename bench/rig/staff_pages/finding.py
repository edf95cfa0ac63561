"""The pages of the site, by its own addresses: lists, rows, forms, questions, and what each leads to."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from bench.rig.staff_pages.lists import list_pages
from bench.rig.staff_pages.page import Page
from bench.rig.staff_pages.rows import first_rows, looked_at, several
from bench.rig.staff_pages.terms import TERMS

# Without rows of anybody; the last two are no pages.
PLAIN = ("index", "login", "password_change", "password_change_done", "jsi18n")
LEFT_OUT = {"logout", "view_on_site", "autocomplete", "app_list"}


class UnknownPageError(LookupError):
    """An address of the admin that nobody here knows how to open."""


def pages(client: Client) -> Iterator[Page]:
    """Raises UnknownPageError. What Django remembers of models is read before."""
    ContentType.objects.get_for_models(*apps.get_models())
    yield from front_pages(client)
    for model in admin.site._registry:
        yield from list_pages(client, model)
        yield from question_pages(model)
    for pattern in patterns(admin.site.urls[0]):
        yield from pages_at(client, pattern)
    yield from completions()


def front_pages(client: Client) -> Iterator[Page]:
    """The front page and each address on it, the lists of each app, and the search box."""
    yield from (Page(name, reverse(f"admin:{name}"), "site") for name in PLAIN)
    shown = client.get(reverse("admin:index")).context
    for tile in shown["tiles"]:
        yield Page(f"tile {tile.title}", tile.url, "front page")
    for place, failure in enumerate(shown["failures"][:3]):
        yield Page(f"failure group {place + 1}", failure["url"], "front page")
    for app in shown["available_apps"]:
        yield Page(f"app {app['app_label']}", app["app_url"], "site")
    for name, term in TERMS.items():
        yield Page(f"search box: {name}", f"{reverse('staff-search')}?{urlencode({'q': term})}", "search box")


def patterns(found: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for one in found:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns)
        elif one.name and one.name not in {*PLAIN, *LEFT_OUT}:
            yield one


def pages_at(client: Client, pattern: URLPattern) -> Iterator[Page]:
    """The page of each row that is looked at; a list's and a form's are one page."""
    model, page = of_model(str(pattern.name))
    parameters = set(pattern.pattern.converters)
    words = model._meta.verbose_name
    if not parameters:
        if page != "changelist":
            yield Page(f"{words}: {page}", reverse(f"admin:{pattern.name}"), page)
        return
    for which, row in looked_at(model):
        given = arguments(parameters, row)
        url = reverse(f"admin:{pattern.name}", kwargs=given)
        yield Page(f"{words}: {page} of {which}", url, page)
        if page == "change":
            yield from leads(client, Page(f"{words} of {which}", url, "leads on"))


def of_model(name: str) -> tuple[type[Model], str]:
    for model in admin.site._registry:
        prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(prefix):
            return model, name.removeprefix(prefix)
    raise UnknownPageError(name)


def arguments(parameters: set[str], row: Model) -> dict[str, Any]:
    known = {"object_id": row.pk, "id": row.pk, "signup_id": first_rows()["signup"]}
    missing = parameters - set(known)
    if missing:
        raise UnknownPageError(f"What to give as {', '.join(sorted(missing))}?")
    return {name: known[name] for name in parameters}


def leads(client: Client, page: Page) -> Iterator[Page]:
    """What a row's page leads to."""
    context = page.open(client).context
    if context is None or "elsewhere" not in context:
        return
    more = [link for table in context["tables"] for link in table.more]
    for words, url in [*context["elsewhere"], *more]:
        yield Page(f"{page.name}: {words}", url, "leads on")


def question_pages(model: type[Model]) -> Iterator[Page]:
    """Each action's question, for a page of rows and for all that are found."""
    model_admin: Any = admin.site.get_model_admin(model)
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    chosen = several(model)
    names = list(model_admin.actions or ())
    if not names and model_admin.has_delete_permission.__func__ is admin.ModelAdmin.has_delete_permission:
        names = ["delete_selected"]
    for name in names:
        given = {"action": name, "_selected_action": chosen}
        words = model._meta.verbose_name_plural
        yield Page(f"{words}: ask before {name}", url, "question", given)
        yield Page(f"{words}: ask before {name} of all", url, "question", given | {"select_across": "1"})


TYPED = {
    "anything": {"term": ""},
    "a word": {"term": "Customer"},
    "nothing": {"term": "nobody has this"},
    "page 3": {"term": "", "page": "3"},
}


def completions() -> Iterator[Page]:
    """What a field that completes what is typed may ask for: any foreign key to a list with a search."""
    for target, field in completed().items():
        meta = field.model._meta
        which = {"app_label": meta.app_label, "model_name": meta.model_name, "field_name": field.name}
        for words, more in TYPED.items():
            url = f"{reverse('admin:autocomplete')}?{urlencode(which | more)}"
            yield Page(f"completing {target._meta.verbose_name}: {words}", url, "completion")


def completed() -> dict[type[Model], Any]:
    """A foreign key to each model whose list can be searched."""
    fields = [field for source in apps.get_models() for field in source._meta.concrete_fields]
    keys: dict[Any, Any] = {field.remote_field.model: field for field in fields if field.remote_field}
    lists = admin.site._registry
    return {model: key for model, key in keys.items() if model in lists and lists[model].search_fields}
