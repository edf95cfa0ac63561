"""Phone numbers as people type them: numbers of a real kind made up, and the nodes that hold them."""

import secrets

from meta_graph.sandbox.state import State
from meta_graph.sandbox.wsgi import Json

# Mobile ranges; # is any digit. The libraries that check numbers accept every one of these.
PATTERNS = (
    "+54 9 11 5###-####",
    "+55 11 98###-####",
    "+34 612 ## ## ##",
    "+972 54-5##-####",
    "+44 7400 ######",
)
CALLING_CODES = (
    *(
        "1",
        "7",
        "20",
        "27",
        "31",
        "33",
        "34",
        "39",
        "44",
        "49",
        "51",
        "52",
        "54",
        "55",
        "56",
        "57",
        "58",
        "60",
    ),
    *("61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "971", "972"),
)


def made_up() -> str:
    """A random number, valid for its country, spaced as Meta shows it."""
    pattern = secrets.choice(PATTERNS)
    return "".join(str(secrets.randbelow(10)) if character == "#" else character for character in pattern)


def digits_of(number: str) -> str:
    return "".join(character for character in number if character.isascii() and character.isdigit())


def calling_code(number: str) -> str:
    digits = digits_of(number)
    matches = [code for code in CALLING_CODES if digits.startswith(code)]
    return max(matches, key=len, default=digits[:2])


def find(state: State, number: str) -> Json | None:
    with state:
        phones = state.of_kind("phone_number")
        wanted = digits_of(number)
        return next((phone for phone in phones if digits_of(phone["display_phone_number"]) == wanted), None)


def add(state: State, waba: str, number: str, verified_name: str, **fields: object) -> Json:
    """A number as the dialog leaves it: verified by the customer, not yet registered."""
    display = number if number.startswith("+") else f"+{number}"
    phone: Json = {
        "waba": waba,
        "display_phone_number": display,
        "cc": calling_code(number),
        "verified_name": verified_name,
        "status": "PENDING",
        "quality_rating": "UNKNOWN",
        "code_verification_status": "VERIFIED",
        "name_status": "AVAILABLE_WITHOUT_REVIEW",
        "new_name_status": "NONE",
        "platform_type": "NOT_APPLICABLE",
        "throughput_level": "NOT_APPLICABLE",
        "account_mode": "LIVE",
        "is_on_biz_app": False,
        "is_official_business_account": False,
        "is_preverified_number": False,
        "whatsapp_business_manager_messaging_limit": "TIER_250",
        "search_visibility": "NON_VISIBLE",
        "pin": None,
        "attempts": {},
        "override_callback_uri": None,
    }
    return state.add("phone_number", **(phone | fields))
