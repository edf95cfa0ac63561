"""`account_update` in every form that Meta documents, and what each of them changes at Meta.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/account_update
"""

from collections.abc import Callable
from dataclasses import dataclass

from meta_graph.sandbox import webhooks
from meta_graph.sandbox.state import UnknownObjectError
from meta_graph.sandbox.webhooks import Notification, Signature
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

DAY = 86400
BLOCKED = {
    "can_send_message": "BLOCKED",
    "errors": [
        {
            "error_code": 141010,
            "error_description": "The WhatsApp Business Account is disabled.",
            "possible_solution": "Ask for a review in Business Support.",
        }
    ],
}


def nothing(world: World, waba: Json) -> Json:
    return {}


def waba_info(world: World, waba: Json) -> Json:
    return {"waba_info": {"waba_id": waba["id"], "owner_business_id": waba["business"]}}


def app_info(world: World, waba: Json) -> Json:
    return {"waba_info": {**waba_info(world, waba)["waba_info"], "partner_app_id": world.config.app_id}}


def phone_number(world: World, waba: Json) -> Json:
    """The first number of the account, in digits."""
    phones = world.state.of_kind("phone_number", waba=waba["id"])
    shown = next((phone["display_phone_number"] for phone in phones), "15555550100")
    return {"phone_number": "".join(filter(str.isdigit, shown))}


def restriction(world: World, waba: Json) -> Json:
    one = {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": int(world.now()) + DAY}
    return {"restriction_info": [one]}


def ban(world: World, waba: Json) -> Json:
    return {"ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": world.iso_now()[:10]}}


def certification(world: World, waba: Json) -> Json:
    status = {"client_business_id": waba["business"], "status": "APPROVED", "rejection_reasons": ["NONE"]}
    return {"partner_client_certification_info": status}


def unshare(world: World, waba: Json, value: Json) -> None:
    """The customer's account is out of our reach, with our system user's token and with the customer's."""
    waba |= {"is_shared": False, "is_subscribed": False, "override_callback_uri": None}
    for token in world.state.tokens.values():
        token["wabas"] = [one for one in token["wabas"] if one != waba["id"]]
    if "disconnection_info" in value:
        for phone in world.state.of_kind("phone_number", waba=waba["id"]):
            phone |= {"status": "DISCONNECTED", "is_on_biz_app": False}


def revoke_tokens(world: World, waba: Json, value: Json) -> None:
    for token in world.state.tokens.values():
        token["is_revoked"] = token["is_revoked"] or waba["id"] in token["wabas"]


def disable(world: World, waba: Json, value: Json) -> None:
    state = value.get("ban_info", {}).get("waba_ban_state")
    if state == "DISABLE":
        waba["health"] = BLOCKED
    if state == "REINSTATE":
        waba.pop("health", None)


@dataclass(frozen=True)
class Form:
    """What a kind of event carries, whose entry it is (a partner's or the WABA's), and what goes with it."""

    extras: Callable[[World, Json], Json] = nothing
    is_partners: bool = False
    change: Callable[[World, Json, Json], None] | None = None


FORMS = {
    "PARTNER_ADDED": Form(waba_info, is_partners=True),
    "PARTNER_REMOVED": Form(waba_info, is_partners=True, change=unshare),
    "PARTNER_APP_INSTALLED": Form(app_info, is_partners=True),
    "PARTNER_APP_UNINSTALLED": Form(app_info, is_partners=True, change=revoke_tokens),
    "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE": Form(certification, is_partners=True),
    "AD_ACCOUNT_LINKED": Form(waba_info, is_partners=True),
    "MM_LITE_TERMS_SIGNED": Form(waba_info, is_partners=True),
    "ACCOUNT_OFFBOARDED": Form(),
    "ACCOUNT_RECONNECTED": Form(),
    "ACCOUNT_DELETED": Form(change=unshare),
    "ACCOUNT_RESTRICTION": Form(restriction),
    "ACCOUNT_VIOLATION": Form(lambda world, waba: {"violation_info": {"violation_type": "SCAM"}}),
    "DISABLED_UPDATE": Form(ban, change=disable),
    "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE": Form(
        lambda world, waba: {
            "auth_international_rate_eligibility": {
                "start_time": int(world.now()) + DAY,
                "exception_countries": [{"country_code": "IN", "start_time": int(world.now()) + DAY}],
            }
        }
    ),
    "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE": Form(lambda world, waba: {"country": "BR"}),
    "VOLUME_BASED_PRICING_TIER_UPDATE": Form(
        lambda world, waba: {
            "volume_tier_info": {
                "tier_update_time": int(world.now()),
                "pricing_category": "UTILITY",
                "tier": "0:10000",
                "effective_month": "2026-12",
                "region": "India",
            }
        }
    ),
    "VERIFIED_ACCOUNT": Form(phone_number),
}


def build(
    world: World, waba: Json, event: str, value: Json | None = None, signature: Signature = "right"
) -> Notification:
    """The notification; `value` replaces or adds parts of it, None takes one out. Any event can be named."""
    form = FORMS.get(event, Form())
    with world.state:
        parts = {"event": event, **form.extras(world, waba), **(value or {})}
    entry_id = world.config.business_id if form.is_partners else str(waba["id"])
    kept = {name: part for name, part in parts.items() if part is not None}
    return webhooks.notification(world, entry_id, "account_update", kept, signature=signature)


def tell(
    world: World,
    waba_id: str,
    event: str,
    *,
    value: Json | None = None,
    signature: Signature = "right",
    times: int = 1,
    changes: bool = True,
) -> Json:
    """Changes what Meta has changed by then, and sends the same bytes so many times: `{statuses, value}`.

    A status is None where nothing is subscribed and 0 where nobody answered. Raises UnknownObjectError.
    """
    with world.state as state:
        waba = state.objects.get(waba_id, {})
    if waba.get("kind") != "waba":
        raise UnknownObjectError(waba_id)
    one = build(world, waba, event, value, signature)
    form = FORMS.get(event, Form())
    if changes and form.change is not None:
        with world.state:
            form.change(world, waba, one.value)
    return {"statuses": [webhooks.post(world, one) for _ in range(times)], "value": one.value}
