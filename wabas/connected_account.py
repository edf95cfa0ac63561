"""The Meta account around a WABA, built from what is stored: captured ids and the last look-up's answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wabas.models import Waba

SOURCE = "embedded_signup"


@dataclass(frozen=True)
class Page:
    id: str
    name: str | None
    is_from_onboarding: bool
    is_selected_for_capi: bool


@dataclass(frozen=True)
class ConnectedAccount:
    """`selected_*` is the first id that was captured at signup. `graph_lookup_errors` holds
    `{resource, message, code}` of each look-up that failed.
    """

    waba: Waba
    page_ids: list[str]
    pages: list[Page]
    dataset_ids: list[str]
    selected_dataset_id: str | None
    catalog_ids: list[str]
    instagram_account_ids: list[str]
    marketing_messages_onboarding_status: str | None
    graph_lookup_errors: list[dict[str, str]]
    source: str = SOURCE

    @property
    def selected_page_id(self) -> str | None:
        return first(self.page_ids)


def connected_account(waba: Waba) -> ConnectedAccount:
    """Never calls Meta."""
    found: dict[str, Any] = waba.lookup
    names: dict[str, str] = found.get("page_names", {})
    return ConnectedAccount(
        waba=waba,
        page_ids=waba.page_ids,
        pages=[
            Page(page_id, names.get(page_id), is_from_onboarding=True, is_selected_for_capi=number == 0)
            for number, page_id in enumerate(waba.page_ids)
        ],
        dataset_ids=united(waba.dataset_ids, found.get("dataset_ids", ())),
        selected_dataset_id=first(waba.dataset_ids),
        catalog_ids=united(waba.catalog_ids, found.get("catalog_ids", ())),
        instagram_account_ids=waba.instagram_account_ids,
        marketing_messages_onboarding_status=found.get("marketing_messages_onboarding_status"),
        graph_lookup_errors=found.get("errors", []),
    )


def united(captured: Iterable[str], found: Iterable[str]) -> list[str]:
    """What the browser brought, then what Meta knows besides."""
    return list(dict.fromkeys([*captured, *found]))


def first(ids: list[str]) -> str | None:
    return ids[0] if ids else None
