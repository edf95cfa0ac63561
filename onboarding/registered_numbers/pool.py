"""A number's entry in our portfolio's pool at Meta, which all organizations' rows of that number share.

Each of these asks Meta, outside of any transaction, and writes what it learnt at once.
https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/pre-verified-numbers
"""

from django.conf import settings
from django.db import transaction

from api.errors import ConflictError, UnavailableError
from meta_graph import preverified_numbers
from meta_graph.client import Token, system_token
from meta_graph.errors import Action, Cause, GraphError
from meta_graph.preverified_numbers import PreverifiedNumber
from onboarding.models import RegisteredNumber
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
    """Gives the number an entry where it has none. Raises GraphError, HeldError, NotSetUpError.

    `may_be_there`: by this organization or another it may have been put in before.
    """
    if number.meta_preverified_id:
        return
    found = find(number.phone_number) if may_be_there else None
    note_entry(number, unproven(found) if found else added(number.phone_number))


def renew(number: RegisteredNumber, refusal: GraphError) -> bool:
    """After Meta would send no code: another entry, where the refusal was of this one. Raises GraphError.

    Meta drops what nobody proves for 90 days, and sends no code to what is proven already.
    """
    if refusal.action is Action.RETRY:
        return False
    try:
        found = find(number.phone_number)
    except GraphError:
        return False
    if found and not found.is_verified and found.id == number.meta_preverified_id:
        return False
    note_entry(number, unproven(found) if found else added(number.phone_number))
    return True


def find(phone_number: str) -> PreverifiedNumber | None:
    """The pool's entry of an E.164 number. Raises GraphError."""
    entries = preverified_numbers.list_all(business_id=settings.META_BUSINESS_ID, token=our_token())
    return next((entry for entry in entries if entry.phone_number == phone_number), None)


def added(phone_number: str) -> str:
    """The id of an entry that was made now, or that stood in the way. Raises GraphError, HeldError."""
    try:
        return add(phone_number)
    except GraphError as refused:
        found = find_quietly(phone_number)
        if found is None:
            raise refused from None
        return unproven(found)


def add(phone_number: str) -> str:
    return preverified_numbers.add(
        business_id=settings.META_BUSINESS_ID, phone_number=phone_number, token=our_token()
    )


def find_quietly(phone_number: str) -> PreverifiedNumber | None:
    try:
        return find(phone_number)
    except GraphError:
        return None


def unproven(found: PreverifiedNumber) -> str:
    """The id of an entry that takes a code. One that is proven, for nobody any more, is made anew.

    Raises HeldError for one that is not from here, GraphError.
    """
    if not found.is_verified:
        return found.id
    if not RegisteredNumber.objects.filter(meta_preverified_id=found.id).exists():
        raise HeldError
    take_out(found.id)
    return add(found.phone_number or "")


def take_out(meta_preverified_id: str) -> None:
    """Gone already is as good. Raises GraphError."""
    try:
        preverified_numbers.delete(preverified_id=meta_preverified_id, token=our_token())
    except GraphError as error:
        if error.cause is not Cause.OBJECT_GONE:
            raise


@transaction.atomic
def note_entry(number: RegisteredNumber, meta_preverified_id: str) -> None:
    """Every row of the number has it, and the codes of its last hour go on being counted."""
    rows = RegisteredNumber.objects.waiting().filter(phone_number=number.phone_number)
    before = [one for one in rows.values_list("meta_preverified_id", flat=True) if one]
    follow(meta_preverified_id, number.phone_number, *before)
    rows.update(meta_preverified_id=meta_preverified_id)
    number.meta_preverified_id = meta_preverified_id


def follow(name: str, *before: str) -> None:
    """The ledger of codes knows the number by `name` from now on, which was known by others before."""
    CodeRequest.objects.filter(meta_phone_number_id__in=before).update(meta_phone_number_id=name)
