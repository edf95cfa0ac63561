"""A number's entry in our portfolio's pool at Meta, which all organizations' rows of that number share.

Each of these asks Meta, outside of any transaction, and writes what it learnt at once.
https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/pre-verified-numbers
"""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError, UnavailableError
from meta_graph import preverified_numbers
from meta_graph.client import Token, system_token
from meta_graph.errors import Action, Cause, GraphError
from meta_graph.preverified_numbers import PreverifiedNumber
from onboarding.models import RegisteredNumber
from onboarding.registered_numbers.claims import (
    locked_rows,
    refuse_in_doubt,
    refuse_proven,
    refuse_renewing,
)
from phones.models import CodeRequest

NEEDED = ("META_SYSTEM_USER_TOKEN", "META_BUSINESS_ID")


class NotSetUpError(UnavailableError):
    """Meta gives pre-verified numbers to Solution Partners, in their own name."""

    def __init__(self, missing: list[str]) -> None:
        names = " and ".join(missing)
        super().__init__(f"Numbers cannot be registered here: the operator has to set {names}.")


class HeldError(ConflictError):
    message = "This number is verified in the platform's portfolio at Meta already. Ask the operator."


def our_token() -> Token:
    """Raises NotSetUpError."""
    if missing := [name for name in NEEDED if not getattr(settings, name)]:
        raise NotSetUpError(missing)
    return system_token()


def put_in(number: RegisteredNumber, *, may_be_there: bool) -> None:
    """Gives the number an entry where it has none. Raises GraphError, HeldError, and what `replace` does.

    `may_be_there`: by this organization or another it may have been put in before.
    """
    if not number.meta_preverified_id:
        take_up(number, find(number.phone_number) if may_be_there else None)


def renew(number: RegisteredNumber, refusal: GraphError) -> bool:
    """After Meta would send no code: another entry, where the refusal was of this one.

    Meta drops what nobody proves for 90 days, and sends no code to what is proven already.
    Raises what `put_in` does.
    """
    if refusal.action is Action.RETRY:
        return False
    try:
        found = find(number.phone_number)
    except GraphError:
        return False
    if found and not found.is_verified and found.id == number.meta_preverified_id:
        return False
    take_up(number, found)
    return True


def take_up(number: RegisteredNumber, found: PreverifiedNumber | None) -> None:
    """The number has an entry that takes a code: the one found, or another one in its place, or a new one."""
    if found is None:
        try:
            added = add(number.phone_number)
        except GraphError as refused:
            found = find_quietly(number.phone_number)
            if found is None:
                raise refused from None
        else:
            note_entry(number, added)
            return
    if found.is_verified:
        replace(number, found)
    else:
        note_entry(number, found.id)


def find(phone_number: str) -> PreverifiedNumber | None:
    """The pool's entry of an E.164 number. Raises GraphError."""
    entries = preverified_numbers.list_all(business_id=settings.META_BUSINESS_ID, token=our_token())
    return next((entry for entry in entries if entry.phone_number == phone_number), None)


def add(phone_number: str) -> str:
    return preverified_numbers.add(
        business_id=settings.META_BUSINESS_ID, phone_number=phone_number, token=our_token()
    )


def find_quietly(phone_number: str) -> PreverifiedNumber | None:
    try:
        return find(phone_number)
    except GraphError:
        return None


def replace(number: RegisteredNumber, found: PreverifiedNumber) -> None:
    """An entry that is proven, for nobody any more, is made anew; meanwhile nobody proves the number.

    Raises HeldError for one that is not from here, GraphError, and what `start_renewal` does.
    """
    if not RegisteredNumber.objects.filter(meta_preverified_id=found.id).exists():
        raise HeldError
    start_renewal(number)
    try:
        take_out(found.id)
        note_entry(number, add(number.phone_number))
    finally:
        RegisteredNumber.objects.filter(phone_number=number.phone_number).update(renewing_since=None)


@transaction.atomic
def start_renewal(number: RegisteredNumber) -> None:
    """Looked at under the lock, because Meta was asked without it: a code may have been entered meanwhile."""
    rows, now = waiting_rows(number), timezone.now()
    refuse_renewing(rows, now)
    refuse_proven(number, rows, now)
    refuse_in_doubt(rows, now)
    RegisteredNumber.objects.filter(pk__in=[row.pk for row in rows]).update(renewing_since=now)


def take_out(meta_preverified_id: str) -> None:
    """Gone already is as good. Raises GraphError."""
    try:
        preverified_numbers.delete(preverified_id=meta_preverified_id, token=our_token())
    except GraphError as error:
        if error.cause is not Cause.OBJECT_GONE:
            raise


@transaction.atomic
def note_entry(number: RegisteredNumber, meta_preverified_id: str) -> None:
    """Every row of the number has it, and the codes of its last hour go on being counted.

    Raises what `refuse_proven` does: what is verified keeps the entry that it was verified with.
    """
    rows = waiting_rows(number)
    refuse_proven(number, rows, timezone.now())
    others = [row for row in rows if row.meta_preverified_id != meta_preverified_id]
    follow(
        meta_preverified_id,
        number.phone_number,
        *[row.meta_preverified_id for row in others if row.meta_preverified_id],
    )
    # A code that was given for the entry before decides nothing any more.
    RegisteredNumber.objects.filter(pk__in=[row.pk for row in others]).update(
        meta_preverified_id=meta_preverified_id, code_given_at=None
    )
    number.meta_preverified_id = meta_preverified_id


def waiting_rows(number: RegisteredNumber) -> list[RegisteredNumber]:
    """Every organization's, locked; a used one has no entry any more."""
    return [row for row in locked_rows(number.phone_number) if row.status != RegisteredNumber.Status.USED]


def follow(name: str, *before: str) -> None:
    """The ledger of codes knows the number by `name` from now on, which was known by others before."""
    CodeRequest.objects.filter(meta_phone_number_id__in=before).update(meta_phone_number_id=name)
