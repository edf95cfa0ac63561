"""Our own app at Meta: what it is called and which webhooks it is subscribed to."""

from __future__ import annotations

from dataclasses import dataclass

from meta_graph.answers import flag, identifier, named, reading, rows, text
from meta_graph.client import Token, call, node


@dataclass(frozen=True)
class AppInfo:
    """An app of the dashboard."""

    id: str
    name: str | None


@dataclass(frozen=True)
class AppSubscription:
    """One webhook object (such as whatsapp_business_account) with the names of its subscribed fields."""

    object: str
    callback_url: str | None
    is_active: bool
    fields: tuple[str, ...]


def read_app(*, app_id: str, token: Token) -> AppInfo:
    """https://developers.facebook.com/docs/graph-api/reference/application"""
    answer = call("read_app", "GET", node(app_id), token=token, params={"fields": "id,name"})
    with reading("read_app"):
        found = named(answer)
        return AppInfo(id=found.id, name=found.name)


def list_subscriptions(*, app_id: str, token: Token) -> tuple[AppSubscription, ...]:
    """Needs the app's own token. Fields come as objects with a name and a version, or as names.

    https://developers.facebook.com/docs/graph-api/reference/application/subscriptions
    """
    answer = call("list_subscriptions", "GET", node(app_id, "subscriptions"), token=token)
    with reading("list_subscriptions"):
        return tuple(
            AppSubscription(
                object=identifier(row, "object"),
                callback_url=text(row, "callback_url"),
                is_active=flag(row, "active") is True,
                fields=tuple(
                    identifier(one, "name") if isinstance(one, dict) else str(one)
                    for one in row.get("fields") or ()
                ),
            )
            for row in rows(answer)
        )
