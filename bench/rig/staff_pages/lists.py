"""A list as people use it: its pages, each choice of its filters, each head of a column, each search."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.templatetags.admin_list import result_headers
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from bench.rig.staff_pages.page import Page
from bench.rig.staff_pages.terms import TERMS
from organizations.admin.filters import OrganizationFilter


def list_pages(client: Client, model: type[Model]) -> Iterator[Page]:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    words = str(model._meta.verbose_name_plural)
    yield Page(words, url, "list")
    shown: Any = client.get(url).context["cl"]
    last = shown.paginator.num_pages
    yield Page(f"{words}: last page", f"{url}?p={last}" if last > 1 else url, "list")
    yield from filter_pages(shown, url, words)
    for head in result_headers(shown):
        if head.get("sortable"):
            clicked = str(head["url_primary"])
            yield Page(f"{words}: by {head['text']}", url + clicked, "order")
            yield Page(f"{words}: by {head['text']}, the other way", url + turned(clicked), "order")
    if shown.search_fields:
        for name, term in TERMS.items():
            yield Page(f"{words}: search {name}", f"{url}?{urlencode({'q': term})}", "search")


def turned(query: str) -> str:
    return query.replace("o=-", "o=") if "o=-" in query else query.replace("o=", "o=-")


def filter_pages(shown: Any, url: str, words: str) -> Iterator[Page]:
    """All choices but `All`; of organizations the newest, which has the most, and one more."""
    for spec in shown.filter_specs:
        choices = list(spec.choices(shown))[1:]
        if isinstance(spec, OrganizationFilter):
            choices = choices[:2]
        for choice in choices:
            yield Page(f"{words}: {spec.title} {choice['display']}", url + choice["query_string"], "filter")
