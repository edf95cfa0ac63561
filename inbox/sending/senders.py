"""Numbers that may send: connected, registered, with a token that is good."""

from uuid import UUID

from django.utils import timezone

from api.errors import ConflictError
from inbox.sending.outcomes import Outcome, Refused
from meta_graph.client import Token, business_token
from meta_graph.errors import Cause
from phones.models import PhoneNumber
from phones.on_request import NotConnectedError, NoTokenError
from phones.reasons import TOKENS
from phones.registration import Standing, standing
from wabas.models import Waba
from wabas.services import note_token_refused
from wabas.tokens import TokenStatus, token_status

UNREGISTERED = frozenset({Standing.NEEDS_REGISTRATION, Standing.NEEDS_VERIFICATION})


class NotRegisteredError(ConflictError):
    message = "The number is not registered at Meta yet. `nextAction` of its health says who has to move."


class PausedError(ConflictError):
    message = (
        "Meta has paused this account: the owner of the WhatsApp Business app moved to another phone. It goes"
        " on by itself once the app is connected again."
    )


def loaded(phone_id: UUID) -> PhoneNumber:
    """The number as it is now, with its WABA and the token; no PIN is opened."""
    rows = PhoneNumber.objects.select_related("waba").defer("pin", "new_pin")
    return rows.get(pk=phone_id)


def token_of(phone: PhoneNumber) -> Token:
    """The token that the number's media and read marks take too. Raises ConflictError."""
    if phone.disconnected_at or not phone.waba.is_connected:
        raise NotConnectedError
    status = token_status(phone.waba, timezone.now())
    if status is not TokenStatus.VALID:
        raise NoTokenError(f"{TOKENS[status].message} {TOKENS[status].solution}")
    return business_token(phone.waba.access_token or "")


def note_refused(phone_id: UUID, token: Token, outcome: Outcome) -> None:
    """Meta said that the token is no longer valid: nothing else is tried with it, and health tells why."""
    if isinstance(outcome, Refused) and outcome.error and outcome.error.cause is Cause.TOKEN_INVALID:
        waba = Waba.objects.only("pk").get(phones=phone_id)
        note_token_refused(waba=waba, token_value=token.value)


def sending_token_of(phone: PhoneNumber) -> Token:
    """The token, of a number that may send now. Raises ConflictError; PausedError for a while only."""
    token = token_of(phone)
    if standing(phone) in UNREGISTERED:
        raise NotRegisteredError
    if phone.waba.paused_at:
        raise PausedError
    return token
