"""Message templates of a WABA: listed, handed in for Meta's review, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from meta_graph.answers import Answer, accepted, identifier, reading, rows, text
from meta_graph.client import Token, call, node, pages

FIELDS = "id,name,status,category,language,components,rejected_reason"
NOT_REJECTED = "NONE"


@dataclass(frozen=True)
class TemplateInfo:
    """One template in one language; `name` and `language` together are unique in a WABA.

    `status` is APPROVED, PENDING, REJECTED, PAUSED, DISABLED, IN_APPEAL, LIMIT_EXCEEDED, ARCHIVED,
    PENDING_DELETION or DELETED; `components` are Meta's JSON objects; `rejected_reason` is None for what
    was not rejected. Meta may put a template into another `category` than it was handed in for.
    """

    id: str
    name: str
    status: str | None
    category: str | None
    language: str | None
    components: list[dict[str, Any]]
    rejected_reason: str | None


def list_templates(
    *,
    waba_id: str,
    token: Token,
    name: str | None = None,
    status: str | None = None,
    language: str | None = None,
) -> tuple[TemplateInfo, ...]:
    """All templates of the WABA; `name` finds those that contain it, the others are Meta's exact values.

    https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates
    """
    filters = {"name": name, "status": status, "language": language}
    params = {"fields": FIELDS, **{key: value for key, value in filters.items() if value}}
    found = pages("list_templates", node(waba_id, "message_templates"), token=token, params=params)
    with reading("list_templates"):
        return tuple(map(_template, found))


def create(
    *,
    waba_id: str,
    name: str,
    language: str,
    category: str,
    components: Sequence[dict[str, Any]],
    token: Token,
) -> TemplateInfo:
    """Hands a template in: it is PENDING until Meta decides, which comes by webhook.

    `name` has small letters, digits and underscores; `category` is AUTHENTICATION, MARKETING or UTILITY.
    https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates
    """
    body = {"name": name, "language": language, "category": category, "components": list(components)}
    answer = call("create_template", "POST", node(waba_id, "message_templates"), token=token, json=body)
    with reading("create_template"):
        return _template({**body, **answer})


def delete(*, waba_id: str, name: str, token: Token) -> None:
    """Deletes a template in all its languages; the name cannot be used again for 30 days.

    https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates
    """
    answer = call(
        "delete_template",
        "DELETE",
        node(waba_id, "message_templates"),
        token=token,
        params={"name": name},
    )
    with reading("delete_template"):
        accepted(answer)


def _template(answer: Answer) -> TemplateInfo:
    reason = text(answer, "rejected_reason")
    return TemplateInfo(
        id=identifier(answer),
        name=identifier(answer, "name"),
        status=text(answer, "status"),
        category=text(answer, "category"),
        language=text(answer, "language"),
        components=list(rows(answer, "components")),
        rejected_reason=None if reason == NOT_REJECTED else reason,
    )
