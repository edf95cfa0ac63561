"""What customers own at Meta: businesses, their accounts and assets; the tokens granted on them."""

import secrets
from collections.abc import Iterable
from typing import Any

from meta_graph.sandbox.effects import EXTRA_SCOPES
from meta_graph.sandbox.state import State
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Json

TOKEN_LIFE = 60 * 86400  # seconds
SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging", *EXTRA_SCOPES)
NAMES = (
    "Café Río",
    "Panadería Sol",
    "Zahav Books",
    "North Dental",
    "Lima Bikes",
    "Ateliê Flor",
    "Óptica Mar",
)


def made_up_name() -> str:
    return f"{secrets.choice(NAMES)} {secrets.randbelow(9000) + 1000}"


def find_or_add_business(state: State, name: str) -> Json:
    for business in state.of_kind("business", name=name):
        return business
    marketing = {"status": "NOT_STARTED", "time": 0}
    business = state.add("business", name=name, verification_status="not_verified",
                         marketing_messages_onboarding_status=marketing)  # fmt: skip
    owned: dict[str, dict[str, Any]] = {
        "page": {"name": name, "category": "Local business"},
        "dataset": {"name": f"{name} events"},
        "catalog": {"name": f"{name} products", "vertical": "commerce"},
        "instagram_account": {"username": name.lower().replace(" ", "."), "name": name},
        "ad_account": {"name": name, "currency": "USD"},
    }
    for kind, fields in owned.items():
        state.add(kind, business=business["id"], **fields)
    second_page = state.add(
        "page", business=business["id"], name=f"{name} Delivery", category="Food delivery"
    )
    business["primary_page"] = {"id": second_page["id"], "name": second_page["name"]}
    return business


def assets_of(state: State, business: Json) -> dict[str, str]:
    """The first asset of each kind: what the customer ticks in the dialog."""
    kinds = ("page", "dataset", "catalog", "instagram_account", "ad_account")
    return {kind: next(state.of_kind(kind, business=business["id"]))["id"] for kind in kinds}


def add_waba(world: World, business: Json) -> Json:
    return world.state.add(
        "waba",
        business=business["id"],
        name=business["name"],
        currency="USD",
        timezone_id="1",
        country="US",
        creation_time=int(world.now()),
        account_review_status="APPROVED",
        business_verification_status="not_verified",
        status="ACTIVE",
        ownership_type="CLIENT_OWNED",
        message_template_namespace=f"{secrets.token_hex(4)}_{secrets.token_hex(2)}_{secrets.token_hex(6)}",
        is_enabled_for_insights=True,
        marketing_messages_onboarding_status="ELIGIBLE",
        marketing_messages_lite_api_status="ELIGIBLE",
        whatsapp_business_manager_messaging_limit="TIER_250",
        is_shared=True,
        is_subscribed=False,
        assigned_users={},
        primary_funding_id=None,
        override_callback_uri=None,
    )


def add_token(world: World, business: Json, wabas: list[Json], assets: Iterable[str]) -> str:
    token = f"EAASandbox{secrets.token_urlsafe(90)}"
    world.state.tokens[token] = {
        "user_id": str(10**14 + secrets.randbelow(9 * 10**14)),
        "business": business["id"],
        "wabas": [waba["id"] for waba in wabas],
        "assets": list(assets),
        "scopes": list(SCOPES),
        "issued_at": world.now(),
        "expires_at": world.now() + TOKEN_LIFE,
        "is_revoked": False,
    }
    return token


def add_code(world: World, token: str) -> str:
    code = f"AQSandbox{secrets.token_urlsafe(120)}"
    world.state.codes[code] = {"token": token, "created_at": world.now(), "is_used": False}
    return code
