"""Business portfolios: what they own, what is shared with them, and who acts for them."""

from __future__ import annotations

from dataclasses import dataclass

from meta_graph.answers import Named, identifier, mapping, named, reading, status, text
from meta_graph.client import Token, call, node, pages


@dataclass(frozen=True)
class BusinessInfo:
    """A portfolio; what Meta leaves out is None. `verification_status` is in lower case."""

    id: str
    name: str | None
    verification_status: str | None
    marketing_messages_onboarding_status: str | None


@dataclass(frozen=True)
class SystemUser:
    """A user of a portfolio that is a program. `role` is ADMIN, EMPLOYEE or another of Meta's words."""

    id: str
    name: str | None
    role: str | None


@dataclass(frozen=True)
class SharedWaba:
    """A WABA in a portfolio's list. The owner is None where the token may not see it."""

    id: str
    name: str | None
    owner_business_id: str | None


def read_business(*, business_id: str, token: Token) -> BusinessInfo:
    """Needs business_management.

    https://developers.facebook.com/docs/marketing-api/reference/business
    """
    fields = "id,name,verification_status,marketing_messages_onboarding_status"
    answer = call("read_business", "GET", node(business_id), token=token, params={"fields": fields})
    with reading("read_business"):
        verification = text(answer, "verification_status")
        return BusinessInfo(
            id=identifier(answer),
            name=text(answer, "name"),
            verification_status=verification and verification.lower(),
            marketing_messages_onboarding_status=status(answer, "marketing_messages_onboarding_status"),
        )


def read_page(*, page_id: str, token: Token) -> Named:
    """Needs pages_show_list or business_management.

    https://developers.facebook.com/docs/graph-api/reference/page
    """
    answer = call("read_page", "GET", node(page_id), token=token, params={"fields": "id,name"})
    with reading("read_page"):
        return named(answer)


def read_instagram_account(*, instagram_account_id: str, token: Token) -> Named:
    """The account with its username as the name; needs instagram_basic or business_management.

    https://developers.facebook.com/docs/instagram-platform/reference/ig-user
    """
    answer = call(
        "read_instagram_account",
        "GET",
        node(instagram_account_id),
        token=token,
        params={"fields": "id,username"},
    )
    with reading("read_instagram_account"):
        return Named(id=identifier(answer), name=text(answer, "username"))


def list_system_users(*, business_id: str, token: Token) -> tuple[SystemUser, ...]:
    """The system users of our own portfolio.

    https://developers.facebook.com/docs/marketing-api/reference/business/system_users
    """
    found = pages(
        "list_system_users",
        node(business_id, "system_users"),
        token=token,
        params={"fields": "id,name,role"},
    )
    with reading("list_system_users"):
        return tuple(
            SystemUser(id=identifier(row), name=text(row, "name"), role=text(row, "role")) for row in found
        )


def list_client_wabas(*, business_id: str, token: Token) -> tuple[SharedWaba, ...]:
    """The WABAs that customers share with our portfolio.

    https://developers.facebook.com/docs/graph-api/reference/business/client_whatsapp_business_accounts
    """
    return _list_wabas("list_client_wabas", business_id, "client_whatsapp_business_accounts", token)


def list_owned_wabas(*, business_id: str, token: Token) -> tuple[SharedWaba, ...]:
    """The WABAs that belong to the portfolio itself.

    https://developers.facebook.com/docs/graph-api/reference/business/owned_whatsapp_business_accounts
    """
    return _list_wabas("list_owned_wabas", business_id, "owned_whatsapp_business_accounts", token)


def _list_wabas(name: str, business_id: str, edge: str, token: Token) -> tuple[SharedWaba, ...]:
    found = pages(
        name,
        node(business_id, edge),
        token=token,
        params={"fields": "id,name,owner_business_info{id}"},
    )
    with reading(name):
        return tuple(
            SharedWaba(
                id=identifier(row),
                name=text(row, "name"),
                owner_business_id=text(mapping(row, "owner_business_info") or {}, "id"),
            )
            for row in found
        )
