"""Our credit line on a customer's WABA: shared once, whatever dies where; checked; taken back.

Meta does not say that sharing is safe to repeat: what Meta has is read before anything is made there.
https://developers.facebook.com/docs/whatsapp/embedded-signup/manage-accounts/share-and-revoke-credit-lines
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils import timezone

from meta_graph import credit_lines, wabas
from meta_graph.client import Token, business_token, system_token
from meta_graph.credit_lines import CURRENCIES, AllocationInfo
from meta_graph.errors import Action, Cause, GraphError
from meta_graph.together import both
from wabas.credit_claims import Claim, CreditError, claimed, described, note, of_owner, renewed
from wabas.models import Waba
from wabas.services import facts
from wabas.subjects import about_waba

Status = Waba.CreditLine
DELETED = "DELETED"


class UnsupportedCurrencyError(CreditError):
    reason = "UNSUPPORTED_CURRENCY"


class UnknownOwnerError(CreditError):
    reason = "UNKNOWN_OWNER"
    message = "Meta does not say which portfolio owns the WABA: it is no longer shared with us."


class CreditNotVerifiedError(CreditError):
    reason = "CREDIT_NOT_VERIFIED"
    message = "Meta accepted the credit line, and does not show it as what pays for the WABA."


class RevocationNotVerifiedError(CreditError):
    reason = "REVOCATION_NOT_VERIFIED"
    message = "Meta accepted the revocation, and still shows the credit line as shared."


def share_credit(*, waba: Waba) -> None:
    """Our credit line pays for `waba` afterwards, and Meta shows it. Safe to repeat; the row tells the rest.

    Raises UnsupportedCurrencyError and UnknownOwnerError before Meta is asked to share anything,
    CreditInDoubtError, CreditNotVerifiedError, GraphError.
    """
    claim = claimed(waba, payer(waba))
    try:
        live = live_allocations(claim.owner_id)
        paying = paying_allocation(waba, live)
    except GraphError as error:
        note(waba, credit_asked_at=claim.before, credit_error=described(error))
        raise
    if paying:
        keep(waba, paying, Status.VERIFIED)
        return
    found = unverified(claim, [info.id for info in live]) or made(renewed(claim), is_shared=bool(live))
    keep(waba, found, Status.SHARED)
    verify(waba, found)


def payer(waba: Waba) -> str:
    """The portfolio that Meta would bill through us. Raises where it cannot: nothing was shared then."""
    if not waba.currency or not waba.owner_business_id:
        note(waba, **facts(wabas.read_waba(waba_id=waba.meta_waba_id, token=token_of(waba))))
    if not waba.owner_business_id:
        unknown = UnknownOwnerError()
        note(waba, credit_error=described(unknown))
        raise unknown
    if waba.currency not in CURRENCIES:
        unsupported = UnsupportedCurrencyError(
            f"The WABA is billed in {waba.currency or 'a currency that Meta does not name'};"
            f" a credit line can be shared in {', '.join(sorted(CURRENCIES))} only."
        )
        note(waba, credit_line_status=Status.UNSUPPORTED_CURRENCY, credit_error=described(unsupported))
        raise unsupported
    return waba.owner_business_id


def token_of(waba: Waba) -> Token:
    return business_token(waba.access_token or "")


def live_allocations(owner_id: str) -> list[AllocationInfo]:
    """What of our credit line the portfolio has, without what was revoked."""
    listed = credit_lines.list_allocations(
        credit_line_id=settings.META_CREDIT_LINE_ID, receiving_business_id=owner_id, token=system_token()
    )
    infos = [
        credit_lines.read_allocation(allocation_id=allocation.id, token=system_token())
        for allocation in listed
    ]
    return [info for info in infos if info.request_status != DELETED]


def paying_allocation(waba: Waba, live: list[AllocationInfo]) -> str | None:
    """The one whose credential Meta shows as what pays for the WABA."""
    if not live:
        return None
    funding = wabas.read_primary_funding_id(waba_id=waba.meta_waba_id, token=token_of(waba))
    return next((info.id for info in live if funding and info.receiving_credential_id == funding), None)


def unverified(claim: Claim, live: list[str]) -> str | None:
    """What an earlier try of ours made: stored as accepted, or there since an answer was lost."""
    stored = claim.waba.allocation_config_id
    if claim.waba.credit_line_status in {Status.SHARED, Status.VERIFIED} and stored in live:
        return stored
    if claim.before is None or settings.META_CREDIT_METHOD == "share_then_attach":
        return None
    others = of_owner(claim.owner_id).exclude(pk=claim.waba.pk)
    explained = set(others.values_list("allocation_config_id", flat=True))
    return next((one for one in live if one not in explained), None)


def made(claim: Claim, *, is_shared: bool) -> str:
    """Shares the line by the configured method. `is_shared`: the portfolio has it, this WABA does not."""
    waba, line = claim.waba, settings.META_CREDIT_LINE_ID
    bill = {"waba_id": waba.meta_waba_id, "currency": waba.currency or ""}
    if settings.META_CREDIT_METHOD == "share_and_attach":
        return asked(
            waba, lambda: credit_lines.share_and_attach(credit_line_id=line, token=system_token(), **bill)
        )
    if not is_shared:
        # Kept before it is attached: whoever goes on after us shares nothing a second time.
        shared = asked(
            waba,
            lambda: credit_lines.share(
                credit_line_id=line, receiving_business_id=claim.owner_id, token=system_token()
            ),
        )
        note(waba, allocation_config_id=shared)
    return asked(waba, lambda: credit_lines.attach(credit_line_id=line, token=token_of(waba), **bill))


def asked(waba: Waba, write: Callable[[], str]) -> str:
    """What `write` made at Meta. A refusal ends the claim; an unknown outcome leaves it in doubt."""
    try:
        return write()
    except GraphError as error:
        columns: dict[str, Any] = {"credit_error": described(error)}
        if is_refusal(error):
            columns |= {"credit_asked_at": None}
        if error.action is not Action.RETRY:
            columns |= {"credit_line_status": Status.REFUSED}
        note(waba, **columns)
        raise


def is_refusal(error: GraphError) -> bool:
    """Whether Meta certainly did nothing."""
    return error.action is not Action.RETRY or error.cause is Cause.RATE_LIMITED


def keep(waba: Waba, allocation_id: str, status: str) -> None:
    """Stored at once: from here on nobody shares again."""
    is_known = waba.allocation_config_id == allocation_id and waba.credit_shared_at is not None
    note(
        waba,
        allocation_config_id=allocation_id,
        credit_line_status=status,
        credit_shared_at=waba.credit_shared_at if is_known else timezone.now(),
        credit_asked_at=None,
        credit_error=None,
    )


def verify(waba: Waba, allocation_id: str) -> None:
    """Meta shows the allocation as what pays for the WABA. Raises CreditNotVerifiedError, GraphError."""
    try:
        allocation, funding = both(
            lambda: credit_lines.read_allocation(allocation_id=allocation_id, token=system_token()),
            lambda: wabas.read_primary_funding_id(waba_id=waba.meta_waba_id, token=token_of(waba)),
        )
        if not funding or allocation.receiving_credential_id != funding:
            raise CreditNotVerifiedError
    except (GraphError, CreditNotVerifiedError) as failure:
        note(waba, credit_error=described(failure))
        raise
    note(waba, credit_line_status=Status.VERIFIED, credit_error=None)


def revoke_credit(*, waba: Waba) -> int:
    """Takes the line from the portfolio that owns `waba`, checks that, and counts the WABAs it paid for.

    Meta takes it from every WABA of that portfolio. Raises UnknownOwnerError, CreditInDoubtError,
    RevocationNotVerifiedError, GraphError; safe to repeat.
    """
    if not waba.owner_business_id:
        raise UnknownOwnerError
    claim = claimed(waba, waba.owner_business_id)
    try:
        with about_waba(waba, "revoke_credit_line"):
            for allocation in live_allocations(claim.owner_id):
                credit_lines.revoke(allocation_id=allocation.id, token=system_token())
                check_revoked(allocation.id)
    except (GraphError, RevocationNotVerifiedError) as failure:
        note(waba, credit_asked_at=claim.before, credit_error=described(failure))
        raise
    return note_revoked(waba, claim.owner_id)


def check_revoked(allocation_id: str) -> None:
    try:
        allocation = credit_lines.read_allocation(allocation_id=allocation_id, token=system_token())
    except GraphError as error:
        if error.cause is Cause.OBJECT_GONE:
            return
        raise
    if allocation.request_status != DELETED:
        raise RevocationNotVerifiedError


def note_revoked(waba: Waba, owner_id: str) -> int:
    paid = of_owner(owner_id).filter(credit_line_status__in=[Status.SHARED, Status.VERIFIED])
    now = timezone.now()
    count = paid.update(credit_line_status=Status.REVOKED, credit_error=None, updated_at=now)
    note(waba, credit_asked_at=None)
    waba.refresh_from_db(fields=["credit_line_status", "credit_error"])
    return count
