"""Finds rows of every kind that the user may see."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.db.models import Q
from django.http import HttpRequest
from django.utils.text import capfirst

from backoffice.search.kinds import KINDS, Kind
from organizations.admin.audit import organization_of
from organizations.admin.cells import admin_url, list_url
from organizations.admin.found import every_id, first_ids, in_union, read_first

SHOWN_AT_ONCE = 8
LONGEST = 200


@dataclass(frozen=True)
class Hit:
    words: str
    organization: str
    url: str


@dataclass(frozen=True)
class Group:
    """`has_more`: the list of this kind, searched for the same, has others."""

    title: str
    hits: list[Hit]
    has_more: bool
    url: str


def find(request: HttpRequest, site: AdminSite, term: str) -> list[Group]:
    """Whole matches of all kinds; only where there are none, what has the term in it."""
    term = " ".join(term[:LONGEST].replace("\0", " ").split())
    if not term:
        return []
    kinds = [kind for kind in KINDS if site.get_model_admin(kind.model).has_view_permission(request)]
    found = [group_of(request, site, kind, term, kind.whole(term), is_whole=True) for kind in kinds]
    groups = [group for group in found if group]
    if groups:
        return groups
    found = [group_of(request, site, kind, term, list(kind.partial(term)), is_whole=False) for kind in kinds]
    return [group for group in found if group]


def group_of(
    request: HttpRequest, site: AdminSite, kind: Kind, term: str, conditions: list[Q], *, is_whole: bool
) -> Group | None:
    """The newest of what is found. Each condition is a branch of one union, so that each has its own index.

    Only a part may be in so many rows that the newest are sought first; of what is found whole there are few.
    """
    if not conditions:
        return None
    model_admin: Any = site.get_model_admin(kind.model)
    listed = model_admin.get_queryset(request)
    order = listed.query.order_by or kind.model._meta.ordering or ()
    newest = kind.model._default_manager.filter(kind.only).order_by(*order)
    found = [newest.filter(condition) for condition in conditions]
    branches = [every_id(rows) if is_whole else first_ids(rows, SHOWN_AT_ONCE + 1) for rows in found]
    rows = list(listed.filter(pk__in=read_first(in_union(branches)))[: SHOWN_AT_ONCE + 1])
    if not rows:
        return None
    hits = [hit_of(model_admin, row) for row in rows[:SHOWN_AT_ONCE]]
    title = str(capfirst(kind.model._meta.verbose_name_plural))
    url = f"{list_url(kind.model)}?{urlencode({'q': term})}"
    return Group(title, hits, len(rows) > SHOWN_AT_ONCE, url)


def hit_of(model_admin: Any, row: Any) -> Hit:
    organization = organization_of(model_admin, row)
    whose = "" if organization is None or organization == row else organization.name
    return Hit(model_admin.title_of(row), whose, admin_url(row))
