"""What a failure at Meta means for us: one exception and the one table that decides it."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field
from enum import StrEnum

ANY: frozenset[int] = frozenset()
PERMISSIONS = frozenset({10, 131005, *range(200, 300)})
RATE_LIMITS = frozenset({4, 17, 32, 613, 80007, 80008, 130429})
MESSAGES = frozenset(
    {131026, 131047, 131049, 131050, 131051, 131052, 131053, 131060, 131062, 131063, 131064}
    | set(range(132000, 133000))
)
OTP_AND_MIGRATION = frozenset({2388001, 2388012, 2388091, 2388093, 2388103})
OWN_TOKENS = frozenset({"SYS", "APP", ""})
DELETED_RECENTLY, BLOCKED_FOR, MAINTENANCE, A_MINUTE = 300.0, 72 * 3600.0, 300.0, 60.0
# Messages of one number, and of one number to one person: their budgets are those of seconds.
THROUGHPUT, PAIR = 1.0, 6.0


class Action(StrEnum):
    """What the pipeline does: try again, ask the customer, sign in again, tell operators, give up, go on."""

    RETRY = "RETRY"
    ASK = "ASK"
    LOGIN = "LOGIN"
    OPS = "OPS"
    FAIL = "FAIL"
    SKIP = "SKIP"


class Cause(StrEnum):
    """What it is for us, whichever of Meta's codes says it."""

    CODE_EXPIRED = "CODE_EXPIRED"
    CODE_USED = "CODE_USED"
    REDIRECT_MISMATCH = "REDIRECT_MISMATCH"
    APP_CREDENTIALS = "APP_CREDENTIALS"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
    TOKEN_INVALID = "TOKEN_INVALID"  # noqa: S105 - a name, not a token
    TEMPORARY = "TEMPORARY"
    UNREACHABLE = "UNREACHABLE"
    TIMEOUT = "TIMEOUT"
    RATE_LIMITED = "RATE_LIMITED"
    PAIR_LIMITED = "PAIR_LIMITED"
    CAPABILITY_MISSING = "CAPABILITY_MISSING"
    PERMISSION_MISSING = "PERMISSION_MISSING"
    OBJECT_GONE = "OBJECT_GONE"
    BAD_REQUEST = "BAD_REQUEST"
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED"
    COUNTRY_NOT_ALLOWED = "COUNTRY_NOT_ALLOWED"
    DISPLAY_NAME = "DISPLAY_NAME"
    PAYMENT = "PAYMENT"
    PIN_MISMATCH = "PIN_MISMATCH"
    PIN_TOO_MANY = "PIN_TOO_MANY"
    NUMBER_NOT_VERIFIED = "NUMBER_NOT_VERIFIED"
    NUMBER_SETUP = "NUMBER_SETUP"
    NUMBER_IN_USE = "NUMBER_IN_USE"
    CODE_NOT_SENT = "CODE_NOT_SENT"
    WRONG_CODE = "WRONG_CODE"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    NOT_REGISTERED = "NOT_REGISTERED"
    JUST_DELETED = "JUST_DELETED"
    INCOMPLETE_DEREGISTRATION = "INCOMPLETE_DEREGISTRATION"
    ALREADY_DONE = "ALREADY_DONE"
    WINDOW_OVER = "WINDOW_OVER"
    HISTORY_DECLINED = "HISTORY_DECLINED"
    TEMPLATE_EXISTS = "TEMPLATE_EXISTS"
    TEMPLATE_LIMIT = "TEMPLATE_LIMIT"
    MESSAGE_REFUSED = "MESSAGE_REFUSED"
    UNKNOWN = "UNKNOWN"


