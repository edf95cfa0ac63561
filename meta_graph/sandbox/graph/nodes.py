"""Every kind of node: its Graph type, its fields, and reading one with `GET /{id}`."""

from typing import Any

from meta_graph.sandbox import dashboard
from meta_graph.sandbox.graph.apps import APP
from meta_graph.sandbox.graph.call import Call
from meta_graph.sandbox.graph.credit_lines import ALLOCATION, CREDIT_LINE, primary_funding_id
from meta_graph.sandbox.graph.fields import NodeType, only, read
from meta_graph.sandbox.graph.health import health_status
from meta_graph.sandbox.graph.preverified_numbers import PREVERIFIED_NUMBER
from meta_graph.sandbox.graph.templates import TEMPLATE
from meta_graph.sandbox.wsgi import Json


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def owner_business(call: Call, waba: Json, nested: str) -> Any:
    return only({"id": waba["business"], "name": call.state.objects[waba["business"]]["name"]}, nested)


def partner_business(call: Call, waba: Json, nested: str) -> Any:
    return {"id": call.world.config.business_id, "name": call.world.config.app_name, "type": "PARTNER"}


def phone_numbers(call: Call, waba: Json, nested: str) -> Any:
    phones = call.state.of_kind("phone_number", waba=waba["id"])
    return {"data": [read(call, phone, PHONE_NUMBER, nested) for phone in phones]}


def throughput(call: Call, phone: Json, nested: str) -> Any:
    return {"level": phone["throughput_level"]}


def is_pin_enabled(call: Call, phone: Json, nested: str) -> bool:
    return phone["pin"] is not None


def webhook_configuration(call: Call, phone: Json, nested: str) -> Any:
    """Callback URLs by level; Meta uses the most specific."""
    waba = call.state.objects[phone["waba"]]
    urls = {
        "phone_number": phone.get("override_callback_uri"),
        "whatsapp_business_account": waba.get("override_callback_uri"),
        "application": dashboard.app(call.world)["callback_url"],
    }
    return {level: url for level, url in urls.items() if url}


def country_dial_code(call: Call, phone: Json, nested: str) -> Any:
    return phone["cc"]


def account_id(call: Call, account: Json, nested: str) -> Any:
    return account["id"]


PHONE_NUMBER = NodeType(
    "WhatsAppBusinessPhoneNumber",
    "verified_name,code_verification_status,display_phone_number,quality_rating,platform_type,throughput,"
    "webhook_configuration",
    names(
        "display_phone_number verified_name status quality_rating code_verification_status name_status"
        " new_name_status platform_type account_mode is_on_biz_app is_official_business_account"
        " is_preverified_number last_onboarded_time whatsapp_business_manager_messaging_limit"
        " messaging_limit_tier search_visibility certificate"
    ),
    {
        "throughput": throughput,
        "is_pin_enabled": is_pin_enabled,
        "webhook_configuration": webhook_configuration,
        "country_dial_code": country_dial_code,
        "health_status": health_status,
    },
)
WABA = NodeType(
    "WhatsAppBusinessAccount",
    "name,timezone_id,message_template_namespace",
    names(
        "name currency timezone_id country creation_time account_review_status business_verification_status"
        " status ownership_type primary_business_location purchase_order_number"
        " message_template_namespace is_enabled_for_insights is_shared_with_partners linked_commerce_account"
        " marketing_messages_onboarding_status marketing_messages_lite_api_status"
        " disable_marketing_messages_on_cloud_api template_auto_archival_enabled"
        " auth_international_rate_eligibility whatsapp_business_manager_messaging_limit analytics"
    ),
    {
        "primary_funding_id": primary_funding_id,
        "owner_business": owner_business,
        "owner_business_info": owner_business,
        "on_behalf_of_business_info": partner_business,
        "health_status": health_status,
        "phone_numbers": phone_numbers,
    },
)
BUSINESS = NodeType(
    "Business",
    "name",
    names("name verification_status primary_page marketing_messages_onboarding_status created_time"),
)
PAGE = NodeType("Page", "name", frozenset({"name", "category", "link"}))
DATASET = NodeType("AdsPixel", "name", frozenset({"name"}))
CATALOG = NodeType("ProductCatalog", "name", frozenset({"name", "vertical"}))
INSTAGRAM = NodeType("IGUser", "", frozenset({"username", "name"}))
AD_ACCOUNT = NodeType(
    "AdAccount", "account_id", frozenset({"name", "currency"}), {"account_id": account_id}, "act_"
)

NODE_TYPES = {
    "app": APP,
    "credit_line": CREDIT_LINE,
    "allocation": ALLOCATION,
    "phone_number": PHONE_NUMBER,
    "preverified_number": PREVERIFIED_NUMBER,
    "template": TEMPLATE,
    "waba": WABA,
    "business": BUSINESS,
    "page": PAGE,
    "dataset": DATASET,
    "catalog": CATALOG,
    "instagram_account": INSTAGRAM,
    "ad_account": AD_ACCOUNT,
}


def get_node(call: Call) -> Json:
    return read(call, call.node, NODE_TYPES[call.node["kind"]], call.text("fields"))
