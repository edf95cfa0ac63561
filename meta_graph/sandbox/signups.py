"""What a finished dialog leaves behind: business, accounts, number, assets, token, code, message."""

import secrets
from dataclasses import dataclass, field

from meta_graph.sandbox import account_updates, numbers, portfolios, preverified, scenarios, webhooks
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json


class UnknownChoiceError(ValueError):
    """The choice is not in CHOICES."""


COEXISTENCE_EVENT = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"


@dataclass(frozen=True)
class Choice:
    """What one button of the dialog does. `event` empty: no session message."""

    label: str
    sentence: str
    event: str = "FINISH"
    has_code: bool = True
    has_phone: bool = True
    wabas: int = 1
    is_coexistence: bool = False
    is_verified: bool = True
    order: str = "together"  # or message_first, code_first: a delay between the two


CHOICES = {
    "success": Choice("Finish", "The message and the code both come back."),
    "message_first": Choice("Message first", "The code comes a moment later.", order="message_first"),
    "code_first": Choice("Code first", "The message comes a moment later.", order="code_first"),
    "no_message": Choice("No message", "Only the code comes.", event=""),
    "no_code": Choice("No code", "Finished by the message, but without a code.", has_code=False),
    "only_waba": Choice("Account only", "Without a number.", event="FINISH_ONLY_WABA", has_phone=False),
    "unverified_number": Choice(
        "Number not verified", "It was added, but not verified.", event="FINISH_ONLY_WABA", is_verified=False
    ),
    "coexistence": Choice(
        "Business app", "The number stays on the app.", COEXISTENCE_EVENT, is_coexistence=True
    ),
    "several_wabas": Choice("Three accounts", "All are shared at once.", wabas=3),
    "another_number": Choice("Another number", "Not the one above."),
    "lost": Choice("Lose the window", "Finished, but nothing comes back.", event="", has_code=False),
    "cancel": Choice("Cancel", "Leaves at the screen chosen above.", event="CANCEL", has_code=False),
    "error": Choice("Report an error", "Of the kind that Meta shows.", event="CANCEL", has_code=False),
    "closed": Choice("Close the window", "Nothing comes back.", event="", has_code=False),
}
STEPS = ("BUSINESS_ACCOUNT_SELECTION", "WABA_PHONE_PROFILE_PICKER", "WHATSAPP_BUSINESS_PROFILE_SETUP",
         "PHONE_NUMBER_SETUP", "PHONE_NUMBER_VERIFICATION", "PERMISSIONS")  # fmt: skip
UNFINISHED = ("cancel", "error", "closed")
# When the webhook PARTNER_ADDED is sent, beside what the window brings back.
PARTNER_ADDED = ("together", "before", "after", "never")
AFTER_SECONDS = 2.0


@dataclass
class Granted:
    """What the customer's token will reach."""

    business: Json
    wabas: list[Json] = field(default_factory=list)  # newest first
    phone: Json | None = None
    assets: dict[str, str] = field(default_factory=dict)  # kind -> id


def finish(
    world: World,
    *,
    choice: str = "success",
    phone_number: str = "",
    preverified_id: str = "",
    business_name: str = "",
    scenario: str = "",
    current_step: str = "PHONE_NUMBER_SETUP",
    partner_added: str = "together",
) -> Json:
    """Ends a dialog: `{code, session, order, wabaId, phoneNumberId, businessId, phoneNumber}`.

    What the choice does not bring is null. `preverified_id` is an entry of the partner's pool, as the page
    offered it, and goes before `phone_number`. `partner_added` is one of PARTNER_ADDED: `before` has been
    answered when this returns. Raises UnknownChoiceError and UnknownScenarioError.
    """
    if choice not in CHOICES or partner_added not in PARTNER_ADDED:
        raise UnknownChoiceError(choice if choice not in CHOICES else partner_added)
    if scenario and scenario not in scenarios.SCENARIOS:
        raise scenarios.UnknownScenarioError(scenario)
    if choice in UNFINISHED:
        session = unfinished_session(world, choice, current_step)
        return answer(CHOICES[choice], None, session, None)
    with world.state as state:
        if choice == "another_number":
            phone_number = preverified_id = ""
        granted = grant(world, CHOICES[choice], phone_number, business_name, preverified_id)
        token = portfolios.add_token(world, granted.business, granted.wabas, granted.assets.values())
        code = portfolios.add_code(world, token) if CHOICES[choice].has_code else None
        session = finished_session(CHOICES[choice], granted)
        if scenario:
            scenarios.activate_for_signup(state, scenario, granted.wabas[0]["id"])
    announce(world, granted.wabas, partner_added)
    return answer(CHOICES[choice], code, session, granted)


