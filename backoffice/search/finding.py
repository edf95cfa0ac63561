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
    term = " ".join(term[:LONGEST].split())
    if not term:
        return []
    kinds = [kind for kind in KINDS if site.get_model_admin(kind.model).has_view_permission(request)]
    found = [group_of(request, site, kind, term, kind.whole(term)) for kind in kinds]
    groups = [group for group in found if group]
    if groups:
        return groups
    found = [group_of(request, site, kind, term, list(kind.partial(term))) for kind in kinds]
    return [group for group in found if group]


def group_of(
    request: HttpRequest, site: AdminSite, kind: Kind, term: str, conditions: list[Q]
) -> Group | None:
    """Each condition is a branch of one union, so that each has its own index."""
    if not conditions:
        return None
    model_admin: Any = site.get_model_admin(kind.model)
    plain = kind.model._default_manager.filter(kind.only).order_by()
    branches = [plain.filter(condition).values("pk") for condition in conditions]
    wanted = branches[0].union(*branches[1:]) if len(branches) > 1 else branches[0]
    rows = list(model_admin.get_queryset(request).filter(pk__in=wanted)[: SHOWN_AT_ONCE + 1])
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
