"""The named scenarios, one line each: what goes wrong, for which calls, and how."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from meta_graph.sandbox import effects
from meta_graph.sandbox.graph.errors import GraphError
from meta_graph.sandbox.wsgi import Json

Kind = Literal["phone_number", "waba", "token"]
ADDS = ("add_phone_number", "add_preverified_number")
SHARES = ("share_and_attach", "share_credit", "attach_credit")


@dataclass(frozen=True)
class Scenario:
    """Arranges objects of one kind once, or interferes with calls: refuses, waits, answers something else."""

    sentence: str
    calls: tuple[str, ...] = ()  # names of endpoints; none given: every call
    refusal: Callable[[Json], GraphError] | None = None  # made from the options
    waits: bool = False
    answer: Json | None = None  # instead of what the work would answer
    when: Literal["before", "after"] = "before"  # the work is done, where the options do not say it
    arranges: Literal["", "phone_number", "waba", "token"] = ""
    arrangement: Callable[[Json, Json], None] | None = None  # changes the object as the options say
    outcome: Callable[[Json], Json] | None = None  # what becomes of it, made from the options
    seconds: float = 3  # how long it waits, where the options do not say it
    signup_times: int | None = 1  # how often, when it was chosen for one signup in the dialog


def refusing(sentence: str, refusal: Callable[[Json], GraphError], *calls: str) -> Scenario:
    return Scenario(sentence, calls, refusal)


def arranging(sentence: str, kind: Kind, arrangement: Callable[[Json, Json], None]) -> Scenario:
    return Scenario(sentence, arranges=kind, arrangement=arrangement)


def answering_nothing(sentence: str, call: str) -> Scenario:
    return Scenario(sentence, (call,), answer={"data": []})


def telling(sentence: str, outcome: Callable[[Json], Json]) -> Scenario:
    return Scenario(sentence, ("send_message",), outcome=outcome)


SCENARIOS: dict[str, Scenario] = {
    # The code and the token.
    "code_expired": refusing("The code is older than 30 seconds.", effects.CODE_EXPIRED, "access_token"),
    "code_used": refusing("The code was used before.", effects.CODE_USED, "access_token"),
    "permission_missing": arranging("No whatsapp_business_management.", "token", effects.drop_scopes),
    "few_permissions": arranging("Only the two WhatsApp permissions.", "token", effects.drop_extra_scopes),
    "token_revoked": arranging("The customer took the token back.", "token", effects.revoke),
    # The number and its registration.
    "no_number": answering_nothing("The account lists no number, `times` times.", "phone_numbers"),
    "not_verified": arranging("The number is not verified yet.", "phone_number", effects.drop_verification),
    "number_in_use": refusing("Another account has the number.", effects.IN_USE, *ADDS),
    "code_not_sent": refusing("No SMS and no call for now.", effects.CODE_NOT_SENT, "request_code"),
    "pin_mismatch": arranging("The number has a PIN already: 123456.", "phone_number", effects.set_pin),
    "pin_tries": refusing("Too many wrong PINs: wait `minutes` (5).", effects.pin_tries, "register"),
    "too_many_attempts": refusing("Ten attempts are used up.", effects.TOO_MANY, "register", "deregister"),
    "just_deleted": refusing("The number was deleted minutes ago.", effects.JUST_DELETED, "register"),
    "deregistration_incomplete": arranging(
        "An earlier deregistration broke off.", "phone_number", effects.half_deregister
    ),
    # The account: subscription, credit, payment, locks.
    "subscription_lost": answering_nothing("Subscribed, but not in the list.", "subscribed_apps"),
    "credit_refused": refusing("The credit is refused; `code` 131042 or 200.", effects.no_credit, *SHARES),
    "currency_refused": arranging("A currency without credit: BRL.", "waba", effects.set_currency),
    "no_payment_method": arranging("The account has no payment method.", "waba", effects.block_payment),
    "account_locked": refusing("Blocked: 368, or `code` 131031.", effects.locked),
    # A number of the WhatsApp Business app.
    "history_declined": arranging("The history is not shared.", "phone_number", effects.decline_history),
    "sync_window_over": arranging("24 hours have passed.", "phone_number", effects.end_window),
    "sync_done_before": arranging("Both were asked for before.", "phone_number", effects.sync_before),
    # What becomes of messages.
    "message_refused": refusing("Meta's no at once: `code` (131047).", effects.no_message, "send_message"),
    "message_failed": telling("Accepted, then failed: `code` (131026).", effects.failing),
    "statuses": telling("These `statuses` alone, in this order.", effects.these_statuses),
    "statuses_out_of_order": telling("Read, then delivered, then sent.", effects.backwards),
    "statuses_twice": telling("Each status comes twice.", effects.twice),
    "statuses_first": telling("The statuses come before the answer.", effects.first),
    # Templates that are handed in.
    "template_decided": Scenario(
        "Decided in the answer: `status` (REJECTED).", ("create_template",), outcome=effects.decided
    ),
    "hang": Scenario(
        "Does it, and answers after `seconds` (30).", ("send_message",), waits=True, when="after", seconds=30
    ),
    # The weather at Meta, for any call.
    "rate_limited": refusing("Too many calls for some `minutes` (5).", effects.too_many_calls),
    "maintenance": refusing("The account is in maintenance mode.", effects.MAINTENANCE),
    "slow": Scenario("Each call takes `ms` longer (3000).", waits=True, signup_times=None),
    "graph_down": refusing("503; `how` can say html, reset, or error (500).", effects.down),
    "reset_after_work": Scenario("Does the work, then cuts the connection.", (), effects.cut, when="after"),
    "unknown_code": refusing("A code that nobody knows: 987654.", effects.UNKNOWN_CODE),
    "error": refusing("Any `code`, `subcode`, `message`, `details`, `status`.", effects.any_error),
    "sdk_blocked": refusing("Meta's script does not load.", effects.cut, "sdk"),
}
