"""What became of a link's templates, written under its row's lock: by the hand-in, and by Meta's word."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from api.times import timestamp
from meta_graph.templates import TemplateInfo
from onboarding.models import OnboardingLink
from onboarding.starter_templates.rows import Row
from onboarding.starter_templates.templates import template_of
from wabas.message_templates.events import STATUS_UPDATED, status_updated
from wabas.models import Waba
from webhooks.events import publish

# What Meta has decided; everything else is on its way there, or what came of it later.
DECISIONS = frozenset({"APPROVED", "REJECTED"})


@dataclass(frozen=True)
class Decision:
    """What Meta says of one template; `at` is Meta's time."""

    meta_template_id: str | None
    name: str
    language_code: str
    status: str
    reason: str | None
    at: datetime

    def is_about(self, row: Row) -> bool:
        """By Meta's id; by name and language as long as that is not known."""
        if row["metaTemplateId"] and self.meta_template_id:
            return bool(row["metaTemplateId"] == self.meta_template_id)
        return (row["name"], row["languageCode"]) == (self.name, self.language_code)


def named(link_id: UUID) -> list[Row]:
    """The link's rows, each with its name at Meta: whoever hears of a template finds it from here on."""
    with rows_of(link_id) as (link, rows):
        for row in rows:
            template = template_of(row["template"], link.language)
            if row["name"] is None:
                row |= {"name": template.name, "languageCode": template.language_code}
    return rows


def note_failed(link_id: UUID, template: str, reason: str) -> None:
    """It is not at Meta; another try may come."""
    with rows_of(link_id) as (_, rows):
        row = find(rows, template)
        if row["status"] is None:
            row["reason"] = reason


def note_there(link_id: UUID, template: str, info: TemplateInfo, *, waba: Waba, is_new: bool) -> None:
    """It is at Meta. What Meta has said of it meanwhile stays.

    What Meta decides in its very answer to the hand-in is an event, since no webhook has to follow.
    """
    with rows_of(link_id) as (link, rows):
        row = find(rows, template)
        row["metaTemplateId"] = info.id
        if row["status"] is not None:
            return
        status, reason = info.status or "PENDING", info.rejected_reason
        row |= {"status": status, "reason": reason, "isTold": is_new and status in DECISIONS}
        if row["isTold"]:
            name, language_code = row["name"], row["languageCode"]
            data = status_updated(waba, name=name, language_code=language_code, status=status, reason=reason)
            publish(organization=link.organization, waba=waba, name=STATUS_UPDATED, data=data)


@transaction.atomic
def note_decision(*, waba: Waba, decision: Decision) -> bool:
    """Writes Meta's word to the links that asked for that template; an older one changes nothing.

    False where clients were told the very same when it was handed in.
    """
    is_news = True
    for link in with_templates(waba).select_for_update(of=("self",), no_key=True):
        rows: list[Row] = link.starter_templates
        for row in filter(decision.is_about, rows):
            is_news = is_news and not (row["isTold"] and row["status"] == decision.status)
            take(row, decision)
        link.save(update_fields=["starter_templates"])
    return is_news


def take(row: Row, decision: Decision) -> None:
    at = timestamp(decision.at)
    if row["decidedAt"] is not None and at < row["decidedAt"]:
        return
    row |= {
        "metaTemplateId": decision.meta_template_id or row["metaTemplateId"],
        "status": decision.status,
        "reason": decision.reason,
        "decidedAt": at,
        "isTold": False,
    }


def with_templates(waba: Waba) -> QuerySet[OnboardingLink]:
    return OnboardingLink.objects.filter(waba=waba).exclude(starter_templates=[]).order_by("pk")


@contextmanager
def rows_of(link_id: UUID) -> Iterator[tuple[OnboardingLink, list[Row]]]:
    """The link and its rows, locked; what the block changes in them is saved with it."""
    with transaction.atomic():
        locked = OnboardingLink.objects.select_for_update(of=("self",), no_key=True)
        link = locked.select_related("organization").get(pk=link_id)
        yield link, link.starter_templates
        link.save(update_fields=["starter_templates"])


def find(rows: list[Row], template: str) -> Row:
    return next(row for row in rows if row["template"] == template)
