"""What clients do with registered numbers: register, ask for another code, verify (`proving`), delete."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError
from meta_graph.errors import Action, GraphError
from onboarding.models import OnboardingLink, RegisteredNumber
from onboarding.registered_numbers import pool, proving, sending
from onboarding.registered_numbers.claims import others_of, refuse_anothers, refuse_verified
from onboarding.registered_numbers.taking import TakenError, UsedError, is_open
from onboarding.subjects import about_number
from organizations.models import Organization
from phones.verification import Method

Status = RegisteredNumber.Status
# An organization's numbers that no link has connected yet.
MOST_WAITING = 500


class TooManyError(ConflictError):
    message = f"{MOST_WAITING} registered numbers are waiting for a link. Delete those that are not needed."


class AlreadyUsedError(ConflictError):
    message = "This number was registered and used: a link has connected it."


@dataclass(frozen=True)
class Registered:
    """`is_new` false: the organization had registered it before, and another code was asked for."""

    number: RegisteredNumber
    is_new: bool


# Called in the transaction that writes the row, with what was written.
Bind = Callable[[Registered], None]


def register_number(
    *,
    organization: Organization,
    phone_number: str,
    method: Method,
    language: str | None = None,
    comment: str | None = None,
    bind: Bind | None = None,
) -> Registered:
    """Puts an E.164 number into Meta's pool and has it sent a code; `bind` is called with the row's change.

    The same number again, as long as it is not verified, is another code. Raises ConflictError (verified or
    used, here or by another organization; too many), NotSetUpError, GraphError, and what `send_code` does.
    Only where Meta will not have the number its new row is removed again.
    """
    pool.our_token()
    for before in RegisteredNumber.objects.for_organization(organization).filter(
        phone_number=phone_number, status=Status.VERIFIED
    ):
        with about_number(before, "register_number"):
            proving.note_lapse(before)
    with transaction.atomic():
        kept = keep(organization, phone_number, language, comment)
        if bind:
            bind(kept)
    may_be_there = not kept.is_new or others_of(phone_number, organization).exists()
    with about_number(kept.number, "register_number"):
        try:
            number = with_entry(kept.number, may_be_there=may_be_there)
        except (GraphError, ConflictError) as refusal:
            if kept.is_new and not (isinstance(refusal, GraphError) and refusal.action is Action.RETRY):
                RegisteredNumber.objects.filter(pk=kept.number.pk, meta_preverified_id=None).delete()
            raise
        send_unless_proven(number, method)
    return Registered(number, kept.is_new)


def keep(
    organization: Organization, phone_number: str, language: str | None, comment: str | None
) -> Registered:
    """The organization's row of the number, under the organization's lock."""
    Organization.objects.select_for_update(no_key=True).only("pk").get(pk=organization.pk)
    now = timezone.now()
    refuse_anothers(phone_number, organization, now)
    rows = RegisteredNumber.objects.for_organization(organization)
    number = rows.waiting().select_for_update(no_key=True).filter(phone_number=phone_number).first()
    if number:
        refuse_verified(number, now)
        return Registered(described(number, language, comment), is_new=False)
    if rows.filter(phone_number=phone_number).exists():
        raise AlreadyUsedError
    if rows.waiting().count() >= MOST_WAITING:
        raise TooManyError
    number = RegisteredNumber.objects.create(
        organization=organization, phone_number=phone_number, language=language, comment=comment
    )
    return Registered(number, is_new=True)


def described(number: RegisteredNumber, language: str | None, comment: str | None = None) -> RegisteredNumber:
    """With what was given anew."""
    number.language, number.comment = language or number.language, comment or number.comment
    number.save(update_fields=["language", "comment"])
    return number


def with_entry(number: RegisteredNumber, *, may_be_there: bool) -> RegisteredNumber:
    """In the pool; or verified, where a code whose answer was lost turns out to have been right."""
    if number.code_given_at and proving.was_proven(number):
        return proving.proven(number)
    pool.put_in(number, may_be_there=may_be_there)
    return number


def send_unless_proven(number: RegisteredNumber, method: Method | None) -> None:
    if number.status != Status.VERIFIED or number.is_expired(timezone.now()):
        sending.send_code(number, method or sending.last_method(number))


def request_code(
    *,
    number: RegisteredNumber,
    method: Method | None = None,
    language: str | None = None,
    bind: Bind | None = None,
) -> RegisteredNumber:
    """Another code, in the same way and language where nothing else is said; for an expired number too.

    Raises ConflictError for one that is verified, used or another organization's, and as `register_number`.
    """
    pool.our_token()
    with about_number(number, "request_number_code"):
        proving.note_lapse(number)
        current = renewed(number, language, bind)
        current = with_entry(current, may_be_there=True)
        send_unless_proven(current, method)
    return current


def renewed(number: RegisteredNumber, language: str | None, bind: Bind | None) -> RegisteredNumber:
    """Its row as it is now, which may have another code. Raises ConflictError."""
    with transaction.atomic():
        current = proving.locked(number)
        if current.status == Status.USED:
            raise UsedError
        refuse_verified(current, timezone.now())
        refuse_anothers(current.phone_number, current.organization, timezone.now())
        described(current, language)
        if bind:
            bind(Registered(current, is_new=False))
    return current


def delete_number(*, number: RegisteredNumber) -> None:
    """At Meta, then here. Raises TakenError while an open link has it; NotSetUpError, GraphError.

    A used one is in no pool any more, and an entry that another organization waits for stays there.
    """
    with transaction.atomic():
        current = proving.locked(number)
        refuse_open(current)
        entry = own_entry(current)
        if entry is None:
            current.delete()
            return
        pool.our_token()
        # No link takes it from here on, whatever becomes of the call.
        current.status, current.verified_at, current.expires_at = Status.UNVERIFIED, None, None
        current.save(update_fields=["status", "verified_at", "expires_at"])
    with about_number(current, "delete_number"):
        pool.take_out(entry)
    with transaction.atomic():
        pool.follow(current.phone_number, entry)
        RegisteredNumber.objects.filter(pk=current.pk, status=Status.UNVERIFIED).delete()


def refuse_open(number: RegisteredNumber) -> None:
    if number.status == Status.USED:
        return
    links = OnboardingLink.objects.filter(is_open(timezone.now()), registered_number=number)
    if taker := links.only("pk").first():
        raise TakenError(taker)


def own_entry(number: RegisteredNumber) -> str | None:
    """The entry at Meta that nobody else needs."""
    if number.status == Status.USED or number.meta_preverified_id is None:
        return None
    others = others_of(number.phone_number, number.organization).waiting()
    return None if others.exists() else number.meta_preverified_id