class Broken(StrEnum):
    """Why there is no answer of Meta's to read."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"


class _EveryCode:
    """Holds every code there is; what has none is not in it."""

    def __contains__(self, code: object) -> bool:
        return code is not None


EVERY_CODE = _EveryCode()


@dataclass(frozen=True)
class Rule:
    """One row: a failure that fits every given criterion has this action and cause, and waits so long."""

    action: Action
    cause: Cause
    codes: Container[int] = ANY
    subcode: frozenset[int] = ANY
    call: str = ""
    kinds: frozenset[str] = frozenset()
    broken: Broken | None = None
    temporary: bool = False
    wait: float | None = None

    def fits(self, error: GraphError) -> bool:
        return (
            (self.codes is ANY or error.meaning in self.codes)
            and (not self.subcode or error.subcode in self.subcode)
            and (not self.call or error.call == self.call)
            and (not self.kinds or error.kind in self.kinds)
            and (self.broken is None or error.broken == self.broken)
            and (not self.temporary or error.is_temporary)
        )


def _codes(*codes: int) -> frozenset[int]:
    return frozenset(codes)


# The first row that fits decides: the narrow ones stand above the wide ones.
TABLE: tuple[Rule, ...] = (
    # The code exchange: the code lives 30 seconds and works once, so nothing is tried again with it.
    Rule(Action.LOGIN, Cause.CODE_EXPIRED, _codes(100), _codes(36007), call="exchange_code"),
    Rule(Action.LOGIN, Cause.CODE_USED, _codes(100), _codes(36009), call="exchange_code"),
    Rule(Action.OPS, Cause.REDIRECT_MISMATCH, _codes(100), _codes(36008), call="exchange_code"),
    Rule(Action.OPS, Cause.REDIRECT_MISMATCH, _codes(191)),
    Rule(Action.OPS, Cause.APP_CREDENTIALS, _codes(1), call="exchange_code"),
    Rule(Action.OPS, Cause.APP_CREDENTIALS, _codes(101)),
    # Tokens and permissions.
    Rule(Action.OPS, Cause.TOKEN_INVALID, _codes(0, 190), kinds=OWN_TOKENS),
    Rule(Action.LOGIN, Cause.TOKEN_INVALID, _codes(0, 190)),
    Rule(Action.OPS, Cause.CAPABILITY_MISSING, _codes(3)),
    Rule(Action.LOGIN, Cause.TOKEN_INVALID, _codes(100), call="fetch_customer_token"),
    Rule(Action.OPS, Cause.PERMISSION_MISSING, PERMISSIONS, kinds=OWN_TOKENS),
    # The customer granted all that they can: who may attach or see our credit is set up between us and Meta.
    Rule(Action.OPS, Cause.PERMISSION_MISSING, PERMISSIONS, call="attach_credit"),
    Rule(Action.OPS, Cause.PERMISSION_MISSING, PERMISSIONS, call="read_primary_funding_id"),
    Rule(Action.LOGIN, Cause.PERMISSION_MISSING, PERMISSIONS),
    # Limits and bad weather at Meta.
    Rule(Action.RETRY, Cause.PAIR_LIMITED, _codes(131056), wait=PAIR),
    Rule(Action.RETRY, Cause.RATE_LIMITED, _codes(130429), call="send_message", wait=THROUGHPUT),
    Rule(Action.RETRY, Cause.RATE_LIMITED, RATE_LIMITS, wait=A_MINUTE),
    Rule(Action.RETRY, Cause.TEMPORARY, _codes(131057, 2494100), wait=MAINTENANCE),
    Rule(Action.RETRY, Cause.TEMPORARY, _codes(131000, 131016, 133004)),
    # What we asked for; what our own token cannot reach was not set up or is no longer shared with us.
    Rule(Action.OPS, Cause.OBJECT_GONE, _codes(33, 803), kinds=OWN_TOKENS),
    Rule(Action.OPS, Cause.OBJECT_GONE, _codes(100), _codes(33), kinds=OWN_TOKENS),
    Rule(Action.FAIL, Cause.OBJECT_GONE, _codes(33, 803)),
    Rule(Action.FAIL, Cause.OBJECT_GONE, _codes(100), _codes(33)),
    # For an entry of the pool of pre-verified numbers there is no narrower code.
    Rule(Action.ASK, Cause.WRONG_CODE, _codes(100), call="verify_code"),
    Rule(Action.OPS, Cause.BAD_REQUEST, _codes(100, 131008, 131009)),
    Rule(Action.OPS, Cause.ACCOUNT_LOCKED, _codes(368), kinds=OWN_TOKENS),
    Rule(Action.ASK, Cause.ACCOUNT_LOCKED, _codes(368, 131031)),
    # Register, PIN, verification.
    Rule(Action.RETRY, Cause.INCOMPLETE_DEREGISTRATION, _codes(133000)),
    Rule(Action.ASK, Cause.PIN_MISMATCH, _codes(133005)),
    Rule(Action.ASK, Cause.NUMBER_NOT_VERIFIED, _codes(133006)),
    Rule(Action.ASK, Cause.PIN_TOO_MANY, _codes(133008, 133009)),
    Rule(Action.SKIP, Cause.ALREADY_DONE, _codes(133010), call="deregister"),
    Rule(Action.RETRY, Cause.NOT_REGISTERED, _codes(133010, 131045)),
    Rule(Action.RETRY, Cause.JUST_DELETED, _codes(133015), wait=DELETED_RECENTLY),
    Rule(Action.RETRY, Cause.TOO_MANY_ATTEMPTS, _codes(133016), wait=BLOCKED_FOR),
    Rule(Action.ASK, Cause.NUMBER_IN_USE, _codes(136021, 2388012), call="add_phone_number"),
    Rule(Action.ASK, Cause.NUMBER_SETUP, _codes(200000), call="add_phone_number"),
    Rule(Action.ASK, Cause.NUMBER_IN_USE, _codes(136021, 2388012), call="add_preverified_number"),
    Rule(Action.ASK, Cause.CODE_NOT_SENT, _codes(136024, 2388091), call="request_code"),
    Rule(Action.ASK, Cause.WRONG_CODE, _codes(136025, 2388093), call="verify_code"),
    Rule(Action.ASK, Cause.NUMBER_SETUP, OTP_AND_MIGRATION),
    # Templates: a name that is there already, or is not free yet after a deletion; no room for another.
    Rule(Action.FAIL, Cause.TEMPLATE_EXISTS, _codes(2388023, 2388024), call="create_template"),
    Rule(Action.ASK, Cause.TEMPLATE_LIMIT, _codes(2388019), call="create_template"),
    # Coexistence.
    Rule(Action.SKIP, Cause.ALREADY_DONE, _codes(2593107)),
    Rule(Action.ASK, Cause.WINDOW_OVER, _codes(2593108)),
    Rule(Action.SKIP, Cause.HISTORY_DECLINED, _codes(2593109)),
    # Sending; 131042 on our own token is the credit line's, on the customer's the payment method's.
    Rule(Action.FAIL, Cause.COUNTRY_NOT_ALLOWED, _codes(130497)),
    Rule(Action.ASK, Cause.DISPLAY_NAME, _codes(131037)),
    Rule(Action.OPS, Cause.PAYMENT, _codes(131042), kinds=OWN_TOKENS),
    Rule(Action.OPS, Cause.PAYMENT, _codes(131042), call="attach_credit"),
    Rule(Action.ASK, Cause.PAYMENT, _codes(131042)),
    Rule(Action.FAIL, Cause.MESSAGE_REFUSED, MESSAGES),
    # Nothing above: an exchange without an outcome may have burnt its code, all else is tried again.
    Rule(Action.LOGIN, Cause.UNKNOWN_OUTCOME, call="exchange_code"),
    Rule(Action.RETRY, Cause.TIMEOUT, broken=Broken.TIMEOUT),
    Rule(Action.RETRY, Cause.UNREACHABLE, broken=Broken.UNREACHABLE),
    Rule(Action.RETRY, Cause.UNKNOWN, broken=Broken.MALFORMED),
    Rule(Action.RETRY, Cause.TEMPORARY, _codes(1, 2)),
    Rule(Action.RETRY, Cause.TEMPORARY, temporary=True),
    # A code that we do not know is Meta's no to this message; sent again it would be the same no, or spam.
    Rule(Action.FAIL, Cause.MESSAGE_REFUSED, EVERY_CODE, call="send_message"),
    Rule(Action.RETRY, Cause.UNKNOWN),
)


@dataclass(eq=False)
class GraphError(Exception):
    """A call to Graph that failed. `action` and `cause` come from the table; `retry_after` is in seconds.

    `kind` is the token's kind (BIZ, SYS, APP, empty without one). `broken` is set where Meta gave no
    answer that can be read. `was_sent` false: for certain nothing of the request reached Meta (no name, no
    connection, no TLS session). No attribute holds a token, a code or a PIN.
    Every field has a default so that the error survives pickling.
    https://developers.facebook.com/docs/graph-api/guides/error-handling
    """

    call: str = ""
    kind: str = ""
    code: int | None = None
    subcode: int | None = None
    message: str = ""
    details: str = ""
    fbtrace_id: str = ""
    http_status: int | None = None
    is_transient: bool = False
    retry_after: float | None = None
    broken: Broken | None = None
    was_sent: bool = True
    action: Action = field(init=False)
    cause: Cause = field(init=False)

    def __post_init__(self) -> None:
        rule = next(rule for rule in TABLE if rule.fits(self))
        self.action, self.cause = rule.action, rule.cause
        if self.retry_after is None:
            self.retry_after = _wait_in_words(self.details) if self.cause is Cause.PIN_TOO_MANY else rule.wait

    @property
    def meaning(self) -> int | None:
        """The code to act on: older edges answer a wide code and put the real one into the subcode."""
        if self.subcode is not None and self.subcode >= 100_000 and self.subcode in _DECLARED:
            return self.subcode
        return self.code

    @property
    def is_temporary(self) -> bool:
        return self.is_transient or (self.http_status is not None and self.http_status >= 500)

    def __str__(self) -> str:
        code = "/".join(str(number) for number in (self.code, self.subcode) if number is not None)
        trace = f" (trace {self.fbtrace_id})" if self.fbtrace_id else ""
        return f"{self.call}: {code or self.broken or self.http_status} {self.message}{trace}"


_DECLARED = frozenset(
    code for rule in TABLE if isinstance(rule.codes, frozenset) for code in rule.codes if code >= 100_000
)
_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}


def _wait_in_words(details: str) -> float | None:
    """Seconds out of "... try again in 5 minutes", the only place where Meta says this wait."""
    found = re.search(r"(\d+)\s*(second|minute|hour|day)s?\b", details, re.IGNORECASE)
    return int(found[1]) * _UNITS[found[2].lower()] if found else None