def announce(world: World, wabas: list[Json], when: str) -> None:
    """`account_update` / PARTNER_ADDED: a customer finished the dialog."""
    for waba in wabas if when != "never" else ():
        one = account_updates.build(world, waba, "PARTNER_ADDED")
        if when == "before":
            webhooks.post(world, one)
        else:
            webhooks.send(world, one, after=AFTER_SECONDS if when == "after" else 0)


def answer(choice: Choice, code: str | None, session: Json | None, granted: Granted | None) -> Json:
    phone = granted.phone if granted else None
    return {
        "code": code,
        "session": session,
        "order": choice.order,
        "wabaId": granted.wabas[0]["id"] if granted else None,
        "phoneNumberId": phone["id"] if phone else None,
        "businessId": granted.business["id"] if granted else None,
        "phoneNumber": phone["display_phone_number"] if phone else None,
    }


def unfinished_session(world: World, choice: str, current_step: str) -> Json | None:
    if choice == "closed":
        return None
    if choice == "cancel":
        return {"event": "CANCEL", "data": {"current_step": current_step}}
    data = {
        "error_message": "Your business isn't eligible to onboard customers on WhatsApp.",
        "error_code": "2655093",
        "session_id": secrets.token_hex(16),
        "timestamp": str(int(world.now())),
    }
    return {"event": "CANCEL", "data": data}


def finished_session(choice: Choice, granted: Granted) -> Json | None:
    """The `data` of Meta's message; coexistence carries the WABA alone, as documented."""
    if not choice.event:
        return None
    data: Json = {"waba_id": granted.wabas[0]["id"]}
    if choice.is_coexistence:
        return {"event": choice.event, "data": data}
    data["business_id"] = granted.business["id"]
    if granted.phone is not None:
        data["phone_number_id"] = granted.phone["id"]
    if len(granted.wabas) > 1:
        data["waba_ids"] = [waba["id"] for waba in granted.wabas]
    for kind in ("page", "dataset", "catalog", "instagram_account", "ad_account"):
        data[f"{kind}_ids"] = [granted.assets[kind]]
    return {"event": choice.event, "data": data}


def grant(
    world: World, choice: Choice, phone_number: str, business_name: str, preverified_id: str = ""
) -> Granted:
    """A known number brings its own account and business again; a known business name its business.

    A pre-verified one is replaced by a number of the new account.
    """
    state = world.state
    offered = preverified.of_id(state, preverified_id)
    number = (offered or {}).get("phone_number") or phone_number.strip() or numbers.made_up()
    known = numbers.find(state, number)
    if known is not None and choice.has_phone:
        waba = state.objects[known["waba"]]
        waba["is_shared"] = True
        granted = Granted(state.objects[waba["business"]], [waba], known)
    else:
        business = portfolios.find_or_add_business(state, business_name.strip() or portfolios.made_up_name())
        granted = Granted(business, [portfolios.add_waba(world, business) for _ in range(choice.wabas)])
        granted.wabas.reverse()
        if choice.has_phone:
            granted.phone = numbers.add(state, granted.wabas[0]["id"], number, business["name"])
            granted.phone["is_preverified_number"] = offered is not None
            preverified.claim(state, number)
    if granted.phone is not None and not choice.is_verified:
        granted.phone["code_verification_status"] = "NOT_VERIFIED"
    if choice.is_coexistence and granted.phone is not None:
        granted.phone |= {"onboarded_at": world.now(), "syncs": {}}
        granted.phone |= {"is_on_biz_app": True, "platform_type": "CLOUD_API", "status": "CONNECTED",
                          "throughput_level": "STANDARD", "quality_rating": "GREEN"}  # fmt: skip
    granted.assets = portfolios.assets_of(state, granted.business)
    return granted
