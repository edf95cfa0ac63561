"""Business portfolios and what else they own: Pages and Instagram accounts."""

from __future__ import annotations

from dataclasses import dataclass

from meta_graph.answers import Named, identifier, named, reading, status, text
from meta_graph.client import Token, call, node


@dataclass(frozen=True)
class BusinessInfo:
    """A portfolio; what Meta leaves out is None. `verification_status` is in lower case."""

    id: str
    name: str | None
    verification_status: str | None
    marketing_messages_onboarding_status: str | None


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
