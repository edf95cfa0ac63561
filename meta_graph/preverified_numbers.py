"""Our portfolio's pool of pre-verified numbers: proven before a signup, so that its popup asks for no number.

For approved Solution Partners. A number leaves the pool when a signup claims it; one that nobody verifies in
90 days is dropped. Its code is requested and verified as any number's, by its id in the pool.
https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/pre-verified-numbers
"""

from __future__ import annotations

from dataclasses import dataclass

from meta_graph.answers import Answer, accepted, identifier, reading, text
from meta_graph.client import Token, call, node, pages
from meta_graph.phone_numbers import e164

VERIFIED = "VERIFIED"


@dataclass(frozen=True)
class PreverifiedNumber:
    """An entry of the pool, which is temporary: the number that replaces it has another id."""

    id: str
    phone_number: str | None
    verification_status: str | None

    @property
    def is_verified(self) -> bool:
        """For 90 days from its code on; afterwards it is EXPIRED or NOT_VERIFIED."""
        return self.verification_status == VERIFIED


def add(*, business_id: str, phone_number: str, token: Token) -> str:
    """Puts an E.164 number into the pool, unverified; its id there.

    https://developers.facebook.com/docs/marketing-api/reference/business/add_phone_numbers
    """
    answer = call(
        "add_preverified_number",
        "POST",
        node(business_id, "add_phone_numbers"),
        token=token,
        json={"phone_number": phone_number},
    )
    with reading("add_preverified_number"):
        return identifier(answer)


def list_all(*, business_id: str, token: Token) -> tuple[PreverifiedNumber, ...]:
    """The whole pool.

    Its default fields: Meta's guide and its OpenAPI document name them differently, and to ask for a field
    that an entry does not have is refused.
    https://developers.facebook.com/docs/marketing-api/reference/business/preverified_numbers
    """
    found = pages("list_preverified_numbers", node(business_id, "preverified_numbers"), token=token)
    with reading("list_preverified_numbers"):
        return tuple(preverified_number(row) for row in found)


def delete(*, preverified_id: str, token: Token) -> None:
    """Takes an entry out of the pool, for good. One that is not there is a GraphError, OBJECT_GONE."""
    answer = call("delete_preverified_number", "DELETE", node(preverified_id), token=token)
    with reading("delete_preverified_number"):
        accepted(answer)


def preverified_number(answer: Answer) -> PreverifiedNumber:
    """An entry in either spelling. Raises LookupError, TypeError or ValueError for another shape."""
    return PreverifiedNumber(
        id=identifier(answer),
        phone_number=e164(text(answer, "phone_number") or text(answer, "display_phone_number")),
        verification_status=text(answer, "code_verification_status") or text(answer, "verification_status"),
    )
