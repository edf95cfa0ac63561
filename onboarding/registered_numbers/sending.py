"""A code to a registered number: at most three an hour, whichever organizations ask for them."""

from django.db import transaction
from django.utils import timezone

from meta_graph.errors import GraphError
from onboarding.models import RegisteredNumber
from onboarding.registered_numbers import pool
from onboarding.registered_numbers.claims import locked_rows
from phones import verification
from phones.models import CodeRequest
from phones.verification import Method

DEFAULT_LANGUAGE = "en"


def send_code(number: RegisteredNumber, method: Method) -> None:
    """To a number that is in the pool. Raises CodesUsedUpError, CodeNotSentError, other ApiErrors.

    And GraphError where Meta would not have another entry. Nothing is sent where the same was wished for a
    moment ago. What another entry is asked for is the same wish, and counts once.
    """
    request = entered(number, method)
    if request is None:
        return
    try:
        ask(request, number)
    except GraphError as refusal:
        if not pool.renew(number, refusal):
            raise verification.of_refusal(refusal) from refusal
        ask_anew(request, number)


def entered(number: RegisteredNumber, method: Method) -> CodeRequest | None:
    """The ledger's row. Raises CodesUsedUpError."""
    with transaction.atomic():
        # Locks them all: two organizations cannot both take the last one of an hour.
        list(locked_rows(number.phone_number).values_list("pk", flat=True))
        return verification.entered(number.meta_preverified_id or "", method, timezone.now())


def ask_anew(request: CodeRequest, number: RegisteredNumber) -> None:
    """Of the entry that the number has now."""
    request.meta_phone_number_id, request.outcome = number.meta_preverified_id or "", None
    request.save(update_fields=["meta_phone_number_id", "outcome"])
    try:
        ask(request, number)
    except GraphError as refusal:
        raise verification.of_refusal(refusal) from refusal


def ask(request: CodeRequest, number: RegisteredNumber) -> None:
    """Raises GraphError."""
    language = (number.language or DEFAULT_LANGUAGE).split("-")[0].lower()
    verification.ask(request, language=language, token=pool.our_token())


def last_method(number: RegisteredNumber) -> Method:
    """How the newest code was asked for."""
    asked = CodeRequest.objects.filter(meta_phone_number_id=number.meta_preverified_id or "")
    newest = asked.values_list("method", flat=True).first()
    return "VOICE" if newest == CodeRequest.Method.VOICE else "SMS"
