"""A Solution Partner's credit line: sharing it with a customer's WABA, checking that, taking it back."""

from __future__ import annotations

from dataclasses import dataclass

from meta_graph.answers import accepted, identifier, mapping, reading, text
from meta_graph.client import Token, call, node, pages

# A WABA's currency cannot be changed once a credit line is attached.
CURRENCIES = frozenset({"AUD", "EUR", "GBP", "IDR", "INR", "USD"})


@dataclass(frozen=True)
class CreditLine:
    """One of our portfolio's."""

    id: str
    legal_entity_name: str | None


@dataclass(frozen=True)
class Allocation:
    """A share of a credit line (Meta's allocation config) and the portfolio that has it."""

    id: str
    receiving_business_id: str | None


@dataclass(frozen=True)
class AllocationInfo:
    """An allocation as it stands. The WABA it pays for has `receiving_credential_id` as its primary funding.

    `request_status` is Meta's, DELETED once revoked.
    """

    id: str
    receiving_credential_id: str | None
    receiving_business_id: str | None
    request_status: str | None


def list_credit_lines(*, business_id: str, token: Token) -> tuple[CreditLine, ...]:
    """https://developers.facebook.com/docs/marketing-api/reference/business/extendedcredits"""
    found = pages(
        "list_credit_lines",
        node(business_id, "extendedcredits"),
        token=token,
        params={"fields": "id,legal_entity_name"},
    )
    with reading("list_credit_lines"):
        return tuple(
            CreditLine(id=identifier(row), legal_entity_name=text(row, "legal_entity_name")) for row in found
        )


def list_allocations(
    *, credit_line_id: str, receiving_business_id: str, token: Token
) -> tuple[Allocation, ...]:
    """What of the credit line one customer's portfolio has; to be read before anything is shared.

    https://developers.facebook.com/docs/marketing-api/reference/extended-credit/owning_credit_allocation_configs
    """
    found = pages(
        "list_allocations",
        node(credit_line_id, "owning_credit_allocation_configs"),
        token=token,
        params={"receiving_business_id": receiving_business_id, "fields": "id,receiving_business"},
    )
    with reading("list_allocations"):
        return tuple(
            Allocation(
                id=identifier(row),
                receiving_business_id=text(mapping(row, "receiving_business") or {}, "id"),
            )
            for row in found
        )


def share_and_attach(*, credit_line_id: str, waba_id: str, currency: str, token: Token) -> str:
    """Meta's method in one call: shares the line with the WABA's portfolio, attaches it; the allocation's id.

    Our system user must be on the WABA before. Not known to be safe to repeat: read first.
    https://developers.facebook.com/docs/whatsapp/embedded-signup/manage-accounts/share-and-revoke-credit-lines
    """
    answer = call(
        "share_and_attach",
        "POST",
        node(credit_line_id, "whatsapp_credit_sharing_and_attach"),
        token=token,
        params={"waba_id": waba_id, "waba_currency": currency},
    )
    with reading("share_and_attach"):
        return identifier(answer, "allocation_config_id")


def share(*, credit_line_id: str, receiving_business_id: str, token: Token) -> str:
    """The first half of Meta's method in two calls, with our system user's token; the allocation's id.

    Not known to be safe to repeat: read first.
    https://developers.facebook.com/docs/whatsapp/embedded-signup/manage-accounts/share-and-revoke-credit-lines
    """
    answer = call(
        "share_credit",
        "POST",
        node(credit_line_id, "whatsapp_credit_sharing"),
        token=token,
        params={"receiving_business_id": receiving_business_id},
    )
    with reading("share_credit"):
        accepted(answer)
        return identifier(answer, "allocation_config_id")


def attach(*, credit_line_id: str, waba_id: str, currency: str, token: Token) -> str:
    """The second half of Meta's method in two calls, with the customer's token; the allocation's id.

    https://developers.facebook.com/docs/whatsapp/embedded-signup/manage-accounts/share-and-revoke-credit-lines
    """
    answer = call(
        "attach_credit",
        "POST",
        node(credit_line_id, "whatsapp_credit_attach"),
        token=token,
        params={"waba_currency": currency, "waba_id": waba_id},
    )
    with reading("attach_credit"):
        accepted(answer)
        return identifier(answer, "allocation_config_id")


def read_allocation(*, allocation_id: str, token: Token) -> AllocationInfo:
    """https://developers.facebook.com/docs/marketing-api/reference/extended-credit-allocation-config"""
    answer = call(
        "read_allocation",
        "GET",
        node(allocation_id),
        token=token,
        params={"fields": "id,receiving_credential{id},receiving_business,request_status"},
    )
    with reading("read_allocation"):
        return AllocationInfo(
            id=identifier(answer),
            receiving_credential_id=text(mapping(answer, "receiving_credential") or {}, "id"),
            receiving_business_id=text(mapping(answer, "receiving_business") or {}, "id"),
            request_status=text(answer, "request_status"),
        )


def revoke(*, allocation_id: str, token: Token) -> None:
    """Takes the credit from every WABA of the receiving portfolio that is shared with us.

    https://developers.facebook.com/docs/whatsapp/embedded-signup/manage-accounts/share-and-revoke-credit-lines
    """
    answer = call("revoke_credit", "DELETE", node(allocation_id), token=token)
    with reading("revoke_credit"):
        accepted(answer)
