"""Proving that a number is its owner's: a code by SMS or voice, and the ledger of the requests for one.

Works for numbers without a row of ours too, and for a process that starts anew: the limit is in the database.
https://developers.facebook.com/docs/whatsapp/business-management-api/manage-phone-numbers
"""

import math
from datetime import datetime, timedelta
from typing import Literal, cast

from api.errors import ApiError, RateLimitedError, of_graph
from meta_graph import phone_numbers
from meta_graph.client import Token
from meta_graph.errors import Cause, GraphError
from phones.models import CodeRequest

Method = Literal["SMS", "VOICE"]
MOST, WINDOW = 3, timedelta(hours=1)
# A second click, or the page's own repetition, is not a second wish.
SAME_WISH = timedelta(seconds=20)
SENT = "sent"
VERIFIED = "VERIFIED"
# Meta's names of the languages that our page speaks.
META_LANGUAGES = {"en": "en_US", "es": "es", "pt": "pt_BR", "he": "he", "ar": "ar", "fr": "fr"}


class CodesUsedUpError(RateLimitedError):
    message = "Three codes were asked for this number within the last hour."


class CodeNotSentError(ApiError):
    status, code, message = 422, "CODE_NOT_SENT", "Meta could not send a code to this number."


class WrongCodeError(ApiError):
    status, code, message = 422, "WRONG_CODE", "That is not the code that Meta sent."


NOT_SENT = frozenset({Cause.CODE_NOT_SENT, Cause.NUMBER_SETUP})


def code_sent_at(meta_phone_number_id: str) -> datetime | None:
    """When Meta last took up a request; None before that."""
    sent = CodeRequest.objects.filter(meta_phone_number_id=meta_phone_number_id, outcome=SENT)
    return sent.values_list("requested_at", flat=True).first()


def entered(meta_phone_number_id: str, method: Method, now: datetime) -> CodeRequest | None:
    """The ledger's row, made before Meta is asked; None where the same was wished for a moment ago.

    Under a lock of the caller's. Raises CodesUsedUpError.
    """
    asked = CodeRequest.objects.filter(meta_phone_number_id=meta_phone_number_id)
    recent = list(asked.filter(requested_at__gt=now - WINDOW)[:MOST])
    is_same = recent and recent[0].method == method and recent[0].requested_at > now - SAME_WISH
    if is_same and recent[0].outcome in {None, SENT}:
        return None
    if len(recent) >= MOST:
        retry_at = recent[-1].requested_at + WINDOW
        seconds = math.ceil((retry_at - now).total_seconds())
        raise CodesUsedUpError(retry_at=retry_at, headers={"Retry-After": str(seconds)})
    return CodeRequest.objects.create(
        meta_phone_number_id=meta_phone_number_id, method=method, requested_at=now
    )


def ask(request: CodeRequest, *, language: str, token: Token) -> None:
    """Has Meta send the code of an entered request, and writes down what came of it. Raises GraphError."""
    try:
        phone_numbers.request_code(
            phone_number_id=request.meta_phone_number_id,
            method=cast("Method", request.method),
            language=META_LANGUAGES.get(language, "en_US"),
            token=token,
        )
    except GraphError as error:
        settle(request, str(error.cause))
        raise
    settle(request, SENT)


def send(request: CodeRequest, *, language: str, token: Token) -> None:
    """The same. Raises CodeNotSentError, or another ApiError."""
    try:
        ask(request, language=language, token=token)
    except GraphError as error:
        raise of_refusal(error) from error


def settle(request: CodeRequest, outcome: str) -> None:
    request.outcome = outcome
    request.save(update_fields=["outcome"])


def verify(*, meta_phone_number_id: str, code: str, token: Token) -> None:
    """The code that the number got. Raises WrongCodeError, or another ApiError.

    A number that is verified already, be it by a call whose answer was lost, is no failure.
    """
    try:
        phone_numbers.verify_code(phone_number_id=meta_phone_number_id, code=code, token=token)
    except GraphError as error:
        if not is_verified(meta_phone_number_id, token):
            raise of_refusal(error) from error


def is_verified(meta_phone_number_id: str, token: Token) -> bool:
    """False too where Meta does not tell."""
    try:
        info = phone_numbers.read_phone_number(phone_number_id=meta_phone_number_id, token=token)
    except GraphError:
        return False
    return info.code_verification_status == VERIFIED


def of_refusal(error: GraphError) -> ApiError:
    """What Meta's refusal means for the person with the number in front of them."""
    meta = {"code": error.code, "subcode": error.subcode, "traceId": error.fbtrace_id}
    if error.cause is Cause.WRONG_CODE:
        return WrongCodeError(meta=meta)
    if error.cause in NOT_SENT:
        return CodeNotSentError(error.details or error.message or None, meta=meta)
    return of_graph(error)
